"""What a session has sent, kept for a while so that a client whose connection broke misses nothing of it."""

import asyncio
import secrets
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from mcp.server.streamable_http import GET_STREAM_KEY, EventCallback, EventMessage, EventStore
from mcp.types import JSONRPCError, JSONRPCMessage, JSONRPCResponse, jsonrpc_message_adapter

_ID_BYTES = 12
_EVENT_OVERHEAD = 600
"""Bytes that an event costs beyond its text: its record, its id and its places in three tables."""


class UnknownEvent(LookupError):
    """The session has sent no event with this id, or does not hold it any more."""


@dataclass(slots=True, eq=False)
class Event:
    """One event of a stream. `text` is its message as JSON; None for one that only carries an id."""

    id: str
    text: str | None
    stream: "_Stream"
    number: int
    kept_at: float

    @property
    def size(self) -> int:
        """Bytes of memory that it costs."""
        return _EVENT_OVERHEAD + (self.text.__sizeof__() if self.text is not None else 0)


class _Stream:
    """The events of one answer, or of the stream that a GET opens. What is dropped from it is dropped oldest first."""

    __slots__ = ("answered", "events", "name", "news", "owner", "reader", "stored")

    def __init__(self, owner: "SessionEvents", name: str) -> None:
        self.owner = owner
        self.name = name
        # A list: most streams hold two events, and an empty deque is larger than that.
        self.events: list[Event] = []
        self.stored = 0
        self.answered = False
        self.news: asyncio.Event | None = None
        self.reader = 0

    def after(self, number: int) -> list[Event] | None:
        """What followed the event with this number, or None where some of it is gone."""
        missing = self.stored - number - 1
        if missing > len(self.events):
            return None
        return self.events[len(self.events) - missing :]

    def wake(self) -> None:
        """Lets whoever follows the stream look again."""
        if self.news is not None:
            self.news.set()
            self.news = None

    async def change(self) -> None:
        """Waits until `wake`."""
        if self.news is None:
            self.news = asyncio.Event()
        await self.news.wait()


class EventBudget:
    """What all sessions together may hold: `max_bytes`, each event for `seconds`. The oldest goes first."""

    def __init__(self, *, max_bytes: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._max_bytes = max_bytes
        self._seconds = seconds
        self._clock = clock
        self._events: OrderedDict[str, Event] = OrderedDict()
        self.bytes = 0

    @property
    def count(self) -> int:
        """How many events are held."""
        return len(self._events)

    def now(self) -> float:
        """The time by which events age."""
        return self._clock()

    def is_too_old(self, event: Event) -> bool:
        """Whether its time is over."""
        return self._clock() - event.kept_at >= self._seconds

    def add(self, event: Event) -> None:
        """Takes the newest event, and drops others for it."""
        self._events[event.id] = event
        self.bytes += event.size
        self.expire()
        while self.bytes > self._max_bytes:
            self._drop_oldest()

    def give_back(self, event: Event) -> None:
        """The event is gone from its session."""
        del self._events[event.id]
        self.bytes -= event.size

    def expire(self) -> None:
        """Drops what is too old."""
        while self._events and self.is_too_old(next(iter(self._events.values()))):
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        event = next(iter(self._events.values()))
        event.stream.owner.drop(event)


class SessionEvents(EventStore):
    """The events of one session. None of them can be found through another session's.

    The SDK names a stream after the request that it answers; a name used again after the answer means a new stream.
    """

    def __init__(self, budget: EventBudget, *, per_stream: int, max_streams: int = 256, max_bytes: int = 8 << 20):
        self._budget = budget
        self._per_stream = per_stream
        self._max_streams = max_streams
        self._max_bytes = max_bytes
        self._streams: dict[str, _Stream] = {}
        self._held: dict[_Stream, None] = {}
        self._events: OrderedDict[str, Event] = OrderedDict()
        self._closed = False
        self.awaited = 0
        """How many streams have their answer still to come."""
        self.bytes = 0

    @property
    def count(self) -> int:
        """How many events it holds. Not its length: the SDK takes an empty store for none."""
        return len(self._events)

    async def store_event(self, stream_id: str, message: JSONRPCMessage | None) -> str:
        """Keeps an event as the newest of its stream and gives its id; without a message it is one to resume from."""
        stream = self._streams.get(stream_id)
        if stream is None or stream.answered:
            stream = self._streams[stream_id] = _Stream(self, stream_id)
            if stream_id != GET_STREAM_KEY:
                self.awaited += 1
        text = None if message is None else message.model_dump_json(by_alias=True, exclude_unset=True)
        event = Event(secrets.token_urlsafe(_ID_BYTES), text, stream, stream.stored, self._budget.now())
        stream.stored += 1
        stream.answered = stream_id != GET_STREAM_KEY and isinstance(message, JSONRPCResponse | JSONRPCError)
        if stream.answered:
            self.awaited -= 1
        if not self._closed:
            self._keep(event)
        stream.wake()
        return event.id

    def awaits(self, stream_id: str) -> bool:
        """Whether the answer of the stream with this name is still to come."""
        stream = self._streams.get(stream_id)
        return stream is not None and not stream.answered

    def text_of(self, event_id: str) -> str | None:
        """The JSON of an event that is still held."""
        event = self._events.get(event_id)
        return event.text if event else None

    def stream_of(self, event_id: str) -> str:
        """The SDK's name of the event's stream. Raises UnknownEvent."""
        return self._found(event_id).stream.name

    async def follow(self, last_event_id: str) -> AsyncIterator[Event]:
        """What was sent after this event on its stream, and what will be, up to the answer. Raises UnknownEvent.

        It ends without the answer when the session ends, when the stream is followed anew, and when its reader was so
        slow that something is not held any more.
        """
        last = self._found(last_event_id)
        stream, number = last.stream, last.number
        stream.reader += 1
        stream.wake()
        turn = stream.reader
        while stream.reader == turn and (events := stream.after(number)) is not None:
            for event in events:
                yield event
                number = event.number
            if number + 1 < stream.stored:
                continue
            if stream.answered or self._closed:
                return
            await stream.change()

    async def replay_events_after(self, last_event_id: str, send_callback: EventCallback) -> str | None:
        """Sends what is there; the stream's name, or None where nothing more will come: answered, or not known."""
        try:
            last = self._found(last_event_id)
        except UnknownEvent:
            return None
        for event in last.stream.after(last.number) or ():
            if event.text is not None:
                await send_callback(EventMessage(jsonrpc_message_adapter.validate_json(event.text), event.id))
        return None if last.stream.answered else last.stream.name

    def close(self) -> None:
        """Ends with the session: holds nothing any more, and whoever follows a stream comes to its end."""
        self._closed = True
        for event in self._events.values():
            self._budget.give_back(event)
        for stream in self._held:
            stream.events.clear()
            stream.wake()
        self._events.clear()
        self._held.clear()
        self._streams.clear()
        self.awaited = 0
        self.bytes = 0

    def drop(self, event: Event) -> None:
        """Forgets an event, which must be the oldest of its stream."""
        stream = event.stream
        del stream.events[0]
        del self._events[event.id]
        self.bytes -= event.size
        self._budget.give_back(event)
        if not stream.events:
            del self._held[stream]
            self._forget_answered(stream)

    def _keep(self, event: Event) -> None:
        stream = event.stream
        if event.size > self._max_bytes:
            # Without it the stream cannot be resumed: none of it is worth holding.
            self._drop_stream(stream)
            self._forget_answered(stream)
            return
        self._held[stream] = None
        stream.events.append(event)
        self._events[event.id] = event
        self.bytes += event.size
        self._budget.add(event)
        if len(stream.events) > self._per_stream:
            self.drop(stream.events[0])
        while self.bytes > self._max_bytes:
            self.drop(next(iter(self._events.values())))
        if len(self._held) > self._max_streams:
            # One whose answer is still to come is needed more than one that was answered.
            self._drop_stream(next((held for held in self._held if held.answered), next(iter(self._held))))

    def _drop_stream(self, stream: _Stream) -> None:
        while stream.events:
            self.drop(stream.events[0])

    def _forget_answered(self, stream: _Stream) -> None:
        if stream.answered and self._streams.get(stream.name) is stream:
            del self._streams[stream.name]

    def _found(self, event_id: str) -> Event:
        event = self._events.get(event_id)
        if event is None or self._budget.is_too_old(event):
            raise UnknownEvent(event_id)
        return event
