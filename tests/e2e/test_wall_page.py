"""The wall in headless Chromium: a farm on several nodes, one of them gone, seen and drained."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from dreamstream.farm.channel import Phase
from dreamstream.farm.status import ChannelStatus, FarmStatus, NodeStatus
from dreamstream.farm.wall import Role, Wall, create_wall
from dreamstream.web.server import WebServer
from dreamstream.web.token import Lock, digest
from tests.farm.told_farm import Farm
from tests.polling import until


class Nodes(Farm):
    """Four channels on three nodes, of which one is gone and one drained; a fourth is gone and nobody waits for it."""

    several = True

    def status(self) -> FarmStatus:
        def channel(name: str, node: str, phase: Phase = Phase.RUNNING) -> ChannelStatus:
            return ChannelStatus(
                name=name, phase=phase, why="", since=90.0, starts=1, page="http://127.0.0.1:9/", node=node
            )

        def node(name: str, address: str, *, alive: bool = True, drained: bool = False) -> NodeStatus:
            return NodeStatus(name=name, address=address, alive=alive, drained=drained)

        channels = (channel("owls", "3f0c1a22"), channel("sea", "3f0c1a22"), channel("bees", "b8d2e901", Phase.WAITING))
        nodes = (
            node("3f0c1a22", "10.0.0.1"),
            node("77aa0c31", "10.0.0.2", drained=True),
            node("b8d2e901", "10.0.0.3", alive=False),
            node("c0ffee00", "10.0.0.4", alive=False),
        )
        return FarmStatus(channels=channels, nodes=nodes if self.several else ())


@pytest.fixture
def farm() -> Nodes:
    """What the wall shows."""
    return Nodes()


@pytest.fixture
def wall(farm: Nodes) -> Iterator[str]:
    """Where the wall is; two tokens open it."""

    async def up(plan: str) -> str:
        return plan

    locks = [(Lock(digest(role.name)), role) for role in (Role.OPERATOR, Role.VIEWER)]
    server = WebServer(create_wall(Wall(farm, farm, locks, up, lambda: None), "127.0.0.1"), port=0)
    server.start(60)
    yield server.url
    server.close()


def visit(browser: Browser, url: str, role: Role, width: int = 1280) -> Any:
    """The wall, seen with the token of a role."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(f"{url}#{role.name}")
    until(lambda: page.locator(".tile").count() == 3, 60, "the channels")
    return page


def test_nodes_are_seen_and_drained(browser: Browser, wall: str, farm: Nodes) -> None:
    """Who is where and which node is gone; the operator's button drains one, and takes it back."""
    page = visit(browser, wall, Role.OPERATOR)
    said = [" ".join(text.split()) for text in page.locator(".node").all_inner_texts()]
    assert said == [
        "3f0c1a22 10.0.0.1 there owls, sea Drain",
        "77aa0c31 10.0.0.2 drained no channel Take channels again",
        "b8d2e901 10.0.0.3 gone bees",
    ]
    page.locator(".node button").nth(0).click()
    until(lambda: farm.orders == [("drain", "3f0c1a22")], 60, "the order")
    page.locator(".node button").nth(1).click()
    until(lambda: farm.orders[1:] == [("back", "77aa0c31")], 60, "the other order")
    page.close()


def test_viewers_only_look_and_one_machine_is_no_node(browser: Browser, wall: str, farm: Nodes) -> None:
    """No button for who may not press it, nothing beside a phone's edge, and no list where there is one machine."""
    page = visit(browser, wall, Role.VIEWER, width=360)
    assert page.locator(".node").count() == 3
    assert page.locator(".node button:visible").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    farm.several = False
    until(lambda: not page.locator("#machines").is_visible(), 60, "the end of the list")
    page.close()
