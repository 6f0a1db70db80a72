"""A setting's field: what it says about itself."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import BaseModel, BeforeValidator

from dreamstream.settings.field import AutoBool, one_of, setting, settings_of
from dreamstream.settings.show import SETTINGS, Settings


class Stage(BaseModel):
    """The stage.

    Not shown.
    """

    depth: float = setting(2.5, "how deep it is", unit="metres", ge=1, le=10)
    rise: float = setting(0.5, "how it rises", gt=0, le=1)
    colour: Annotated[str, BeforeValidator(one_of(("red", "blue")))] = setting("red", "its colour", metavar="NAME")
    lights: list[str] = setting([], "a light", metavar="LIGHT", flag="--light")
    curtain: AutoBool = setting(None, "a curtain", usually="auto: when it rains")
    secret_door: str = setting("", "a door", flag=None, secret=True)


def test_a_field_tells_flag_range_default_and_name() -> None:
    """All that flags, help, docs and environment need is in the field."""
    told = settings_of(Stage)
    assert list(told) == ["depth", "rise", "colour", "lights", "curtain", "secret_door"]
    depth = told["depth"]
    assert (depth.flag, depth.variable, depth.metavar) == ("--depth", "DREAMSTREAM_DEPTH", "METRES")
    assert depth.group == "The stage"
    assert depth.text == "how deep it is (1 to 10 metres; default 2.5)"
    assert depth.allowed == "must be a number from 1 to 10"
    assert told["rise"].allowed == "must be a number above 0, at most 1"
    assert (told["lights"].form, told["lights"].flag) == ("list", "--light")
    assert (told["curtain"].form, told["curtain"].text) == ("yes or no", "a curtain (default auto: when it rains)")
    assert (told["secret_door"].flag, told["secret_door"].secret) == ("", True)


def test_names_are_taken_in_any_case() -> None:
    """What is chosen from some names is spelt as they are."""
    assert Stage(colour="Blue ").colour == "blue"
    with pytest.raises(ValueError, match="must be one of red, blue"):
        Stage(colour="green")


def test_what_is_no_setting_cannot_be_a_field() -> None:
    """A field of pydantic's own would have neither help nor flag."""

    class Plain(BaseModel):
        """Plain."""

        size: int = 3

    with pytest.raises(TypeError, match="size"):
        settings_of(Plain)


def test_every_setting_says_what_it_is() -> None:
    """Help of one line, in one style; what holds a secret is marked."""
    assert set(SETTINGS) == set(Settings.model_fields)
    for told in SETTINGS.values():
        assert told.help
        assert "\n" not in told.help
        assert not told.help.endswith(".")
        assert told.flag or told.secret
    secret = {key for key, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)}
    assert {key for key, told in SETTINGS.items() if told.secret} == secret
