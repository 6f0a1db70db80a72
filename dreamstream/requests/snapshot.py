"""The shape of what a queue keeps over a restart: whether something read from a disk is that at all."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json

_Age = Annotated[float, Field(allow_inf_nan=False, ge=-1e10, le=1e10)]
_Seconds = Annotated[float, Field(allow_inf_nan=False, ge=0, le=1e10)]
_Weight = Annotated[float, Field(allow_inf_nan=False, ge=-1e3, le=1e3)]
_Count = Annotated[int, Field(ge=0, lt=2**53)]


class _Kept(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class _Request(_Kept):
    id: str
    # What, region, weight, and perhaps kind and points.
    wishes: list[tuple[str, str, _Weight] | tuple[str, str, _Weight, str] | tuple[str, str, _Weight, str, str]]
    who: str
    source: str
    age: _Age
    viewers: list[str]
    credits: list[str]
    round: _Count
    overtaken: _Count


class _Queue(_Kept):
    version: Literal[1]
    waiting: list[_Request]
    showing: list[_Request]
    elapsed: _Seconds
    paused: bool
    lately: list[str]
    count: _Count
    told: Annotated[list[_Seconds], Field(min_length=2, max_length=2)]
    changed: Annotated[list[_Seconds], Field(min_length=2, max_length=2)]


def is_snapshot(data: Any) -> bool:
    """Whether this is what `RequestQueue.snapshot` gives, as far as its shape goes."""
    return _is(_Queue, data)


def is_request(data: Any) -> bool:
    """Whether this is one request of it."""
    return _is(_Request, data)


def _is(shape: type[_Kept], data: Any) -> bool:
    try:
        # As JSON, in which a tuple is a list.
        shape.model_validate_json(to_json(data))
    except (ValueError, RecursionError):
        return False
    return True
