"""A plan is right as a whole, or refused in a sentence before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from dreamstream.core.errors import UsageError
from dreamstream.farm.plan import FIRST_PORT, JobsPlan, Plan, assign_ports, read_plan, settings_of

GOOD = """
farm = 1
[wall]
port = 9000
[defaults]
fps = 20
size = "160x96"
[channels.owls]
restart = "failure"
memory_mib = 900
devices = [1]
[channels.owls.settings]
fps = 10
record = "owls.mp4"
[channels.bees]
"""


def read(folder: Path, text: str, devices: int = 2) -> Plan:
    """The plan that a text is."""
    path = folder / "farm.toml"
    path.write_text(text)
    return read_plan(path, devices)


def test_a_plan_is_read(tmp_path: Path) -> None:
    """Defaults hold for every channel, and its own settings win."""
    plan = read(tmp_path, GOOD)
    assert list(plan.channels) == ["owls", "bees"]
    owls, bees = plan.channels.values()
    assert (owls.restart, owls.memory_mib, owls.devices) == ("failure", 900, (1,))
    assert (settings_of(owls).fps, settings_of(bees).fps) == (10, 20)
    assert settings_of(bees).size == (160, 96)
    assert (bees.restart, bees.memory_mib, bees.devices) == ("always", 0, None)
    assert (plan.host, plan.port, plan.home) == ("127.0.0.1", 9000, tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "says no version; this dreamstream reads `farm = 1`"),
        ("farm = 2\n[channels.a]\n", "is of version 2"),
        ("farm = 1\n", "names 0 channels"),
        ("farm = 1\n[channels.a]\n[chanels.b]\n", "unknown key, chanels. Did you mean channels?"),
        ("farm = 1\n[channels.A]\n", "small letters"),
        ("farm = 1\nchannels = 3\n", "channels in .* must be a table"),
        ("farm = 1\n[channels]\na = 3\n", "must be a table"),
        ("farm = 1\n[channels.a]\npreset = 'night'\n", "unknown key, preset. It belongs into its settings"),
        (
            "farm = 1\n[channels.a]\nrestart = 'often'\n",
            "restart .* 'often', but must be one of always, failure, never",
        ),
        ("farm = 1\n[channels.a]\nmemory_mib = 1.5\n", "memory_mib .* whole number"),
        ("farm = 1\n[channels.a]\ndevices = []\n", "devices .* numbers of accelerators"),
        ("farm = 1\n[channels.a]\ndevices = [2]\n", "wants accelerator 2, but there are 2 here"),
        ("farm = 1\n[channels.a.settings]\nfps = 0\n", "fps in .channels.a.settings. .* from 1 to 60"),
        ("farm = 1\n[defaults]\nfsp = 3\n[channels.a]\n", "unknown key, fsp. Did you mean fps?"),
        ("farm = 1\n[defaults]\nstate = 'x'\n[channels.a]\n", "one folder for all"),
        ("farm = 1\n[channels.a.settings]\nchannel = 'b'\n", "the farm names it"),
        ("farm = 1\n[channels.a.settings]\nlog_file = 'b'\n", "farm logs"),
        ("farm = 1\n[channels.a.settings]\nport = 8100\n", "the wall and a .* have one port 8100"),
        ("farm = 1\n[channels.a.settings]\nport = 9\n[channels.b.settings]\nport = 9\n", "a and b .* one port 9"),
        (
            "farm = 1\n[channels.a.settings]\nstate = 'x'\n[channels.b.settings]\nstate = './y/../x'\n",
            "a and b .* one state",
        ),
        ("farm = 1\n[defaults]\nhls = 'www'\n[channels.a]\n[channels.b]\n", "one hls output, to the same place"),
        ("farm = 1\n[channels.a", "is not TOML"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, said: str) -> None:
    """One sentence names the place, the value and what is allowed."""
    with pytest.raises(UsageError, match=said) as caught:
        read(tmp_path, text)
    assert "Traceback" not in str(caught.value)


def test_one_stream_key_for_two_is_refused_unseen(tmp_path: Path) -> None:
    """Two channels cannot stream to one place; the key is in no message."""
    rtmp = 'rtmp = ["rtmp://live.example.org/app/sesame"]'
    with pytest.raises(UsageError) as caught:
        read(tmp_path, f"farm = 1\n[channels.a.settings]\n{rtmp}\n[channels.b.settings]\n{rtmp}\n")
    assert "a and b" in str(caught.value)
    assert "sesame" not in str(caught.value)


def test_no_accelerator(tmp_path: Path) -> None:
    """A device that no machine here has is said before anything starts."""
    with pytest.raises(UsageError, match="there is none here"):
        read(tmp_path, GOOD, devices=0)


def test_a_missing_file(tmp_path: Path) -> None:
    """The file's name is in the sentence."""
    with pytest.raises(UsageError, match=r"nowhere\.toml does not exist"):
        read_plan(tmp_path / "nowhere.toml", 0)


def test_ports_stay_when_channels_come_and_go(tmp_path: Path) -> None:
    """A channel keeps the port that it had; what is asked for comes first; nobody's is taken twice."""
    three = read(tmp_path, "farm = 1\n[channels.a]\n[channels.b]\n[channels.c]\n")
    first = assign_ports(three, {})
    assert first == {"a": FIRST_PORT, "b": FIRST_PORT + 1, "c": FIRST_PORT + 2}
    fewer = read(tmp_path, "farm = 1\n[channels.new]\n[channels.c]\n[channels.b]\n")
    assert assign_ports(fewer, first) == {"new": FIRST_PORT, "b": FIRST_PORT + 1, "c": FIRST_PORT + 2}
    taken = read(tmp_path, f"farm = 1\n[channels.a]\n[channels.x.settings]\nport = {FIRST_PORT}\n")
    assert assign_ports(taken, first) == {"a": FIRST_PORT + 1, "x": FIRST_PORT}


def test_the_plan_of_the_docs_is_right(tmp_path: Path) -> None:
    """What a reader copies works."""
    page = (Path(__file__).parents[2] / "docs" / "farm.md").read_text()
    plan = read(tmp_path, page.partition("```toml\n")[2].partition("```")[0], devices=1)
    assert list(plan.channels) == ["owls", "sea"]
    assert plan.channels["sea"].memory_mib == 2000


def test_a_plan_says_what_runs_its_channels(tmp_path: Path) -> None:
    """This machine by default; of a cluster its address, and what a node is to have for each channel."""
    assert (read(tmp_path, GOOD).backend, read(tmp_path, GOOD).channels["bees"].cpus) == ("local", 1.0)
    ray = 'farm = 1\nbackend = "ray"\n[ray]\naddress = "10.0.0.1:6379"\n[channels.a]\ncpus = 0.5\ngpus = 1\n'
    plan = read(tmp_path, ray, devices=0)
    assert (plan.backend, plan.address) == ("ray", "10.0.0.1:6379")
    assert (plan.channels["a"].cpus, plan.channels["a"].gpus) == (0.5, 1.0)


def test_a_plan_says_how_many_jobs_run(tmp_path: Path) -> None:
    """One at a time by default; on a cluster, what a node is to have for each."""
    assert read(tmp_path, GOOD).jobs == JobsPlan(1, 1.0, 0.0)
    ray = 'farm = 1\nbackend = "ray"\n[jobs]\nat_once = 3\ncpus = 2\ngpus = 0.5\n[channels.a]\n'
    assert read(tmp_path, ray, devices=0).jobs == JobsPlan(3, 2.0, 0.5)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('backend = "slurm"\n[channels.a]', "must be one of local, ray"),
        ('[ray]\naddress = "auto"\n[channels.a]', 'say backend = "ray" at its beginning'),
        ('backend = "ray"\n[ray]\naddress = 5\n[channels.a]', "must be a cluster's address"),
        ('backend = "ray"\n[ray]\nadress = "auto"\n[channels.a]', "unknown key, adress"),
        (
            'backend = "ray"\n[channels.a]\ndevices = [0]',
            "devices in .* is nothing to the back end ray",
        ),
        ("[channels.a]\ngpus = 1", "gpus in .* is nothing to the back end local, which takes devices"),
        ('backend = "ray"\n[channels.a]\ncpus = 1.5', "cpus in .* is 1.5, but must be a whole number, or a part"),
        ('backend = "ray"\n[channels.a]\ngpus = true', "gpus in .* is True"),
        ("[jobs]\nat_once = -1\n[channels.a]", "at_once in .jobs. .* is -1, but must be a whole number from 0"),
        ("[jobs]\nat_once = true\n[channels.a]", "at_once in .* is True"),
        ("[jobs]\natonce = 1\n[channels.a]", "unknown key, atonce. Did you mean at_once"),
        ("[jobs]\ngpus = 1\n[channels.a]", "gpus in .jobs. .* is nothing to the back end local"),
        ('backend = "ray"\n[jobs]\ncpus = -1\n[channels.a]', "cpus in .jobs. .* is -1"),
    ],
)
def test_what_no_back_end_can_do(tmp_path: Path, text: str, words: str) -> None:
    """Each is said before anything starts."""
    with pytest.raises(UsageError, match=words):
        read(tmp_path, f"farm = 1\n{text}\n")
