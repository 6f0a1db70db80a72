"""How a farm's processes are started."""

from __future__ import annotations

from pathlib import Path

from dreamstream.farm.launches import channel_launch
from dreamstream.farm.plan import read_plan


def test_a_channel_gets_no_setting_of_the_farm_and_its_share(tmp_path: Path) -> None:
    """Of three channels two are on one accelerator: each gets half of what is given away."""
    path = tmp_path / "farm.toml"
    path.write_text("farm = 1\n[channels.a]\ndevices = [0]\n[channels.b]\ndevices = [0, 1]\n[channels.c]\n")
    plan = read_plan(path, 2)
    environ = {"DREAMSTREAM_FPS": "3", "DREAMSTREAM_CACHE": "/c", "PATH": "/bin"}
    made = {
        name: channel_launch(plan, channel, tmp_path / "s", tmp_path / "log", environ, node="n", avoid=frozenset("x"))
        for name, channel in plan.channels.items()
    }
    kept = {"DREAMSTREAM_CACHE": "/c", "PATH": "/bin"}
    assert made["a"].environ == kept | {"CUDA_VISIBLE_DEVICES": "0", "XLA_PYTHON_CLIENT_MEM_FRACTION": "0.45"}
    assert made["b"].environ["CUDA_VISIBLE_DEVICES"] == "0,1"
    assert made["c"].environ == kept
    assert made["c"].command[1:] == ["-P", "-m", "dreamstream", "serve", "--config", str(tmp_path / "s")]
    assert (made["c"].folder, made["c"].node, made["c"].avoid) == (tmp_path, "n", frozenset("x"))
