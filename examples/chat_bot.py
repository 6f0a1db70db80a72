"""The bot alone: type what viewers type, and see what it answers. No picture, no network, no JAX.

    python examples/chat_bot.py
    !dream bee + pizza

A line may begin with a name and a colon ("ann: !queue"); "mod: !skip" is a moderator's. Every answer is what a chat
would read; the queue moves on as time passes, as it does in a show.
"""

import sys
import time

from dreamstream.chat.bot import Bot
from dreamstream.chat.phrases.languages import LANGUAGES
from dreamstream.core.message import Message, line
from dreamstream.requests.queue import RequestQueue
from dreamstream.wishes.vocabulary import Vocabulary


def main(language: str = "en") -> None:
    """Answer line by line until there are none."""
    words = Vocabulary.builtin()
    bot = Bot(RequestQueue(words), words, words=LANGUAGES[language])
    for typed in sys.stdin:
        # Everything else happens in calls like this one: the bot has no thread, and asks the clock that it was given.
        bot.queue.advance(time.monotonic())
        who, colon, text = typed.strip().partition(": ")
        if not colon:
            who, text = "you", typed.strip()
        roles = frozenset(("moderator",)) if who == "mod" else frozenset[str]()
        for reply in bot.receive(Message(text, who, "example", roles=roles)):
            print(line(reply), flush=True)
    print(f"On now: {bot.queue.current.title()}. Waiting: {len(bot.queue.waiting)}.")


if __name__ == "__main__":
    main(*sys.argv[1:])
