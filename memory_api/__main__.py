"""`python -m memory_api` serves the memory."""

import sys

from memory_api import log
from memory_api.app import serve
from memory_api.errors import StartupError
from memory_api.settings import read


def main() -> int:
    """The exit status; what keeps the service from starting is one line on stderr."""
    try:
        settings = read()
        log.configure(settings.log_level, settings.log_format)
        serve(settings)
    except StartupError as error:
        sys.stderr.write(f"memory_api: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
