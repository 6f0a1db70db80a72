"""Smaller parts of a show, from its settings, its state or its dreamer's card; `show.py` wires and owns them.

Its ways in and out are made in `build_inputs.py` and `build_outputs.py`.
"""

from __future__ import annotations

import logging

import numpy as np
from numpy.typing import NDArray
from starlette.applications import Starlette

from dreamstream.chat.bot import Bot
from dreamstream.core.card import Card, Finishing
from dreamstream.core.dream import Cost
from dreamstream.core.programme import DRAWING
from dreamstream.core.version import __version__
from dreamstream.dreamers import registry
from dreamstream.settings.show import Settings
from dreamstream.show.build_outputs import Outputs
from dreamstream.show.drawings import Drawings
from dreamstream.show.lab import Lab
from dreamstream.show.state import StateFolder
from dreamstream.show.status import StatusView
from dreamstream.support import machine
from dreamstream.video.finish import Finish
from dreamstream.web.address import PageAddress, is_loopback
from dreamstream.web.app import create_app
from dreamstream.web.connections import MOST, RESERVE, Connections, Proxies
from dreamstream.web.control_room import ControlView
from dreamstream.web.thumbnails import sheet_for
from dreamstream.web.token import Lock, digest, is_digest, new_token
from dreamstream.weights.catalog import model_hash
from dreamstream.weights.painters import painter_hash
from dreamstream.wishes.vocabulary import Vocabulary

log = logging.getLogger(__name__)

TOKEN = "control token"  # what the state calls its digest


def make_app(
    settings: Settings,
    view: StatusView,
    outputs: Outputs,
    words: Vocabulary,
    port: int,
    control: ControlView,
    lock: Lock,
    visitors: Connections,
    drawings: Drawings,
    lab: Lab,
) -> Starlette:
    """The page's app. visitors: where is counted who was not served."""
    if not is_loopback(settings.host):
        log.warning(
            "The page listens on %s: everyone who reaches this machine can watch and ask. Without --host, only this "
            "machine can.",
            settings.host,
        )
    return create_app(
        view,
        outputs.preview,
        host=settings.host,
        allowed_hosts=settings.names(),
        stills=outputs.stills,
        sheet=sheet_for([entry.name for entry in words], model=settings.model),
        address=PageAddress(settings.host, port, settings.public_url or ""),
        connections_per_address=settings.connections_per_address,
        refused=visitors.refused,
        drawings=drawings,
        lab=lab,
        control=control,
        lock=lock,
        overflow=settings.overflow or "",
    )


def make_visitors(settings: Settings) -> Connections:
    """Who may be connected to the page: as many as leave the rest of the show its files."""
    limit = machine.raise_descriptor_limit()
    most = MOST if limit is None else max(RESERVE // 4, min(MOST, limit - RESERVE))
    return Connections(most=most, each=settings.connections_per_address, proxies=Proxies(settings.trusted_proxy))


def control_lock(settings: Settings, state: StateFolder) -> tuple[Lock, str]:
    """What opens the control room, and a new token, "" where one was shown before.

    A new one counts for later starts when it is kept, once the person has seen it.
    """
    if settings.control_token is not None:
        return Lock(digest(settings.control_token.get_secret_value())), ""
    token_digest = state.load(TOKEN)
    if token_digest is not None and not is_digest(token_digest):
        state.set_aside("what it holds of the control room's token is none")
    elif token_digest is not None and not settings.new_token:
        state.save(TOKEN, token_digest)  # known to the state, so that it comes back should the folder be taken away
        return Lock(token_digest), ""
    token = new_token()
    return Lock(digest(token)), token


def keep_token(token: str, state: StateFolder) -> None:
    """Have later starts take this token."""
    state.save(TOKEN, digest(token))


def restore(bot: Bot, state: StateFolder) -> None:
    """Go on with the queue that was kept; one of another shape is set aside, and what can be read of it taken."""
    snapshot = state.load_queue()
    if snapshot is not None and not bot.is_snapshot(snapshot):
        state.set_aside("what it holds of the queue has another shape")
    bot.restore(snapshot)


def cost_of(settings: Settings, card: Card) -> Cost:
    """What is fixed of each dream's cost. Raises UsageError when the dreamer does not count in it."""
    if settings.steps is None:
        return {}
    card.check_cost("steps")
    return {"steps": settings.steps}


def about(settings: Settings, card: Card, seed: int) -> dict[str, object]:
    """What a show is made of, for its log; nothing in it is secret."""
    return {
        "version": __version__,
        "channel": settings.channel,
        "dreamer": card.name,
        "model": card.model,
        "sha256": model_hash(card.model, settings.cache) if card.model else "",
        **({"painter": painter_hash()} if DRAWING in card.kinds else {}),
        **({"subject": card.subject, "subject_sha256": model_hash(card.subject)} if card.subject else {}),
        "seed": seed,
        "size": settings.output_size(),
        "canvas": settings.canvas_size(),
        "finish": settings.finish,
        "fps": settings.fps,
        "preset": card.preset,
    }


def finish_of(settings: Settings, card: Card) -> Finish:
    """What is done to the dreams of such a dreamer: as told, else what suits them."""
    how: Finishing = card.finish
    if settings.finish != "auto":
        how = "crisp" if settings.finish == "crisp" else "plain"
    return Finish(settings.output_size(), how)


def last_picture(dreamer: str, state: bytes | None) -> NDArray[np.uint8] | None:
    """What the show before ended with, to be seen until the first dream is there."""
    try:
        return None if state is None else registry.picture_of(dreamer, state)
    except ValueError as error:
        log.warning("The last picture cannot be used: %s.", error)
        return None
