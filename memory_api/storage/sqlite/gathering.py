"""What ranking needs of the database once it has candidates, read in one go: every trip to a thread costs as much."""

import sqlite3
from collections.abc import Sequence

from memory_api.storage.base import Choice, Gathered, Lineage, Scope
from memory_api.storage.sqlite.graph import successions_of_rows
from memory_api.storage.sqlite.search import fetch, read_rows
from memory_api.storage.sqlite.streams import beside, streams_of


def gather(connection: sqlite3.Connection, candidates: Sequence[int], scope: Scope, choice: Choice) -> Gathered:
    """See Storage.gather."""
    seeds = choice.seeds(streams_of(connection, candidates))
    chosen = read_rows(connection, choice.chosen(beside(connection, seeds, scope)))
    chains = successions_of_rows(connection, list(chosen))
    memories = {memory.id: memory for memory in chosen.values()}
    reached = {link.other for links in chains.values() for link in links} - memories.keys()
    return Gathered(chosen, Lineage(memories | fetch(connection, list(reached)) if reached else memories, chains))
