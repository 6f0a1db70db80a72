"""`dreamstream doctor`: what works on this machine, and what to do about the rest."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs

from dreamstream.core.errors import UserError
from dreamstream.core.version import __version__
from dreamstream.doctor.chat import findings as chat
from dreamstream.doctor.finding import FAIL, NOTE, OK, Finding
from dreamstream.settings.load import load as load_settings
from dreamstream.settings.ready import check_show
from dreamstream.settings.show import APP, Settings
from dreamstream.settings.video import ENCODERS
from dreamstream.support import machine, resources
from dreamstream.support.child_environment import JAX, child_environment

TWITCH_CHAT = ("irc.chat.twitch.tv", 6697)
CONNECT_TIMEOUT = 4.0
DEVICE_TIMEOUT = 90.0


def run(rtmp: Sequence[str] = (), port: int | None = None, config: Path | None = None) -> int:
    """Print all findings as they come; 1 when one would keep the show from running, or something asked for fails."""
    failed = False
    print(f"dreamstream {__version__} on {machine.name()}")
    for finding in findings(rtmp, port, config):
        print(f"{finding.verdict:>4}  {finding.subject}: {finding.text}", flush=True)
        failed = failed or finding.verdict == FAIL
    return int(failed)


def findings(
    rtmp: Sequence[str] = (),
    port: int | None = None,
    config: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> Iterable[Finding]:
    """Look at everything, quick things first.

    What the settings of file and environment, or the arguments, ask for fails where it does not work; of the rest the
    show can do without, it is a note. port: in place of the settings' own.
    """
    settings, readable = Settings(), True
    try:
        settings = load_settings({}, config, environ)
    except UserError as error:
        readable = False
        yield Finding(FAIL, "settings", str(error))
    yield page_port(settings.host, settings.port if port is None else port)
    verdict = NOTE if settings.state is None else FAIL
    yield folder("state folder", settings.state or platformdirs.user_state_path(APP), verdict)
    verdict = NOTE if settings.cache is None else FAIL
    yield folder("cache folder", settings.cache or resources.default_cache(), verdict)
    yield from encoders()
    if readable:
        yield show(settings)
    twitch = "Requests from Twitch chat can be read; no account is needed."
    yield reach("Twitch chat", *TWITCH_CHAT, twitch, FAIL if settings.twitch else NOTE)
    yield from chat(settings)
    for number, url in enumerate([*(each.get_secret_value() for each in settings.rtmp), *rtmp], 1):
        yield rtmp_server(url, number)
    yield device()


def show(settings: Settings) -> Finding:
    """Whether anything in the settings would keep a show from running: look, controls, model, outputs, devices."""
    try:
        check_show(settings)
    except UserError as error:
        return Finding(FAIL, "show", str(error))
    return Finding(OK, "show", "nothing in the settings keeps it from running.")


def page_port(host: str, port: int) -> Finding:
    """Whether the page's port is free."""
    from dreamstream.web.server import listen

    try:
        listen(host, port).close()
    except UserError as error:
        return Finding(FAIL, "page", str(error))
    return Finding(OK, "page", f"port {port} on {host} is free.")


def folder(subject: str, path: Path, otherwise: str = NOTE) -> Finding:
    """Whether a folder can be written to; otherwise: the verdict where it cannot."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        reason = error.strerror or str(error)
        text = f"{path} cannot be written ({reason}); the show runs, but forgets when it ends."
        return Finding(otherwise, subject, text)
    return Finding(OK, subject, f"{path} can be written.")


def encoders() -> Iterable[Finding]:
    """Which H.264 encoders open here, by encoding a picture with each."""
    working = [name for name in ENCODERS[1:] if _encodes(name)]
    if "libx264" not in working:
        remedy = "Install PyAV's own wheel: pip install --force-reinstall av"
        yield Finding(FAIL, "encoder", f"libx264 does not open. {remedy}")
    else:
        yield Finding(OK, "encoder", f"{', '.join(working)} can be opened.")


def rtmp_server(url: str, number: int = 1) -> Finding:
    """Whether the server of an RTMP address takes connections; its path, which holds the key, is not shown or sent."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or (443 if parts.scheme == "rtmps" else 1935)
    except ValueError:  # its text would show a part of the address
        host = None
    if not host or parts.scheme not in ("rtmp", "rtmps"):
        return Finding(
            FAIL, f"RTMP {number}", "the address must look like rtmp://HOST/APP/KEY or rtmps://HOST/APP/KEY."
        )
    return reach(f"RTMP {number}", host, port, "It answers; whether it takes the key shows when streaming.", FAIL)


def reach(subject: str, host: str, port: int, good: str, otherwise: str = NOTE) -> Finding:
    """Whether a TCP connection to host and port can be made; otherwise: the verdict where it cannot."""
    try:
        socket.create_connection((host, port), CONNECT_TIMEOUT).close()
    except OSError as error:
        reason = "no answer" if isinstance(error, TimeoutError) else (error.strerror or str(error))
        advice = "Check the name, the internet connection and the firewall."
        return Finding(otherwise, subject, f"{host} port {port} cannot be reached ({reason}). {advice}")
    return Finding(OK, subject, f"{host} port {port}. {good}")


# In a process of its own: a broken driver may crash or hang whoever asks.
_ASK_JAX = "import jax; print(jax.__version__, '|', ', '.join(f'{d.platform} {d.device_kind}' for d in jax.devices()))"


def device(ask: Callable[[], str] | None = None) -> Finding:
    """What JAX computes on."""
    try:
        version, _, devices = (ask or _ask_jax)().partition(" | ")
    except (OSError, subprocess.SubprocessError) as error:
        lines = getattr(error, "stderr", None)
        reason = lines.strip().splitlines()[-1] if lines and lines.strip() else type(error).__name__
        if machine.asked_platform()[0] and isinstance(error, subprocess.CalledProcessError):
            return Finding(FAIL, "device", machine.no_such_platform())
        remedy = "Install dreamstream in a fresh virtual environment."
        return Finding(FAIL, "device", f"JAX does not start ({reason}). {remedy}")
    text = f"JAX {version.strip()} computes on {devices.strip()}."
    if "cpu" in devices and Path("/dev/nvidiactl").exists():
        text += " An NVIDIA card is there but not used: pip install 'dreamstream[cuda12]'."
        return Finding(NOTE, "device", text)
    return Finding(OK, "device", text)


def _ask_jax() -> str:
    done = subprocess.run(
        [sys.executable, "-c", _ASK_JAX],
        capture_output=True,
        text=True,
        timeout=DEVICE_TIMEOUT,
        check=True,
        env=child_environment(JAX) | {"TF_CPP_MIN_LOG_LEVEL": "2"},
    )
    return done.stdout.strip()


def _encodes(name: str) -> bool:
    """Whether one picture can be encoded; being listed in FFmpeg is not being usable."""
    import av
    import av.error

    try:
        context = av.CodecContext.create(name, "w")
        assert isinstance(context, av.VideoCodecContext)
        context.width, context.height, context.pix_fmt = 640, 360, "yuv420p"
        context.framerate = Fraction(30)
        frame = av.VideoFrame(640, 360, "yuv420p")
        return bool([*context.encode(frame), *context.encode(None)])
    except (av.error.FFmpegError, ValueError, OSError):
        return False
