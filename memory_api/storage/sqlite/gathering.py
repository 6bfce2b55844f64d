"""What ranking needs of the database once it has candidates, read in one go: every trip to a thread costs as much."""

import sqlite3
from collections.abc import Sequence

from memory_api.storage.base import Choice, Gathered, Scope
from memory_api.storage.sqlite.graph import successions
from memory_api.storage.sqlite.search import fetch
from memory_api.storage.sqlite.streams import beside


def gather(connection: sqlite3.Connection, seeds: Sequence[str], scope: Scope, choose: Choice) -> Gathered:
    """See Storage.gather."""
    memories = fetch(connection, choose(beside(connection, seeds, scope)))
    chains = successions(connection, list(memories))
    reached = {link.other for links in chains.values() for link in links} - memories.keys()
    return Gathered(memories | fetch(connection, list(reached)) if reached else memories, chains)
