"""`python -m memory_api` serves the memory; `python -m memory_api reembed` moves it to another embedder."""

import argparse
import asyncio
import sys

from memory_api import log
from memory_api.app import reembed_all, serve
from memory_api.errors import StartupError
from memory_api.settings import read


def main() -> int:
    """The exit status; what keeps the command from its work is one line on stderr."""
    parser = argparse.ArgumentParser(prog="python -m memory_api", description="The graph-memory service.")
    parser.add_argument(
        "command",
        nargs="?",
        choices=["serve", "reembed"],
        default="serve",
        help="serve (default), or embed every memory anew with the embedder that the settings name",
    )
    command = parser.parse_args().command
    try:
        settings = read()
        log.configure(settings.log_level, settings.log_format)
        if command == "reembed":
            asyncio.run(reembed_all(settings))
        else:
            serve(settings)
    except StartupError as error:
        sys.stderr.write(f"memory_api: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
