"""Points of a subject that the audience gave names to. Pure, and bounded.

A name's way:   put -> wished, any number of times -> forgotten: by whoever named it or a moderator, or, where there are
                MOST, as the one that was wished least lately and is not asked for now
Names are of one subject. Those of others are kept for when these dream again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter

from dreamstream.core.points import CODE, carried_in, name_in
from dreamstream.core.programme import Programme
from dreamstream.requests.request import named, person

# In all, and of one person.
MOST, MOST_EACH = 64, 8
# Subjects whose names are kept.
MOST_SUBJECTS = 8


@dataclass(frozen=True)
class NamedPoint:
    """A point, as `Wish.points` holds one, by the name that a viewer gave it. viewer: a key that spelling keeps."""

    name: str
    code: str
    who: str
    viewer: str


class _Record(BaseModel):
    """A kept one, as read from a disk."""

    model_config = ConfigDict(extra="forbid", strict=True)
    name: str
    code: Annotated[str, StringConstraints(pattern=rf"^{CODE}$")]
    who: Annotated[str, Field(max_length=100)]
    viewer: Annotated[str, Field(max_length=300)]


_RECORDS = TypeAdapter(dict[str, list[_Record]])


class PointStore(Mapping[str, str]):
    """What each name stands for, the one that was wished least lately first. subject: whose points they are.

    For one thread.
    """

    def __init__(self, subject: str = "") -> None:
        self._subject = subject
        self._all: dict[str, NamedPoint] = {}
        self._others: dict[str, list[Any]] = {}

    def __getitem__(self, name: str) -> str:
        return self._all[name].code

    def __contains__(self, name: object) -> bool:
        return name in self._all

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._all))

    def __len__(self) -> int:
        return len(self._all)

    def put(self, point: NamedPoint, in_use: Collection[str] = ()) -> Literal["kept", "taken", "enough", "full"]:
        """Take a name in, or say why not. in_use: names that are asked for, and must stay."""
        if point.name in self._all:
            return "taken"
        if len(self.of(point.viewer)) >= MOST_EACH:
            return "enough"
        if len(self._all) >= MOST:
            spare = next((name for name in self._all if name not in in_use), None)
            if spare is None:
                return "full"
            del self._all[spare]
        self._all[point.name] = point
        return "kept"

    def of(self, viewer: str) -> list[str]:
        """The names that a person gave."""
        return [name for name, point in self._all.items() if person(point.viewer) == person(viewer)]

    def given_by(self, who: str) -> list[str]:
        """The names that were given by the viewer of this key or name."""
        return [name for name, point in self._all.items() if named(who, point.viewer, point.who)]

    def wished(self, programme: Programme) -> None:
        """These names are used, and stay longest."""
        for name in names_in([programme]):
            if name in self._all:
                self._all[name] = self._all.pop(name)

    def forget(self, names: Iterable[str]) -> list[str]:
        """Forget names; those that there were."""
        return [name for name in names if self._all.pop(name, None)]

    def snapshot(self) -> dict[str, list[Any]]:
        """What must outlive a restart."""
        mine = {self._subject: [asdict(point) for point in self._all.values()]} if self._all else {}
        return {**self._others, **mine}

    def restore(self, data: Any) -> None:
        """Take up a snapshot; nothing of what is none."""
        if not is_snapshot(data):
            return
        kept = {subject: points for subject, points in data.items() if subject != self._subject}
        self._others = dict(list(kept.items())[-MOST_SUBJECTS:])
        mine = [NamedPoint(**point) for point in data.get(self._subject, [])][-MOST:]
        self._all = {point.name: point for point in mine if name_in(point.name) == point.name}


def is_snapshot(data: Any) -> bool:
    """Whether this is what `PointStore.snapshot` gives, as far as its shape goes."""
    try:
        _RECORDS.validate_python(data)
    except (ValueError, RecursionError):
        return False
    return True


def names_in(programmes: Iterable[Programme]) -> list[str]:
    """The names that programmes speak of."""
    return [name for programme in programmes for wish in programme.wishes for name in carried_in(wish.points)]
