"""Counts how often something happens to each of many names, in a sliding window and in bounded memory."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

_EXACT_SECONDS = 1e-6


@dataclass(slots=True)
class _Window:
    number: int
    count: int = 0
    before: int = 0


class RateLimiter:
    """At most `limit` for each name in `seconds`, which pass window by window.

    What fell into the window before counts in part, as if it had been spread evenly over it: no second burst fits in
    where a window ends. Above `max_names` those that were not heard of for the longest time are forgotten.
    """

    def __init__(
        self, limit: int, seconds: float, *, max_names: int = 10_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = limit
        self._seconds = seconds
        self._max_names = max_names
        self._clock = clock
        self._windows: OrderedDict[Hashable, _Window] = OrderedDict()

    def __len__(self) -> int:
        return len(self._windows)

    def wait(self, name: Hashable) -> float:
        """Seconds until one more is within the limit; 0 where it is now."""
        if name not in self._windows:
            return 0.0
        now = self._clock()
        return self._wait(self._window(name, now), now)

    def count(self, name: Hashable) -> None:
        """One more, within the limit or not."""
        self._window(name, self._clock()).count += 1

    def take(self, name: Hashable) -> float:
        """One more where that is within the limit, and 0; else only the seconds until it would be."""
        now = self._clock()
        window = self._window(name, now)
        seconds = self._wait(window, now)
        if not seconds:
            window.count += 1
        return seconds

    def _window(self, name: Hashable, now: float) -> _Window:
        number = int(now // self._seconds)
        window = self._windows.get(name)
        if window is None:
            window = self._windows[name] = _Window(number)
            if len(self._windows) > self._max_names:
                self._windows.popitem(last=False)
            return window
        self._windows.move_to_end(name)
        if window.number != number:
            window.before = window.count if number == window.number + 1 else 0
            window.number, window.count = number, 0
        return window

    def _wait(self, window: _Window, now: float) -> float:
        passed = now - window.number * self._seconds
        room = self._limit - 1
        if window.count <= room:
            # What came before fades until there is room.
            share = 1 - (room - window.count) / window.before if window.before else 0.0
            seconds = share * self._seconds - passed
            return seconds if seconds > _EXACT_SECONDS else 0.0
        # Only the next window can take it, when this one has faded.
        return self._seconds - passed + (1 - room / window.count) * self._seconds
