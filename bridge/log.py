"""Logging: every line of the process, ours or a library's, goes to stderr as JSON or for a terminal."""

import logging
import sys
from typing import Literal, TextIO

import structlog
from structlog.typing import Processor


def configure(level: str, style: Literal["auto", "console", "json"], stream: TextIO = sys.stderr) -> None:
    """Sends all logging to `stream`; `auto` is the console style on a terminal and JSON otherwise."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = logging.StreamHandler(stream)
    console = style == "console" or (style == "auto" and stream.isatty())
    handler.setFormatter(_formatter(shared, console=console, colors=stream.isatty()))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    _quieten_libraries()


def _formatter(shared: list[Processor], *, console: bool, colors: bool) -> logging.Formatter:
    # A plain traceback: the console's own shows the values of local variables, and those may hold memories.
    lines = structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)
    last: list[Processor] = (
        [lines]
        if console
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last]
    )


def _quieten_libraries() -> None:
    for name in ("mcp", "sse_starlette", "asyncio", "aiohttp", "uvicorn.error"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # The SDK's SSE transport logs message bodies even in errors, and uvicorn's access log holds keys given in a URL.
    for name in ("mcp.server.sse", "uvicorn.access"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
