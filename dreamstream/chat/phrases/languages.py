"""The languages that the bot speaks, by their codes."""

from __future__ import annotations

from collections.abc import Mapping

from dreamstream.chat.phrases.english import ENGLISH, Language
from dreamstream.chat.phrases.german import GERMAN

LANGUAGES: Mapping[str, Language] = {language.code: language for language in (ENGLISH, GERMAN)}
