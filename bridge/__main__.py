"""python -m bridge: the command `memory-bridge`."""

import sys

from bridge.cli import main

sys.exit(main())
