"""Reads request bodies, with a bound on one, on all of them together, and on the time one may take."""

import asyncio

from aiohttp import ClientPayloadError, web

from memory_api.errors import InvalidRequest, Overloaded, RequestTooLarge, RequestTooSlow

MAX_BODY = 8 * 1024 * 1024
_TOTAL = 64 * 1024 * 1024
_SECONDS = 30.0


class Bodies:
    """Sizes in bytes, after unpacking."""

    def __init__(self, most: int = MAX_BODY, total: int = _TOTAL, seconds: float = _SECONDS) -> None:
        """`total` is what the bodies that have not wholly arrived may hold together."""
        self._most = most
        self._total = total
        self._seconds = seconds
        self._held = 0

    async def read(self, request: web.Request) -> bytes:
        """The whole body. Raises RequestTooLarge, RequestTooSlow, Overloaded, and InvalidRequest for a broken one."""
        if request.content_length is not None and request.content_length > self._most:
            raise self._too_large()
        try:
            async with asyncio.timeout(self._seconds):
                return await self._gather(request)
        except TimeoutError:
            raise RequestTooSlow from None
        except (web.RequestPayloadError, ClientPayloadError, ConnectionError):
            raise InvalidRequest("Body does not unpack as its Content-Encoding says, or ended early") from None

    async def _gather(self, request: web.Request) -> bytes:
        body = bytearray()
        try:
            async for chunk in request.content.iter_any():
                body += chunk
                self._held += len(chunk)
                if len(body) > self._most:
                    raise self._too_large()
                if self._held > self._total:
                    raise Overloaded("Too many large bodies are arriving; try again shortly")
            return bytes(body)
        finally:
            self._held -= len(body)

    def _too_large(self) -> RequestTooLarge:
        return RequestTooLarge(f"The request body is larger than {self._most // (1024 * 1024)} MiB.")
