"""From what a person names (a model, a programme) to what is meant, without loading a network."""

from __future__ import annotations

import json
import random
from pathlib import Path

from dreamstream.chat.compose import Unknown, compose
from dreamstream.chat.parse import Ask, parse
from dreamstream.dream.programme import Programme
from dreamstream.errors import UserError
from dreamstream.vocabulary import ClassName, Vocabulary


def vocabulary_of(model: str) -> Vocabulary:
    """The words of a model: the built-in network's, or those that a weight file lists.

    Raises UserError (exit code 2) when there is no such file, or when it lists none.
    """
    if model in ("auto", "builtin"):
        return Vocabulary.builtin()
    path = Path(model)
    if not path.is_file():
        raise UserError(f"There is no weight file {path}; give --model a file that exists, or builtin.", 2)
    names = _names_in(path)
    for known in (Vocabulary.builtin(), Vocabulary.imagenet()):
        if [entry.name for entry in known] == names:
            return known
    try:
        return Vocabulary(ClassName(number, name) for number, name in enumerate(names))
    except ValueError as error:
        raise UserError(f"The weight file {path} cannot be used: {error}.", 2) from None


def _names_in(path: Path) -> list[str]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            names = json.loads((file.metadata() or {}).get("classes", "[]"))
    except (SafetensorError, OSError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(f"{path} is no dreamstream weight file (read as safetensors): {reason}.", 2) from None
    if not isinstance(names, list) or not names or not all(isinstance(name, str) and name.strip() for name in names):
        raise UserError(f"{path} is no dreamstream weight file (read as safetensors): it lists no classes.", 2)
    return names


def programme_of(text: str, vocabulary: Vocabulary, seed: int = 0) -> Programme:
    """The programme that "bee + pizza" or "bee left + volcano" means; "random" is one class by `seed`.

    Raises UserError (exit code 2) with up to three near names for a word that is no class.
    """
    asked = parse(f"!dream {text}")
    if not isinstance(asked, Ask):
        raise UserError(f"{text!r} names nothing to dream; `dreamstream classes` lists what can be.", 2)
    chance = random.Random(seed)
    names = [entry.name for entry in vocabulary]
    programme = compose(asked.parts, "", vocabulary, lambda: chance.choice(names))
    if isinstance(programme, Unknown):
        near = [found.name for found in programme.near[:3]]
        advice = f"Near to it: {', '.join(near)}." if near else "`dreamstream classes` lists what can be dreamed."
        raise UserError(f"There is no class {programme.text!r}. {advice}", 2)
    return programme
