"""How little a chat room is told, and when."""

from __future__ import annotations

import random

from dreamstream.chat.replies import ReplyLimit
from dreamstream.core.message import LONGEST_REPLY, Reply, line


class TestReplyLimit:
    """The rules of a chat room for those who speak in it."""

    def test_never_more_than_twenty_in_thirty_seconds(self) -> None:
        """Whatever is offered, any window of 30 s holds at most 20 lines, and none twice."""
        chance, limit, now = random.Random(4), ReplyLimit(), 0.0
        said: list[tuple[float, str]] = []
        for k in range(4000):
            now += chance.expovariate(5.0)
            text = f"answer {chance.randrange(200)}"
            said += [(now, line(r)) for r in limit.offer(Reply(text, f"v{k % 50}"), now, urgent=chance.random() < 0.05)]
        for when, text in said:
            window = [other for at, other in said if when - 30 < at <= when]
            assert len(window) <= 20
            assert window.count(text) == 1
            assert len(text) <= LONGEST_REPLY
        assert len(said) > 200

    def test_a_busy_chat_gets_many_answers_in_one_line(self) -> None:
        """After half the budget answers are gathered for two seconds and said together."""
        limit = ReplyLimit()
        said = [r for k in range(30) for r in limit.offer(Reply("yes.", f"v{k}", "irc"), 0.0)]
        assert len(said) == 10
        assert limit.due(1.9) == []
        (together,) = limit.due(2.0)
        assert together.text == " ".join(f"@v{k} yes." for k in range(10, 30))
        assert together.to == ""

    def test_moderators_are_answered_when_others_wait(self) -> None:
        """The last of the budget is theirs."""
        limit = ReplyLimit()
        for k in range(60):
            limit.offer(Reply(f"{k}", f"v{k}"), k / 10)
        assert limit.offer(Reply("Skipped.", "mod"), 6.0, urgent=True) == [Reply("Skipped.", "mod")]

    def test_one_person_cannot_use_it_up(self) -> None:
        """Five answers in a window for one viewer; others are still answered."""
        limit = ReplyLimit()
        said = [r for k in range(20) for r in limit.offer(Reply(f"{k}", "ann"), float(k))]
        assert len(said) == 5
        assert limit.offer(Reply("hello", "bob"), 20.0)
        assert limit.offer(Reply("again", "ann"), 31.0)

    def test_the_same_line_is_not_repeated(self) -> None:
        """Within the window the same words to the same person are dropped; later, or to others, they are said."""
        limit = ReplyLimit()
        assert limit.offer(Reply("hello", "ann"), 0.0)
        assert limit.offer(Reply("hello", "ann"), 29.0) == []
        assert limit.offer(Reply("hello", "bob"), 29.0)
        assert limit.offer(Reply("hello", "ann"), 30.0)
        assert limit.dropped == 1
