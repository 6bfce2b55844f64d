"""The command `memory-bridge`: stdio without an argument, `serve` for HTTP, `up` for both services on this machine."""

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version

from pydantic import ValidationError

from bridge import doctor, keys, log, serve, stdio, up
from bridge.alexa import command as alexa
from bridge.errors import StartupError
from bridge.settings import Settings, describe, is_key_name

_COMMANDS: dict[str, Callable[[Settings], None]] = {"stdio": stdio.serve, "serve": serve.serve, "up": up.up}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command to its end and returns the exit status: 0 when stopped, 1 or 2 with one line on stderr."""
    parsed = _parser().parse_args(arguments)
    if parsed.command == "keys":
        print(keys.instructions(parsed.name, keys.new_key(), read_only=parsed.read), end="")
        return 0
    if parsed.command == "doctor":
        return doctor.examine(parsed.url, print)
    # A service manager stops us as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        settings = Settings()
        log.configure(settings.log_level, settings.log_format)
        if parsed.command == "alexa":
            print("\n".join(alexa.run(settings, parsed)))
        else:
            _COMMANDS[parsed.command or "stdio"](settings)
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
    examined = commands.add_parser("doctor", help="find out why a client cannot connect to a bridge")
    examined.add_argument("url", metavar="URL", help="the address that the client is given, such as https://host/mcp")
    _add_keys(commands.add_parser("keys", help="make keys for callers"))
    alexa.add_arguments(commands.add_parser("alexa", help="pair speakers of Alexa with memories"))
    return parser


def _add_keys(parser: argparse.ArgumentParser) -> None:
    new = parser.add_subparsers(required=True, metavar="action").add_parser(
        "new", help="print a strong key and where to put it"
    )
    new.add_argument("name", type=_key_name, metavar="NAME", help="whose memories it opens")
    new.add_argument("--read", action="store_true", help="a key that may only read")


def _key_name(text: str) -> str:
    if not is_key_name(text):
        raise argparse.ArgumentTypeError("a name is 1 to 63 of a-z, 0-9, _ and -, and begins with one of the first two")
    return text


def _refused(problem: str, status: int) -> int:
    print(f"memory-bridge: {problem}", file=sys.stderr)
    return status
