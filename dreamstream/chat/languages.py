"""The languages that the bot speaks, by their codes."""

from __future__ import annotations

from collections.abc import Mapping

from dreamstream.chat.words import ENGLISH, Language
from dreamstream.chat.words_de import GERMAN

LANGUAGES: Mapping[str, Language] = {language.code: language for language in (ENGLISH, GERMAN)}
