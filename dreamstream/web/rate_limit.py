"""Limits by client address, in tables that cannot grow."""

from __future__ import annotations

import ipaddress
import time
from collections import Counter, OrderedDict
from collections.abc import Callable


class RateLimit:
    """A token bucket per address: `burst` at once, then `rate` per second.

    At most `capacity` addresses are remembered; the one unheard of for longest is forgotten first.
    """

    def __init__(
        self, rate: float, burst: int, *, capacity: int = 4096, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate
        self._burst = burst
        self._capacity = capacity
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allows(self, address: str) -> bool:
        """Take one token of `address`; False when it has none."""
        key, now = one_visitor(address), self._clock()
        tokens, then = self._buckets.pop(key, (float(self._burst), now))
        tokens = min(float(self._burst), tokens + (now - then) * self._rate)
        allowed = tokens >= 1
        self._buckets[key] = (tokens - 1 if allowed else tokens, now)
        while len(self._buckets) > self._capacity:
            self._buckets.popitem(last=False)
        return allowed

    def spent(self, address: str) -> bool:
        """Whether `address` has no token left now; takes none."""
        tokens, then = self._buckets.get(one_visitor(address), (float(self._burst), 0.0))
        return min(float(self._burst), tokens + (self._clock() - then) * self._rate) < 1

    def __len__(self) -> int:
        return len(self._buckets)


class Places:
    """How many places each address has taken, at most `each`. Only addresses that have some are remembered."""

    def __init__(self, each: int) -> None:
        self.each = each
        self._taken: Counter[str] = Counter()

    def take(self, address: str) -> bool:
        """Take a place for `address`; False when it has as many as one may have."""
        key = one_visitor(address)
        if self._taken[key] >= self.each:
            return False
        self._taken[key] += 1
        return True

    def leave(self, address: str) -> None:
        """Give a place back that was taken."""
        key = one_visitor(address)
        self._taken[key] -= 1
        if self._taken[key] <= 0:
            del self._taken[key]

    def __len__(self) -> int:
        return len(self._taken)


def one_visitor(address: str) -> str:
    """What counts as one visitor's address: an IPv6 customer has a whole /64."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((int(parsed) >> 64 << 64, 64)))
    return str(parsed)
