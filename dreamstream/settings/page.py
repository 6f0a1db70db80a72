"""The page: where it listens, by which names it is reached, and who enters the control room."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, SecretStr

from dreamstream.settings.field import one_of, setting, words


def _host_name(value: str) -> str:
    name = value.strip().lower().rstrip(".")
    if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|\[?[0-9a-f:.]+\]?", name):
        raise ValueError("must be host names without http:// and port, like dreams.example.org")
    return name


def _page_url(value: str) -> str:
    parts = urlsplit(value.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError("must look like https://dreams.example.org/ or http://192.168.1.20:8080/")
    url = parts.geturl()
    url = url if url.endswith("/") else f"{url}/"
    if len(url) > 200:
        raise ValueError("must have at most 200 characters, for it goes into a code to scan")
    return url


def _playlist(value: str) -> str:
    parts = urlsplit(value.strip())
    # The host goes into a header of every answer, where some signs would mean more than themselves.
    plain = re.fullmatch(r"[A-Za-z0-9.-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?", parts.netloc)
    if parts.scheme not in ("http", "https") or not plain or not parts.path.endswith(".m3u8") or len(value) > 500:
        raise ValueError("must be the address of an HLS playlist, like https://cdn.example.org/hls/show.m3u8")
    return parts.geturl()


def _control_token(value: SecretStr) -> SecretStr:
    if not 16 <= len(value.get_secret_value().strip()) <= 200:
        raise ValueError("must have 16 to 200 characters; `openssl rand -base64 24` makes one")
    return value


def _network(value: str) -> str:
    try:
        return str(ipaddress.ip_network(value.strip(), strict=False))
    except ValueError:
        raise ValueError("must be addresses or networks, like 127.0.0.1 or 172.16.0.0/12") from None


Networks = Annotated[list[Annotated[str, AfterValidator(_network)]], BeforeValidator(words)]
HostNames = Annotated[list[Annotated[str, AfterValidator(_host_name)]], BeforeValidator(words)]


class PageSettings(BaseModel):
    """The page."""

    host: str = setting(
        "127.0.0.1",
        "address that the page listens on; 0.0.0.0 lets others in",
        metavar="ADDRESS",
        usually="127.0.0.1: this machine only",
        min_length=1,
        max_length=253,
    )
    port: int = setting(8080, "port of the page; 0 takes a free one", ge=0, le=65535)
    allowed_host: HostNames = setting([], "a name that the page answers to; may be given several times", metavar="NAME")
    trusted_proxy: Networks = setting(
        [],
        "a reverse proxy whose X-Forwarded-For is believed; may be given several times",
        metavar="ADDRESS",
        usually="none",
    )
    connections_per_address: int = setting(
        100, "connections that one visitor's address may have at once", ge=4, le=10_000
    )
    public_url: Annotated[str, AfterValidator(_page_url)] | None = setting(
        None, "where others find the page, for the kiosk's code", metavar="URL", usually="worked out"
    )
    overflow: Annotated[str, AfterValidator(_playlist)] | None = setting(
        None, "an HLS playlist of this show on another server, for viewers when the page is full", metavar="URL"
    )
    drawings: Annotated[str, BeforeValidator(one_of(("on", "held", "off")))] = setting(
        "on", "whether visitors may draw: on, held (until the control room approves each), or off", metavar="WORD"
    )
    open: bool = setting(False, "open the page in the browser")
    new_token: bool = setting(False, "make a new token for the control room; the old one ends")
    control_token: Annotated[SecretStr, AfterValidator(_control_token)] | None = setting(
        None, "the token of the control room, 16 to 200 characters", usually="a new one", flag=None, secret=True
    )
