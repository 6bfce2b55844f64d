"""Logging: every line of the process, ours or a library's, goes to stderr as JSON or for a terminal."""

import json
import logging
import re
import sys
from contextlib import suppress
from typing import Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor

_SESSION_ID = re.compile(
    r"(?<![A-Za-z0-9_-])([A-Za-z0-9_-]{43}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})(?![A-Za-z0-9_-])"
)
_JSON = json.JSONEncoder(ensure_ascii=False, default=repr)


def configure(level: str, style: Literal["auto", "console", "json"], stream: TextIO = sys.stderr) -> None:
    """Sends all logging to `stream`; `auto` is the console style on a terminal and JSON otherwise."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    console = style == "console" or (style == "auto" and stream.isatty())
    last = _last(console=console, colors=stream.isatty())
    structlog.configure(
        processors=[*shared, *last],
        logger_factory=_Lines(stream),
        # Our own lines go past the standard library's logging, which costs more than all else about them.
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.PositionalArgumentsFormatter(), *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    _quieten_libraries()


class _Lines:
    """Makes what takes the finished lines of one logger."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __call__(self, name: str = "") -> "_Line":
        return _Line(self._stream, name)


class _Line:
    def __init__(self, stream: TextIO, name: str) -> None:
        self._stream = stream
        self.name = name

    def msg(self, line: str) -> None:
        # Nobody may be there to read it, which is no reason to fail.
        with suppress(OSError, ValueError):
            self._stream.write(line + "\n")
            self._stream.flush()

    debug = info = warning = error = critical = msg


def _last(*, console: bool, colors: bool) -> list[Processor]:
    # A plain traceback: the console's own shows the values of local variables, and those may hold memories.
    lines = structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)
    if console:
        return [lines]
    return [structlog.processors.format_exc_info, _as_json]


def _as_json(_: object, __: str, event: EventDict) -> str:
    # structlog's own makes an encoder for every line.
    return _JSON.encode(event)


def _without_session_ids(record: logging.LogRecord) -> bool:
    # An id lets in whoever has it, where no key is needed.
    record.msg, record.args = _SESSION_ID.sub("[session]", record.getMessage()), ()
    return True


def _quieten_libraries() -> None:
    for name in ("mcp", "sse_starlette", "asyncio", "aiohttp", "httpx", "httpcore", "uvicorn.error"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # The SDK's SSE transport names the root itself when a client leaves.
    for logger in (logging.getLogger(), logging.getLogger("mcp.server.streamable_http_manager")):
        logger.filters[:] = [_without_session_ids]
    # The SDK's SSE transport logs message bodies even in errors, and uvicorn's access log holds keys given in a URL.
    for name in ("mcp.server.sse", "uvicorn.access"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
