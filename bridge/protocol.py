"""HTTP/1.1 as uvicorn speaks it, with bounds on the head of a request: its size, and the time until it is complete."""

import asyncio
import http
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_TOO_LARGE, _TOO_SLOW = http.HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, http.HTTPStatus.REQUEST_TIMEOUT


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn bounds neither, and keeps all of a head in memory until it is complete."""

    max_head_bytes = 64 * 1024
    max_head_seconds = 30.0

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._in_head = True
        self._head_bytes = 0
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_the_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

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
