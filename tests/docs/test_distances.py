"""How far a newcomer has to go: what CONTRIBUTING says about adding something, done in a copy of the package."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The package, to be changed."""
    shutil.copytree(ROOT / "dreamstream", tmp_path / "dreamstream", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "models").symlink_to(ROOT / "models")
    return tmp_path


def touched(copy: Path) -> set[str]:
    """The files of the package that are other than they were."""
    files = {str(path.relative_to(copy)) for path in (copy / "dreamstream").rglob("*.py")}
    return {
        name for name in files if not (ROOT / name).exists() or (ROOT / name).read_text() != (copy / name).read_text()
    }


def insert(file: Path, before: str, text: str) -> None:
    """Write something before a line that is there once."""
    old = file.read_text()
    assert old.count(before) == 1, before
    file.write_text(old.replace(before, text + before))


def install(copy: Path, group: str, entry: str) -> None:
    """Write an entry point into pyproject.toml, and what an installer makes of it."""
    project = (ROOT / "pyproject.toml").read_text()
    heading = f'[project.entry-points."{group}"]\n'
    project = project.replace(heading, heading + entry) if heading in project else f"{project}\n{heading}{entry}"
    (copy / "pyproject.toml").write_text(project)
    known = tomllib.loads(project)["project"]["entry-points"]
    info = copy / "dreamstream-0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: dreamstream\nVersion: 0\n")
    lines = [
        line for name, points in known.items() for line in (f"[{name}]", *(f"{k} = {v}" for k, v in points.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join(lines))


def run(copy: Path, code: str) -> str:
    """What a program says that uses the changed package."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=copy,
        env={"PYTHONPATH": str(copy), "PATH": "", "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_chat_command_is_three_files(copy: Path) -> None:
    """What it does, and its phrases in two languages; roles, aliases and the parser know it by themselves."""
    insert(
        copy / "dreamstream/chat/viewer_commands.py",
        '    @command("help")\n',
        '    @command("longest")\n'
        "    def _longest(self, _args: str, _context: Context) -> Answer:\n"
        '        return self._say("longest", what=max((e.name for e in self._vocabulary.entries), key=len)), False\n\n',
    )
    insert(
        copy / "dreamstream/chat/phrases/english.py", '    "skip": ', '    "longest": "My longest word is {what}.",\n'
    )
    insert(
        copy / "dreamstream/chat/phrases/german.py",
        '    "skip": ',
        '    "longest": "Mein längstes Wort ist {what}.",\n',
    )
    said = run(
        copy,
        """if True:
        from dreamstream.chat.bot import Bot
        from dreamstream.chat.phrases.languages import LANGUAGES
        from dreamstream.core.message import Message
        from dreamstream.requests.queue import RequestQueue
        from dreamstream.settings.load import load
        from dreamstream.wishes.class_names import ClassName
        from dreamstream.wishes.vocabulary import Vocabulary

        words = Vocabulary([ClassName(0, "bee"), ClassName(1, "strawberry")])
        told = load({"roles": {"longest": "vip"}, "aliases": {"long": "longest"}}, None, {})
        for language in LANGUAGES.values():
            bot = Bot(RequestQueue(words), words, words=language, least=told.least(), grammar=told.grammar())
            for roles in ((), ("vip",)):
                for reply in bot.receive(Message("!long", "ann", "console", roles=frozenset(roles))):
                    print(reply.text)
        """,
    )
    assert said.splitlines() == [
        "That is for VIPs.",
        "My longest word is strawberry.",
        "Das ist für VIPs.",
        "Mein längstes Wort ist strawberry.",
    ]
    assert len(touched(copy)) == 3


def test_an_output_is_two_files(copy: Path) -> None:
    """Its own, which declares it, and its line among the kinds; the manager knows it by itself."""
    (copy / "dreamstream/outputs/counter.py").write_text(
        """if True:
        from dreamstream.outputs.kind import OutputKind

        class Counter:
            def __init__(self, name):
                self.name, self.count = name, 0

            def put(self, packet):
                self.count += 1

            def state(self):
                return {"name": self.name, "kind": "counter", "state": "live", "detail": "", "count": self.count}

            def close(self, timeout=5.0):
                pass

        KIND = OutputKind("counter", "counter:NAME", lambda target, stream, name: Counter(name))
        """
    )
    factory = copy / "dreamstream/outputs/factory.py"
    old = factory.read_text()
    new = old.replace("import hls, mpegts, recorder", "import counter, hls, mpegts, recorder")
    factory.write_text(new.replace("(rtmp.KIND, ", "(counter.KIND, rtmp.KIND, "))
    said = run(
        copy,
        """if True:
        from dreamstream.outputs.factory import open_sink
        from dreamstream.outputs.hub import PacketHub
        from dreamstream.outputs.manager import Sinks

        hub = PacketHub()
        sinks = Sinks(hub, lambda output, name: open_sink(output, None, name))
        name = sinks.add("counter:frames")
        hub.publish(None)
        print(name, sinks.get(name)["kind"], sinks.get(name)["count"])
        """,
    )
    assert said == "frames counter 1\n"
    assert touched(copy) == {"dreamstream/outputs/counter.py", "dreamstream/outputs/factory.py"}


def test_a_source_is_two_files(copy: Path) -> None:
    """Its own, and its entry point; the setting that names it, the bot and the show know it by themselves."""
    (copy / "dreamstream/inputs/haiku.py").write_text(
        """if True:
        from dreamstream.core.message import Message

        class Haiku:
            name = "haiku"

            def __init__(self, words, due):
                self._words, self._said, self._due = words, 0, due

            async def run(self, receive):
                for word in self._words:
                    for reply in receive(Message(f"!dream {word}", "basho", self.name)) + self._due(self.name):
                        print(reply.text)
                    self._said += 1

            def state(self):
                return {"name": self.name, "kind": "haiku", "state": "live", "detail": "", "messages": self._said}

        def open_haiku(target, due):
            return Haiku(target.split(","), due)
        """
    )
    install(copy, "dreamstream.sources", 'haiku = "dreamstream.inputs.haiku:open_haiku"\n')
    said = run(
        copy,
        """if True:
        import asyncio
        from dreamstream.chat.bot import Bot
        from dreamstream.chat.paid_requests import PaidRequests
        from dreamstream.core.errors import UserError
        from dreamstream.requests.queue import RequestQueue
        from dreamstream.settings.load import load
        from dreamstream.show.build_inputs import make_sources
        from dreamstream.wishes.class_names import ClassName
        from dreamstream.wishes.vocabulary import Vocabulary

        words = Vocabulary([ClassName(0, "frog"), ClassName(1, "pond")])
        bot = Bot(RequestQueue(words), words)
        settings = load({"source": ["haiku:frog,pond"]}, None, {})
        (source,) = make_sources(settings, bot, PaidRequests(bot))
        asyncio.run(source.run(bot.receive))
        print(source.state()["messages"])
        try:
            load({"source": ["tanka:frog"]}, None, {})
        except UserError as error:
            print("installed: haiku" in str(error))
        """,
    )
    assert said.splitlines() == ["frog is next.", "One moment, ask again in a moment.", "2", "True"]
    assert touched(copy) == {"dreamstream/inputs/haiku.py"}  # and pyproject.toml
    assert (copy / "pyproject.toml").read_text() != (ROOT / "pyproject.toml").read_text()


def test_a_setting_is_two_files(copy: Path) -> None:
    """Its field, and the part that reads it; flag, help, file, environment and refusal know it by themselves."""
    insert(
        copy / "dreamstream/settings/page.py",
        "    open: bool = setting(",
        '    motto: str = setting("", "what the show is about", metavar="TEXT", max_length=40)\n',
    )
    with (copy / "dreamstream/show/status.py").open("a") as reader:
        reader.write("\n\ndef motto(settings: Settings) -> str:\n    return settings.motto.upper()\n")
    said = run(
        copy,
        """if True:
        from dreamstream.core.errors import UserError
        from dreamstream.settings.load import load
        from dreamstream.show.status import motto

        print(motto(load({}, None, {"DREAMSTREAM_MOTTO": "sleep"})))
        print(motto(load({"motto": "wake"}, None, {})))
        try:
            load({"motto": "x" * 41}, None, {})
        except UserError as error:
            print("--motto" in str(error))
        from dreamstream.cli.main import parser
        import contextlib, io
        with contextlib.redirect_stdout(io.StringIO()) as help, contextlib.suppress(SystemExit):
            parser().parse_args(["serve", "--help"])
        print("--motto TEXT" in help.getvalue())
        """,
    )
    assert said.split() == ["SLEEP", "WAKE", "True", "True"]
    assert touched(copy) == {"dreamstream/settings/page.py", "dreamstream/show/status.py"}
