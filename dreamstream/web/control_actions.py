"""What a control room can do: one model for each action, by which the API checks what it gets and describes itself."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError


def _whole(value: object) -> object:
    """JSON knows one kind of number: 2.0 is a whole one."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _text(longest: int) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=longest, pattern=r"\S")


Whole = Annotated[int, BeforeValidator(_whole)]
Number = Annotated[float, Field(allow_inf_nan=False)]
RequestId = Annotated[str, _text(200), Field(description="The request's id, from the queue.")]
DrawingKey = Annotated[str, _text(40), Field(description="The drawing's key.")]
OutputName = Annotated[str, _text(100), Field(description="The output's name, from the list of outputs.")]


class Action(BaseModel):
    """One thing to do, with all its arguments; nothing is converted, and nothing else may be given."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Skip(Action):
    """End what is dreamed now."""


class Pause(Action):
    """Stay at what is dreamed now."""


class Resume(Action):
    """Go on after a pause."""


class Clear(Action):
    """Forget all waiting requests."""


class Ask(Action):
    """Dream something at once, before all others."""

    text: Annotated[str, _text(200)] = Field(description="Like a line of chat without its command: `bee + pizza`.")


class Move(Action):
    """Put a request at another place of the queue."""

    id: RequestId
    place: Whole = Field(ge=0, le=1000, description="How many stand before it; 0 is the front.")


class Remove(Action):
    """Take a request out of the queue."""

    id: RequestId


class Block(Action):
    """Never listen to a viewer again, or never dream a class."""

    name: Annotated[str, _text(100)] = Field(
        description="A class, or a viewer's name (with @ where a class has it too)."
    )


class Unblock(Action):
    """Undo a block."""

    name: Annotated[str, _text(100)] = Field(description="What is blocked.")


class Approve(Action):
    """Let a drawing that is held into the queue."""

    key: DrawingKey


class Undraw(Action):
    """Take a drawing away for good: one that is held, waits, is shown, or was shown."""

    key: DrawingKey


class Limit(Action):
    """How many requests of one viewer may wait."""

    count: Whole = Field(ge=1, le=50, description="Requests.")


class Hold(Action):
    """How long a request is dreamed when others wait."""

    seconds: Number = Field(ge=2, le=3600, description="Seconds.")


class Set(Action):
    """Set a control of the dream."""

    name: Annotated[str, _text(40)] = Field(description="The control's name, from the list of controls.")
    value: Number = Field(description="Within the control's range.")


class Preset(Action):
    """Change the look."""

    name: Annotated[str, _text(40)] = Field(description="A preset's name.")


class Start(Action):
    """Start an output that was stopped."""

    name: OutputName


class Stop(Action):
    """Stop an output; the others go on."""

    name: OutputName


class Forget(Action):
    """Take an output that has ended off the list."""

    name: OutputName


class Stream(Action):
    """Stream to one more RTMP server, until the show ends."""

    url: Annotated[str, _text(500)] = Field(description="rtmp://HOST/APP/KEY; the key is shown nowhere.")


class Record(Action):
    """Begin a recording in the show's folder of recordings."""


_ALL: tuple[type[Action], ...] = (
    Skip,
    Pause,
    Resume,
    Clear,
    Ask,
    Move,
    Remove,
    Block,
    Unblock,
    Approve,
    Undraw,
    Limit,
    Hold,
    Set,
    Preset,
    Start,
    Stop,
    Forget,
    Stream,
    Record,
)
# By the names that the API has for them.
ACTIONS: dict[str, type[Action]] = {action.__name__.lower(): action for action in _ALL}


def read(name: str, arguments: dict[str, Any]) -> Action:
    """The action of ACTIONS called `name`, with arguments as they came from JSON. Raises ValueError with a sentence."""
    action = ACTIONS[name]
    try:
        return action.model_validate(arguments)
    except ValidationError as error:
        # What came is in none of the sentences: it may hold a stream key, or be as long as a message.
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise ValueError(_sentence(action, first["type"], str(first["loc"][0]))) from None


def _sentence(action: type[Action], kind: str, field: str) -> str:
    if kind == "extra_forbidden":
        known = ", ".join(action.model_fields) or "none"
        return f"{field[:40]!r} is no argument of this action; known are: {known}."
    if kind == "missing":
        return f"{field} is missing."
    rule = action.model_json_schema()["properties"][field]
    if rule["type"] == "string":
        return f"{field} must be a text of 1 to {rule['maxLength']} characters."
    limits = f" from {rule['minimum']:g} to {rule['maximum']:g}" if "minimum" in rule else ""
    return f"{field} must be {'a whole number' if rule['type'] == 'integer' else 'a number'}{limits}."
