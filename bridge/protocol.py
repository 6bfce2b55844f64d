"""HTTP/1.1 as uvicorn speaks it, with bounds on requests that do not arrive: on the head's size, and on every wait."""

import asyncio
import http
from typing import Any

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from bridge.upgrades import DecliningProtocol

_TOO_LARGE, _TOO_SLOW = http.HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, http.HTTPStatus.REQUEST_TIMEOUT


class BoundedProtocol(DecliningProtocol):
    """uvicorn bounds neither, keeps all of a head in memory, and waits for a body for ever, also when it stops."""

    max_head_bytes = 64 * 1024
    max_head_seconds = 30.0
    max_rest_seconds = 5.0
    """For what is left of a request that was answered before it was complete."""
    max_last_request_seconds = 0.3
    """For a request that is on its way when the server stops."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._in_head = True
        self._head_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._is_stopping = False
        self._running: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_the_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)
        if self._running is not None and not self._running.response_complete:
            # uvicorn tells only the last request of a pipeline that its client has gone.
            self._running.disconnected = True
            self._running.message_event.set()

    def data_received(self, data: bytes) -> None:
        was_in_head = self._in_head
        super().data_received(data)
        if self._in_head:
            self._wait_for_the_head()
            self._head_bytes += len(data) if was_in_head else 0
            if self._head_bytes > self.max_head_bytes:
                self._refuse(_TOO_LARGE)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head_bytes = 0
        self._stop_waiting()
        super().on_headers_complete()
        if self._is_stopping:
            self.cycle.keep_alive = False

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.response_complete and self.cycle.more_body and not self.transport.is_closing():
            # To close at once would take the answer from a client that first sends all it has to say.
            self._timer = self.loop.call_later(self.max_rest_seconds, self.transport.close)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        if self.cycle is not None and self.cycle.response_complete:
            # What came of the body has ended uvicorn's own wait for the next request.
            self.cycle.more_body = False
            self._stop_waiting()
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def shutdown(self) -> None:
        """The server stops: what is complete is answered, what was sent and is not here yet has a moment to come."""
        self._is_stopping = True
        if self._waits_for_the_client():
            self.loop.call_later(self.max_last_request_seconds, self._leave)
        if self.cycle is not None:
            self.cycle.keep_alive = False

    def _waits_for_the_client(self) -> bool:
        if self.cycle is None or self.cycle.response_complete:
            return True
        # One that waits behind another is no reason to cut off the answer to that.
        return self.cycle.more_body and not self.cycle.response_started and not self.pipeline

    def _leave(self) -> None:
        if self._waits_for_the_client():
            self.transport.close()

    def _wait_for_the_head(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(self.max_head_seconds, self._refuse, _TOO_SLOW)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse(self, status: http.HTTPStatus) -> None:
        if not self.transport.is_closing():
            line = f"HTTP/1.1 {status.value} {status.phrase}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            self.transport.write(line.encode())
            self.transport.close()
