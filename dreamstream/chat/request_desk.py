"""Takes wishes and drawings of people who may ask to the queue, and says what became of them. Sans-I/O.

Call it where the bot is called; the bot has judged before whether a line is read and whether its viewer may ask at all.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping

from dreamstream.chat.attention import Attention
from dreamstream.chat.block_list import BlockList, name_of
from dreamstream.chat.drawing_desk import Barred, DrawingDesk, Held
from dreamstream.chat.phrases.english import Language
from dreamstream.core.drawing import Drawing
from dreamstream.core.message import Message, Role
from dreamstream.core.programme import MAX_WISHES
from dreamstream.requests.points import PointStore
from dreamstream.requests.queue import Accepted, Refused, RequestQueue
from dreamstream.requests.request import Request
from dreamstream.wishes.class_names import ClassName
from dreamstream.wishes.compose import Unknown, compose
from dreamstream.wishes.lookup import Exactly, Remembered
from dreamstream.wishes.parse import HEAVIEST, LIGHTEST, Ask
from dreamstream.wishes.vocabulary import Vocabulary

# What is said, and the kind of answer: accepted, refused.
Told = tuple[str, str]
_REMEMBERED = 2000


class RequestDesk:
    """Requests of one show. favours: turns that a role is forgiven. changed: called after the queue was changed.

    counts: where "asked", "accepted" and "refused" are counted.
    """

    def __init__(
        self,
        queue: RequestQueue,
        vocabulary: Vocabulary,
        words: Language,
        blocked: BlockList,
        attention: Attention,
        drawings: DrawingDesk,
        points: PointStore,
        favours: Mapping[Role, int],
        changed: Callable[[], None],
        counts: dict[str, int],
    ) -> None:
        self._queue, self._vocabulary, self._words = queue, vocabulary, words
        self._blocked, self._attention, self._drawings, self._points = blocked, attention, drawings, points
        self._favours, self._changed, self._counts = favours, changed, counts
        self._remembered, self._exactly = Remembered(vocabulary), Exactly(vocabulary)
        self._deliveries: OrderedDict[str, tuple[str, str]] = OrderedDict()

    def knows(self, ask: Ask) -> bool:
        """Whether every part is the name of something, in full: what is said without a command is talk otherwise."""
        return all(self._vocabulary.exact(part.text) or part.text.lower() in self._points for part in ask.parts)

    def ask(self, ask: Ask, message: Message, now: float) -> Told:
        """Take a wish: names in full first, then guessing, while there is time for that."""
        self._counts["asked"] += 1
        # Whoever may not ask now costs no understanding, and no guessing where only joining what is shown is open.
        if early := self._queue.too_soon(message.viewer, now):
            return self._refusal(early)
        full = self._queue.over_limit(message.viewer, now)
        guesses = message.role >= Role.MODERATOR or bool(message.paid) or self._attention.guesses(now)
        words = self._remembered if guesses and not full else self._exactly
        who = name_of(message.who, self._blocked)
        composed = compose(ask.parts, who, words, self._queue.idle.random_name, self._points)
        if isinstance(composed, Unknown):
            if full:
                return self._refusal(full)
            return self._unknown(composed.near) if guesses else self._refused(self._words["busy"])
        programme = composed.programme
        if any(wish.word in self._queue.idle.blocked for wish in programme.wanted()):
            return self._refused(self._words["blocked_class"])
        viewer, favour, delivery = message.viewer, self._favour(message), _delivery_of(message)
        answer = self._queue.add(programme, who, message.source, now, id=delivery, viewer=viewer, favour=favour)
        if isinstance(answer, Refused):
            return self._refusal(answer)
        notes = [self._words.say("too_many", most=MAX_WISHES)] if ask.left_out + composed.left_out else []
        notes += [self._words.say("weights", low=f"{LIGHTEST:g}", high=f"{HEAVIEST:g}")] if ask.clamped else []
        return " ".join([self._took(answer, delivery, viewer), *notes]), "accepted"

    def draw(self, drawing: Drawing, message: Message, now: float) -> Told:
        """Take a drawing, or have it held for a moderator."""
        self._counts["asked"] += 1
        delivery = _delivery_of(message)
        answer = self._drawings.take(
            drawing,
            message.text,
            name_of(message.who, self._blocked),
            message.viewer,
            message.source,
            now,
            delivery=delivery,
            favour=self._favour(message),
            trusted=message.role >= Role.MODERATOR,
        )
        match answer:
            case Accepted():
                return self._took(answer, delivery, message.viewer), "accepted"
            case Refused():
                return self._refusal(answer)
            case Held():
                self._changed()
                return self._words["draw_held"], "accepted"
            case Barred():
                return self._refused(self._words["blocked_class"])
        return self._unknown(answer.near)

    def approve(self, key: str, now: float) -> tuple[bool, str]:
        """Let a drawing that is held into the queue, as the show's owner: whether it was; the answer."""
        answer = self._drawings.approve(key, now)
        if answer is None:
            return False, self._words["undraw_gone"]
        if isinstance(answer, Refused):
            return False, self._refusal(answer)[0]
        self._counts["accepted"] += 1
        self._changed()
        return True, self._accepted(answer)

    def withdraw(self, source: str, message_id: str, now: float) -> list[Request]:
        """Take back what one message asked for, also if it is on; the requests concerned."""
        delivery = f"{source}:{message_id}"
        if delivery not in self._deliveries:
            return self._queue.remove(delivery, now, shown_too=True)
        return self._queue.withdraw(*self._deliveries[delivery], now, shown_too=True)

    def _favour(self, message: Message) -> int:
        return max((extra for role, extra in self._favours.items() if message.role >= role), default=0)

    def _took(self, answer: Accepted, delivery: str, viewer: str) -> str:
        self._counts["accepted"] += 1
        self._points.wished(answer.request.programme)
        if delivery:
            self._deliveries[delivery] = (answer.request.id, viewer)
            while len(self._deliveries) > _REMEMBERED:
                self._deliveries.popitem(last=False)
        self._changed()
        return self._accepted(answer)

    def _accepted(self, answer: Accepted) -> str:
        if answer.merged:
            key = "merged" if answer.position else "merged_now"
        else:
            key = "waiting" if answer.position > 1 else "next" if answer.eta >= 3 else "soon"
        what, words = answer.request.programme.title(), self._words
        return words.say(key, what=what, place=words.ordinal(answer.position), wait=words.duration(answer.eta))

    def _refusal(self, answer: Refused) -> Told:
        why = answer.reason if answer.reason != "unknown" else "unknown_plain"
        return self._refused(self._words.say(why, wait=self._words.duration(answer.wait)))

    def _unknown(self, near: tuple[ClassName, ...]) -> Told:
        names = self._words.listed([entry.name for entry in near], self._words.either)
        return self._refused(self._words.say("unknown", near=names) if names else self._words["unknown_plain"])

    def _refused(self, text: str) -> Told:
        self._counts["refused"] += 1
        return text, "refused"


def _delivery_of(message: Message) -> str:
    """The id of one delivery of a message among all sources; "" where its source gives none."""
    return f"{message.source}:{message.id}" if message.id else ""
