"""One file from one address: resumed where it broke off, and never believed before it is complete.

The usual libraries each miss a part of this: pooch cannot resume, huggingface_hub knows one site only. So httpx does
the talking, and what follows is the loop around it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, BinaryIO

import httpx

from dreamstream.core.errors import UserError
from dreamstream.support import files
from dreamstream.support.backoff import Backoff
from dreamstream.support.progress import Told

# No file of the catalog is near to this; it ends a server that never stops.
LARGEST = 4 << 30
# Left free on the disk beside the file, in bytes.
SPARE = 64 << 20


class BrokenError(Exception):
    """The download broke off and may go on; `wait`: how long the server asks for, in seconds."""

    def __init__(self, message: str, wait: float = 0.0) -> None:
        super().__init__(message)
        self.wait = wait


class UselessError(Exception):
    """This address does not have the file; asking again will not help."""


@dataclass(frozen=True)
class RetryPolicy:
    """How long to wait, in seconds: for a connection, for the next bytes, and for `slow_bytes` to arrive at all.

    attempts: how often in a row an address may break without bringing that many before it is given up. first, longest:
    between two attempts.
    """

    connect: float = 10.0
    read: float = 30.0
    slow: float = 60.0
    slow_bytes: int = 64 << 10
    attempts: int = 4
    first: float = 1.0
    longest: float = 30.0


@dataclass
class _Known:
    """What is known of a partial file, kept beside it: where it is from, and what its server calls this version."""

    url: str
    validator: str | None = None
    total: int | None = None

    @staticmethod
    def read(path: Path) -> _Known | None:
        with contextlib.suppress(OSError, ValueError, TypeError):
            return _Known(**json.loads(path.read_text(encoding="utf-8")))
        return None

    def write(self, path: Path) -> None:
        files.write(path, json.dumps(asdict(self)).encode())


class Download:
    """A file on its way to `partial`; made anew for each file, used for each of its addresses in turn.

    client: with its proxies and time-outs. size: the exact number of bytes, where known. same_everywhere: a hash will
    show a wrong mixture, so the part from one address may be completed from another.
    """

    def __init__(
        self,
        client: httpx.Client,
        partial: Path,
        told: Told,
        *,
        size: int | None = None,
        same_everywhere: bool = False,
        policy: RetryPolicy | None = None,
        sleep: Callable[[float], object] = time.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, self._partial, self._told = client, partial, told
        self._notes = partial.with_name(partial.name + ".json")
        self._size, self._same = size, same_everywhere
        self._policy, self._sleep, self._now = policy or RetryPolicy(), sleep, now

    def discard(self) -> None:
        """Forget what has arrived."""
        self._partial.unlink(missing_ok=True)
        self._notes.unlink(missing_ok=True)

    def keep(self, target: Path) -> None:
        """Give the file its name, once the disk has it."""
        with self._partial.open("rb+") as file:
            os.fsync(file.fileno())
        self._partial.replace(target)
        self._notes.unlink(missing_ok=True)

    def sha256(self) -> str:
        """The SHA-256 of what has arrived, as hexadecimal digits."""
        with self._partial.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def run(self, url: str) -> None:
        """Download until the file is complete, going on after breaks.

        Raises UselessError when this address will not do, UserError for a full disk.
        """
        backoff = Backoff(self._policy.first, self._policy.longest)
        failures, best = 0, self._have()
        while True:
            try:
                self._attempt(url)
                return
            except BrokenError as broken:
                # Held against the furthest it ever came, so that a server cannot begin anew for ever.
                if self._have() >= best + self._policy.slow_bytes:
                    failures, best = 0, self._have()
                    backoff.reset()
                failures += 1
                if failures >= self._policy.attempts:
                    raise UselessError(str(broken)) from None
                self._sleep(max(backoff.next(), min(broken.wait, self._policy.longest)))

    def _have(self) -> int:
        return self._partial.stat().st_size if self._partial.exists() else 0

    def _attempt(self, url: str) -> None:
        have, headers = self._resumable(url)
        known = _Known.read(self._notes)
        if have and have == (self._size or (known and known.total)):
            return
        try:
            with self._client.stream("GET", url, headers=headers) as response:
                start, total = self._accepted(response, have)
                _Known(url, _validator(response), total).write(self._notes)
                self._room(total, start)
                with self._partial.open("r+b" if self._partial.exists() else "wb") as file:
                    file.seek(start)
                    file.truncate()
                    self._receive(response, file, start, total)
        except (httpx.TransportError, httpx.StreamError) as error:
            raise BrokenError(_said(error)) from None
        except (httpx.InvalidURL, httpx.HTTPError) as error:
            raise UselessError(_said(error)) from None
        except OSError as error:
            raise UserError(f"{self._partial} cannot be written: {error.strerror or error}.") from None
        have = self._have()
        if total is not None and have != total:
            raise BrokenError(f"it ended after {have} of {total} bytes")

    def _resumable(self, url: str) -> tuple[int, dict[str, str]]:
        """How many bytes are there already, and the headers that ask for the rest of the same version."""
        headers = {"Accept-Encoding": "identity"}
        have, known = self._have(), _Known.read(self._notes)
        if not have:
            return 0, headers
        same_version = known is not None and known.url == url and known.validator is not None
        if (not same_version and not self._same) or (self._size is not None and have > self._size):
            self.discard()
            return 0, headers
        headers["Range"] = f"bytes={have}-"
        if same_version and known is not None and known.validator:
            headers["If-Range"] = known.validator
        return have, headers

    def _accepted(self, response: httpx.Response, have: int) -> tuple[int, int | None]:
        """Where the response's bytes begin, and how long the whole file is. Raises for one that is no use."""
        status = response.status_code
        if status == 416:
            self.discard()
            raise BrokenError("the server has no more than what is already here, so the download begins anew")
        if status in (408, 425, 429) or status >= 500:
            raise BrokenError(f"the server says {status} {response.reason_phrase}".rstrip(), _retry_after(response))
        if status not in (200, 206):
            raise UselessError(f"the server says {status} {response.reason_phrase}".rstrip())
        if response.headers.get("Content-Type", "").partition(";")[0].strip() in ("text/html", "application/xhtml+xml"):
            raise UselessError("the server sends a web page in place of the file")
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise UselessError("the server sends the file compressed, though it was asked not to")
        start, total = 0, _count(response.headers.get("Content-Length"))
        if status == 206:
            start, total = _range(response.headers.get("Content-Range", ""))
            if start != have or not have:
                self.discard()
                raise BrokenError(f"the server sent the part from byte {start}, not from {have}")
        if total is not None and (total > LARGEST or self._size not in (None, total)):
            raise UselessError(f"the server's file has {total} bytes, not {self._size or f'at most {LARGEST}'}")
        return start, total if total is not None else self._size

    def _room(self, total: int | None, start: int) -> None:
        """Raise UserError when the disk has no room for the rest."""
        if total is None:
            return
        free = shutil.disk_usage(self._partial.parent).free
        if total - start + SPARE > free:
            raise UserError(
                f"{self._partial.parent} has {free / 1e6:.0f} MB free, but {(total - start + SPARE) / 1e6:.0f} MB are "
                "needed; make room, or name another folder with --cache."
            )

    def _receive(self, response: httpx.Response, file: BinaryIO, start: int, total: int | None) -> None:
        done, since, marked = start, self._now(), start
        self._told(done, total)
        for chunk in response.iter_raw():  # as it arrives: with a chunk size, what came before a break would be lost
            if not start and done == 0 and chunk.lstrip()[:9].lower().startswith((b"<!doctype", b"<html")):
                raise UselessError("the server sends a web page in place of the file")
            done += len(chunk)
            if done > (total or LARGEST):
                raise UselessError(f"the server sends more than the {total or LARGEST} bytes of the file")
            file.write(chunk)
            self._told(done, total)
            if done - marked >= self._policy.slow_bytes:
                since, marked = self._now(), done
            elif self._now() - since > self._policy.slow:
                raise BrokenError(f"only {done - marked} bytes came in {self._policy.slow:g} s")


def _validator(response: httpx.Response) -> str | None:
    """What names this version of the file for If-Range: a strong ETag, else the time of its last change."""
    etag: str | None = response.headers.get("ETag")
    if etag and not etag.startswith("W/"):
        return etag
    found: str | None = response.headers.get("Last-Modified")
    return found


def _count(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 16 else None


def _range(text: str) -> tuple[int, int | None]:
    """Begin and total of "bytes 100-199/1000"; begin is -1 for a header that says nothing."""
    unit, _, rest = text.partition(" ")
    span, _, total = rest.partition("/")
    begin = _count(span.partition("-")[0])
    return (begin if unit == "bytes" and begin is not None else -1), _count(total)


def _retry_after(response: httpx.Response) -> float:
    text = response.headers.get("Retry-After", "")
    if text.isdecimal():
        return float(text[:6])
    with contextlib.suppress(ValueError, TypeError):
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    return 0.0


def _said(error: Any) -> str:
    words = str(error).splitlines()
    return words[0][:200] if words and words[0] else type(error).__name__
