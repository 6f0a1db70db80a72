"""Tells everybody what is on: the dreamer what it is to make, titles and journal what it is called and for whom."""

from __future__ import annotations

import logging

from dreamstream.chat.bot import Bot
from dreamstream.core.programme import MAX_WISHES, Programme
from dreamstream.journal.writer import ShowLog
from dreamstream.show.drawings import Drawings
from dreamstream.video.titles.overlay import Overlay

log = logging.getLogger(__name__)


class Announcer:
    """On the loop's thread. wanted: what the dreamer is to make now; any thread may read it."""

    def __init__(self, bot: Bot, drawings: Drawings, overlay: Overlay, journal: ShowLog) -> None:
        self._bot, self._drawings, self._overlay, self._journal = bot, drawings, overlay, journal
        self.wanted: Programme = bot.queue.current
        self._logged: Programme | None = None

    def tell(self, now: float, show_time: float) -> None:
        """Tell what is on. now: on the queue's clock. show_time: on that of the frames."""
        queue = self._bot.queue
        current = queue.current
        # Beside what is wanted, what is to be taken off the picture, as far as a programme has room.
        erased = self._bot.desk.store.erased(now)
        self.wanted = Programme(self._drawings.asked((*current.wishes, *erased)[:MAX_WISHES]))
        title, who = current.title(), " and ".join(dict.fromkeys(wish.who for wish in current.wishes if wish.who))
        if current != self._logged:
            self._logged = current
            log.info("Dreaming %s%s.", title, f" for {who}" if who else "")
        coming = queue.waiting[0].programme.title() if queue.waiting else ""
        self._overlay.say(title, who, coming, show_time)
        self._journal.title(title, who, coming, show_time)
