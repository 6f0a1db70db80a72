"""What is typed wrongly is answered in the program's own words, with what was probably meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from dreamstream.cli import main as cli


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("sreve", "`dreamstream` has no command 'sreve'. Did you mean serve?"),
        ("--sreve", "`dreamstream` has no flag --sreve. MORE"),
        ("serve --rmtp x", "`dreamstream serve` has no flag --rmtp. Did you mean --rtmp?"),
        ("serve --rmtp=rtmp://a/b/SECRET", "`dreamstream serve` has no flag --rmtp. Did you mean --rtmp?"),
        ("serve --re x", "--re may mean --record or --record-rotate; write it out."),
        ("serve --fps", "--fps needs a value: --fps N."),
        ("serve --open=3", "--open takes no value, but was given '3'."),
        (
            "serve bee",
            "`dreamstream serve` does not know what to do with 'bee'. MORE",
        ),
        ("bench --size 640x360", "`dreamstream bench` has no flag --size. `dreamstream bench show` has it."),
        ("bench --seconds 3 --size 9x9", "`dreamstream bench` has no flag --size. `dreamstream bench show` has it."),
        ("bench engin", "`dreamstream bench` has no command 'engin'. Did you mean engine?"),
        ("bench --seconds abc", "--seconds is 'abc', but must be a number."),
        ("render bee --steps x -o a.mp4", "--steps is 'x', but must be a whole number."),
        ("image bee", "There is no picture bee; did you mean `dreamstream image -c bee -o bee.png`?"),
        ("image Bee -o x.png", "There is no picture Bee; did you mean `dreamstream image -c bee -o x.png`?"),
        ("image", "`dreamstream image` needs -c CLASS and -o FILE.png. MORE"),
        ("image -c bee", "`dreamstream image` needs -o FILE.png. MORE"),
        ("image photo.jpg -o a.png", "`dreamstream image` needs -c CLASS. MORE"),
        ("completion fish", "`dreamstream completion` completes bash, zsh and tcsh, and not fish."),
        ("completion", "`dreamstream completion` needs SHELL. MORE"),
        ("render bee", "`dreamstream render` needs -o FILE.mp4. MORE"),
        (
            "replay a.jsonl -o a.mp4 --exact",
            "--exact has no effect without --from: from its beginning, a show is dreamed whole anyway.",
        ),
        (
            "weights",
            "`dreamstream weights` needs one of list, fetch, check, convert. MORE",
        ),
    ],
)
def test_wrong_usage_is_a_sentence_and_2(line: str, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    """No usage lines, no lists of Python's, no value of what may be secret. MORE: how to see the help."""
    command = sentence.partition("` ")[0] + " --help`"
    sentence = sentence.replace("MORE", f"{command} tells what it takes.")
    assert cli.main(line.split()) == 2
    assert capsys.readouterr().err == f"dreamstream: {sentence}\n"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("render bee pizza -o a.mp4", "'bee pizza' may be several things; did you mean \"bee + pizza\"?"),
        ("image -c bee -o {here}", "{here} exists already; name another file, or replace it with --force."),
        ("image {here} -c bee -o {here} --force", "{here} is what this is made from; write to another file."),
        ("render tree frog --mask {here} -o {here}.mp4 --preset nosuch", "There is no preset 'nosuch'"),
        ("gallery bee -o {here}", "{here} exists already; name another file, or replace it with --force."),
    ],
)
def test_what_would_go_wrong_is_said_before_dreaming(
    line: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wishes, looks and files that exist, the source above all."""
    here = tmp_path / "photo.png"
    Image.new("RGB", (96, 96)).save(here)
    before = here.read_bytes()
    assert cli.main(line.format(here=here).split()) == 2
    assert capsys.readouterr().err.startswith(f"dreamstream: {sentence.format(here=here)}")
    assert here.read_bytes() == before
