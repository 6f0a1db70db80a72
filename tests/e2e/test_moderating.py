"""Every moderator's command, typed into a real show."""

from __future__ import annotations

import os
import pty
from pathlib import Path

from tests.e2e.served import Served
from tests.polling import until


def test_everything_a_moderator_types_works(tmp_path: Path) -> None:
    """Each command is answered and does what it says, and the look changes while frames and dreams go on."""
    ours, theirs = pty.openpty()
    try:
        with Served(tmp_path, "--role", "skip=broadcaster", "--share", "off", terminal=theirs) as show:
            assert show.process.stdout is not None
            output = show.process.stdout

            def answer(line: str) -> str:
                os.write(ours, f"{line}\n".encode())
                return output.readline().strip()

            def titles() -> list[str]:
                return [request["title"] for request in show.status()["queue"]]

            show.until_dreaming()
            assert answer("!pause") == "Paused. !resume goes on."
            assert "owl" in show.ask("!dream owl", "ann")
            assert "crab" in show.ask("!dream crab - pizza", "bob")
            assert "cat" in show.ask("!dream cat", "cid")
            assert titles() == ["owl", "crab - pizza", "cat"]
            assert answer("!promote cid") == "cat is next."
            assert titles() == ["cat", "owl", "crab - pizza"]
            assert show.ask("!skip", "ann") == "That is for the broadcaster, and here I cannot see who is one."
            assert answer("!skip").startswith("Skipped ")
            assert show.status()["now"]["title"] == "cat"
            assert answer("!remove ann") == "Requests removed for ann: 1."
            assert answer("!block owls") == "owl is blocked."
            assert show.ask("!dream owl", "dan") == "That one is not dreamed here."
            assert answer("!unblock owl") == "owl is not blocked any more."
            assert answer("!limit 1") == "Waiting requests for each viewer: 1."
            assert answer("!hold 600") == "Each request is shown for about 10 min."
            assert answer("!zoom 1.02") == "zoom is 1.02 now."
            assert answer("!zoom fast").startswith("Say a number from ")
            assert answer("!clear") == "Requests forgotten: 1."
            assert titles() == []
            assert answer("!resume") == "Going on."

            assert answer("!preset nothing").startswith("There are gouache, ")
            assert answer("!preset calm") == "The look becomes calm; give it a moment."
            dreams, frames = show.status()["dream"]["number"], show.status()["frames"]["sent"]
            until(lambda: "The look is calm now." in show.log, 120, "the new look", 0.2)
            now = show.status()
            # The old look dreamed on while the new one was compiled, and no picture waited for it.
            assert now["dream"]["number"] > dreams
            assert now["frames"]["sent"] > frames
            assert now["picture_age"] < 1
            after = now["dream"]["number"]
            until(lambda: show.status()["dream"]["number"] > after + 2, 60, "dreams of the new look", 0.2)
            assert answer("!preset calm") == "The look is calm already."
            assert "Traceback" not in show.log
    finally:
        os.close(ours)
        os.close(theirs)
