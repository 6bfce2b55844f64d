"""So many events in so many seconds for each of many: a virtual schedule (GCRA), one number kept for each."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

# Far below any interval that matters, far above the rounding of clocks that have run for years.
_ROUNDING = 1e-6


class RateLimit:
    """Allows `most` at once, and then one more every `seconds / most`.

    At most `remembered` are kept apart; beyond that, whoever came least recently starts anew.
    """

    def __init__(
        self, most: int, seconds: float, *, clock: Callable[[], float] = time.monotonic, remembered: int = 10_000
    ) -> None:
        self._interval = seconds / most
        self._seconds = seconds
        self._clock = clock
        self._remembered = remembered
        self._due: OrderedDict[Hashable, float] = OrderedDict()

    def take(self, who: Hashable) -> float:
        """Counts one event of theirs and returns 0; once there are too many, counts none and returns the seconds left
        until the next is allowed.
        """
        now = self._clock()
        due = max(self._due.get(who, now), now) + self._interval
        left = due - now - self._seconds
        if left > _ROUNDING:
            return left
        self._due[who] = due
        self._due.move_to_end(who)
        if len(self._due) > self._remembered:
            self._due.popitem(last=False)
        return 0.0

    def __len__(self) -> int:
        return len(self._due)
