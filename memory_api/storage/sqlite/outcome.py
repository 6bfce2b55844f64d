"""What a thread finds out for a caller that waits in an event loop."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Outcome:
    """Made by the caller, with a future of its loop; filled in by the thread; told to the loop by `tell`."""

    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None

    def resolve(self) -> None:
        """Lets the caller go on; for its own loop. Nothing where it has stopped waiting."""
        if self.future.cancelled():
            return
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


def tell(outcomes: Iterable[Outcome]) -> None:
    """Wakes the callers from another thread, with one call a loop rather than one an outcome."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Outcome]] = {}
    for outcome in outcomes:
        by_loop.setdefault(outcome.future.get_loop(), []).append(outcome)
    for loop, told in by_loop.items():
        try:
            loop.call_soon_threadsafe(_resolve, told)
        except RuntimeError:
            # The loop has been closed: nobody waits any more, and what was done stays done.
            continue


def _resolve(outcomes: list[Outcome]) -> None:
    for outcome in outcomes:
        outcome.resolve()
