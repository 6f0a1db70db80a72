"""The same channels in a cluster: objects that its own schemas take, and settings that a show reads."""

from __future__ import annotations

import base64
import json
import stat
import tomllib
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest

from dreamstream.cli.main import main
from dreamstream.core.errors import UsageError
from dreamstream.farm.kubernetes import objects
from dreamstream.farm.plan import MOST_DEVICES, read_plan
from dreamstream.settings.load import of_table

PLAN = """
farm = 1
[defaults]
fps = 20
[channels.owls]
memory_mib = 900
devices = [1, 3]
[channels.owls.settings]
rtmp = ["rtmp://live.example.org/app/SECRETKEY"]
record = "owls.mp4"
allowed_host = ["owls.example.org"]
[channels.bees]
"""


def made(folder: Path, text: str = PLAN, **more: str) -> list[dict[str, Any]]:
    """The objects of a plan."""
    path = folder / "farm.toml"
    path.write_text(text)
    items: list[dict[str, Any]] = objects(read_plan(path, MOST_DEVICES), "example.org/dreamstream@sha256:0", **more)[
        "items"
    ]
    return items


def settings(items: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """What a channel's show reads there."""
    secret = next(each for each in items if each["kind"] == "Secret" and each["metadata"]["name"] == name)
    return tomllib.loads(base64.b64decode(secret["data"]["settings.toml"]).decode())


@pytest.mark.parametrize("version", ["1.33", "1.36"])
def test_the_clusters_own_schemas_take_every_object(tmp_path: Path, version: str) -> None:
    """Strictly: a field that is not known is an error, too. A broken one is found."""
    items = made(tmp_path, namespace="dreams")
    for item in items:
        kubernetes_validate.validate(item, version, strict=True)
    assert [item["kind"] for item in items] == ["Secret", "Service", "StatefulSet"] * 2 + ["PodDisruptionBudget"]
    assert {item["metadata"]["namespace"] for item in items} == {"dreams"}
    items[2]["spec"]["replica"] = 1
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(items[2], version, strict=True)


def test_a_channel_there_is_the_channel_of_the_plan(tmp_path: Path) -> None:
    """Its settings are right for `serve`; its keys are nowhere but in its Secret; cards and memory are asked for."""
    items = made(tmp_path)
    owls = settings(items, "dreamstream-owls")
    of_table(owls, "owls")
    assert (owls["channel"], owls["fps"], owls["record"]) == ("owls", 20, "owls.mp4")
    assert owls["allowed_host"] == ["owls.example.org", "dreamstream-owls"]
    others = [item for item in items if item["kind"] != "Secret"]
    assert "SECRETKEY" not in json.dumps(others)
    pods = [item["spec"]["template"]["spec"]["containers"][0] for item in items if item["kind"] == "StatefulSet"]
    assert pods[0]["resources"]["limits"] == {"memory": "900Mi", "nvidia.com/gpu": 2}
    assert pods[1]["resources"]["limits"] == {}
    sets = [item["spec"] for item in items if item["kind"] == "StatefulSet"]
    for service, each in zip((item["spec"] for item in items if item["kind"] == "Service"), sets, strict=True):
        assert service["selector"].items() <= each["template"]["metadata"]["labels"].items()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("farm = 1\n[channels.night_owls]\n", "night_owls"),
        ('farm = 1\n[channels.owls]\n[channels.owls.settings]\nrecord = "/data/owls.mp4"\n', "/data/owls.mp4"),
    ],
)
def test_what_a_cluster_cannot_take_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """A name with an underscore, and a path that no pod has."""
    with pytest.raises(UsageError, match=said):
        made(tmp_path, text)


def test_the_command_writes_a_private_file_and_nothing_over_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It holds stream keys."""
    (tmp_path / "farm.toml").write_text(PLAN)
    command = ["farm", "kubernetes", str(tmp_path / "farm.toml"), "--image", "dreamstream:1"]
    command += ["-o", str(tmp_path / "farm.json")]
    assert main(command) == 0
    assert stat.S_IMODE((tmp_path / "farm.json").stat().st_mode) & 0o077 == 0
    assert json.loads((tmp_path / "farm.json").read_text())["kind"] == "List"
    assert "kubectl apply -f" in capsys.readouterr().out
    assert main(command) == 2
    assert "exists already" in capsys.readouterr().err
