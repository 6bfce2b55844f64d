"""The command `memory-bridge`: stdio without an argument, `serve` for HTTP, `up` for both services on this machine."""

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version

from pydantic import ValidationError

from bridge import log, serve, stdio, up
from bridge.errors import StartupError
from bridge.settings import Settings, describe

_COMMANDS: dict[str, Callable[[Settings], None]] = {"stdio": stdio.serve, "serve": serve.serve, "up": up.up}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command to its end and returns the exit status: 0 when stopped, 1 or 2 with one line on stderr."""
    command = _parser().parse_args(arguments).command or "stdio"
    # A service manager stops us as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        settings = Settings()
        log.configure(settings.log_level, settings.log_format)
        _COMMANDS[command](settings)
    except KeyboardInterrupt:
        return 0
    except ValidationError as error:
        return _refused(describe(error), 2)
    except StartupError as error:
        return _refused(str(error), error.status)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="memory-bridge",
        description="One lasting memory for every AI assistant. Without a command it serves one MCP client over stdio.",
    )
    parser.add_argument("--version", action="version", version=f"memory-bridge {version('memory-bridge')}")
    commands = parser.add_subparsers(dest="command", metavar="command")
    commands.add_parser("serve", help="serve MCP over HTTP; the memory service runs elsewhere")
    commands.add_parser("up", help="run the memory service and the bridge on this machine")
    return parser


def _refused(problem: str, status: int) -> int:
    print(f"memory-bridge: {problem}", file=sys.stderr)
    return status
