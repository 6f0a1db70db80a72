"""The API against its own description: schemathesis makes requests from the document and judges every answer."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dreamstream.outputs.browser.preview import Preview
from dreamstream.web import control_room, drawings
from dreamstream.web.control_actions import ACTIONS
from dreamstream.web.rate_limit import RateLimit
from tests.conftest import missing
from tests.show.room import Desk
from tests.video.plasma import encode
from tests.web.show import FakeShow, serving

INFO, _ = encode(4)
TOKEN = "a token of the right length"
# How what is not as described may be refused: as schemathesis has it, and as too large.
REFUSED = ("400", "401", "403", "404", "405", "406", "409", "413", "415", "422", "428", "429", "5xx")


@pytest.mark.slow
def test_every_answer_is_as_described(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Good and bad requests to every operation, with the right token, a wrong one and none."""
    program = shutil.which("schemathesis", path=str(Path(sys.executable).parent))
    if program is None:
        missing("schemathesis is not installed")
    # Its many wrong tokens would soon be answered by 429 alone.
    monkeypatch.setattr(control_room, "RateLimit", lambda **_: RateLimit(rate=1e6, burst=10**6))
    # The same of drawings: whichever came through, that one would be judged, another one each time.
    monkeypatch.setattr(drawings, "RateLimit", lambda **_: RateLimit(rate=1e6, burst=10**6))
    statuses = ", ".join(f'"{status}"' for status in REFUSED)
    (tmp_path / "schemathesis.toml").write_text(
        f"[checks]\nnegative_data_rejection.expected-statuses = [{statuses}]\n", encoding="utf-8"
    )
    desk = Desk(tmp_path / "recordings")
    try:
        with serving(FakeShow(), Preview(INFO), control=desk.room, token=TOKEN) as server:
            command: list[str] = [
                program,
                "run",
                f"{server.url}/api/openapi.json",
                "--url",
                server.url,
                "--no-color",
                "--seed",
                "1",
            ]
            command += ["--max-examples", "10", "--generation-database", "none"]
            command += ["--header", f"Authorization: Bearer {TOKEN}"]
            # After so many requests from one address 429 is the right answer.
            command += ["--rate-limit", "1000/s", "--request-timeout", "10"]
            done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False, cwd=tmp_path)
    finally:
        desk.sinks.close(2.0)
    assert done.returncode == 0, done.stdout[-6000:]
    tested = re.search(r"Selected: (\d+)/\1\s+Tested: \1\b", done.stdout)
    assert tested, done.stdout[-2000:]
    assert int(tested[1]) >= len(ACTIONS) + 8
