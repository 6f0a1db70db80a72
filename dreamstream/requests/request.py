"""A request, what the queue answers to one, and what is shown now. Plain data, to and from JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from dreamstream.core.programme import MAX_WISHES, REGIONS, Programme, Wish
from dreamstream.requests.snapshot import is_request

State = Literal["waiting", "showing", "done", "removed"]

# How many viewers one request credits; more may join it, but their names are not kept.
MOST_CREDITS = 20


@dataclass(frozen=True)
class Request:
    """What viewers asked for. who, source, at: the first of them, from where, and when (seconds of the show's clock).

    viewers: keys of all who asked for it; credits: their names. round: how many turns its viewer had or waited for when
    it came; overtaken: how many later requests went before it (see RequestQueue).
    """

    id: str
    programme: Programme
    who: str
    source: str
    at: float
    state: State = "waiting"
    viewers: tuple[str, ...] = ()
    credits: tuple[str, ...] = ()
    round: int = 0
    overtaken: int = 0

    def credited(self) -> Programme:
        """The programme with everybody who asked for it named in its wishes: "ann, bob and 3 more"."""
        names = list(self.credits)
        who = ", ".join(names) if len(names) < 4 else f"{names[0]}, {names[1]} and {len(names) - 2} more"
        return Programme(tuple(replace(wish, who=who) for wish in self.programme.wishes))

    def joined(self, viewer: str, who: str) -> Request:
        """The same request with one more viewer, while there is room for names."""
        if len(self.viewers) >= MOST_CREDITS:
            return self
        return replace(self, viewers=(*self.viewers, viewer), credits=(*self.credits, who))

    def left(self, viewer: str) -> Request | None:
        """The same request without that viewer; None when nobody else asked for it."""
        others = [(key, name) for key, name in zip(self.viewers, self.credits, strict=True) if key != viewer]
        if not others:
            return None
        keys, names = zip(*others, strict=True)
        return replace(self, viewers=keys, credits=names, who=names[0])


@dataclass(frozen=True)
class Accepted:
    """A request that was taken.

    position: 0 is on now, 1 is next. eta: seconds until it is shown. merged: it joined an equal request.
    """

    position: int
    eta: float
    request: Request
    merged: bool = False


Reason = Literal["full", "limit", "cooldown", "class_cooldown", "already", "unknown", "kind"]


@dataclass(frozen=True)
class Refused:
    """A request that was not taken.

    reason: full (the queue), limit (of this viewer), cooldown, class_cooldown, already (asked), unknown (class), kind
    (of wish that the dreamer does not take).
    wait: seconds after which it may be tried again, where that is known.
    """

    reason: Reason
    wait: float = 0.0


@dataclass(frozen=True)
class Showing:
    """What is dreamed now and since when; `requests` is empty when the show chose it."""

    programme: Programme
    requests: tuple[Request, ...] = ()
    since: float | None = None

    @property
    def idle(self) -> bool:
        """Whether the show chose it by itself."""
        return not self.requests


def same_wishes(programme: Programme) -> frozenset[tuple[str, str, bool]]:
    """What makes two programmes duplicates: the same classes in the same regions, wanted or not, at any weight."""
    return frozenset((wish.what, wish.region, wish.weight > 0) for wish in programme.wishes)


def drawings_of(requests: Iterable[Request]) -> list[str]:
    """The keys of the drawings that requests ask for."""
    return [wish.drawing for request in requests for wish in request.programme.wishes if wish.drawing]


def to_json(request: Request, now: float) -> dict[str, Any]:
    """The request as JSON-able data; its time is kept as an age, so that another clock can take it up."""
    return {
        "id": request.id,
        "wishes": [_wish_to_json(wish) for wish in request.programme.wishes],
        "who": request.who,
        "source": request.source,
        "age": now - request.at,
        "viewers": list(request.viewers),
        "credits": list(request.credits),
        "round": request.round,
        "overtaken": request.overtaken,
    }


def _wish_to_json(wish: Wish) -> list[Any]:
    """Without its kind where it is for a class, as nearly all are, nor points where it names none."""
    plain = [wish.what, wish.region, wish.weight]
    return plain if wish.kind == "class" else [*plain, wish.kind, *([wish.points] if wish.points else [])]


def from_json(data: Any, now: float, state: State = "waiting") -> Request:
    """The request that `to_json` wrote. Raises ValueError, TypeError or KeyError for anything else."""
    if not is_request(data):
        raise ValueError("not a request")
    wishes = tuple(
        Wish(str(what), str(region), float(weight), kind=more[0] if more else "class", points="".join(more[1:]))
        for what, region, weight, *more in data["wishes"]
    )
    viewers, credited = tuple(map(str, data["viewers"])), tuple(map(str, data["credits"]))
    if not 1 <= len(wishes) <= MAX_WISHES or len(viewers) != len(credited) or not viewers:
        raise ValueError("not a request")
    if any(wish.region not in REGIONS for wish in wishes) or not any(wish.weight > 0 for wish in wishes):
        raise ValueError("a region that this version does not know, or nothing that is wanted")
    return Request(
        id=str(data["id"]),
        programme=Programme(tuple(replace(wish, who=str(data["who"])) for wish in wishes)),
        who=str(data["who"]),
        source=str(data["source"]),
        at=now - float(data["age"]),
        state=state,
        viewers=viewers,
        credits=credited,
        round=int(data["round"]),
        overtaken=int(data["overtaken"]),
    )


def readable(items: Any, now: float) -> list[Request]:
    """The requests in a list from JSON; what is no request is left out."""
    found: list[Request] = []
    for item in items if isinstance(items, list) else []:
        try:
            found.append(from_json(item, now))
        except (ValueError, TypeError, KeyError, OverflowError):
            continue
    return found


def group_of(waiting: Sequence[Request], most: int) -> list[Request]:
    """The first request, and those right behind it that can share the canvas with it, at most `most` in all."""
    group = list(waiting[:1])
    while _shares(group[0]) and len(group) < min(most, len(waiting)) and _shares(waiting[len(group)]):
        group.append(waiting[len(group)])
    return group


def _shares(request: Request) -> bool:
    return [wish.region for wish in request.programme.wishes] == ["whole"]


def person(viewer: str) -> str:
    """What one person has only one of: a page's visitor the address, whatever the name; others their own key."""
    address, slash, _ = viewer.partition("/")
    return address if slash and address.startswith("page:") and address != "page:" else viewer


def has_part(request: Request, viewer: str) -> bool:
    """Whether this person asked for it, perhaps by another name."""
    return any(person(each) == person(viewer) for each in request.viewers)


def belongs(request: Request, who: str) -> bool:
    """Whether `who` is the id of this request, or the key or the name of somebody who asked for it."""
    return who == request.id or any(map(_means(who), request.viewers, request.credits))


def without(request: Request, who: str) -> Request | None:
    """The request without those that `who` means (see belongs); None when nobody is left, or `who` is its id."""
    if who == request.id:
        return None
    left: Request | None = request
    for key, name in zip(request.viewers, request.credits, strict=True):
        if left and _means(who)(key, name):
            left = left.left(key)
    return left


def named(who: str, viewer: str, name: str) -> bool:
    """Whether `who` means the viewer of this key and name."""
    return _means(who)(viewer, name)


def _means(who: str) -> Callable[[str, str], bool]:
    """Whether a viewer's key and name are meant by `who`: the key with or without its source, or the name."""
    folded = who.casefold()
    return lambda key, name: who == key or folded == name.casefold() or folded == key.partition(":")[2]
