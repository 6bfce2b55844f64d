"""`memory-bridge alexa`: codes and pairings, as lines to print."""

import sqlite3
from argparse import ArgumentParser, Namespace
from datetime import datetime

from bridge.alexa.pairing import CODE_SECONDS, CODE_TRIES, Pairing, Pairings
from bridge.errors import StartupError
from bridge.settings import Settings


def add_arguments(parser: ArgumentParser) -> None:
    """Declares what stands after `memory-bridge alexa`."""
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    pair = actions.add_parser("pair", help="show a code; whoever says it to Alexa uses the memory of NAME")
    pair.add_argument("name", metavar="NAME", help="name of a key; default is that of AUTOMEM_API_TOKEN")
    actions.add_parser("list", help="show who is paired")
    unpair = actions.add_parser("unpair", help="undo what `pair` did")
    unpair.add_argument("name", metavar="NAME")
    unpair.add_argument("number", metavar="NUMBER", nargs="?", type=int, help="only this one of `list`")


def run(settings: Settings, arguments: Namespace) -> list[str]:
    """Does what was asked for and says so. Raises StartupError where it cannot."""
    pairings = Pairings(settings.bridge_data_dir)
    try:
        if arguments.action == "pair":
            return _pair(settings, pairings, arguments.name)
        if arguments.action == "unpair":
            return _unpair(pairings, arguments.name, arguments.number)
        return _listed(pairings)
    except (sqlite3.Error, OSError) as error:
        raise StartupError(f"the pairings in {settings.bridge_data_dir} cannot be used: {error}") from error


def _pair(settings: Settings, pairings: Pairings, name: str) -> list[str]:
    names = settings.owner_keys
    if name not in names:
        known = f"there are {', '.join(sorted(names))}" if names else "set AUTOMEM_API_TOKEN or MCP_API_KEYS"
        raise StartupError(f"no key is named {name}: {known}", status=2)
    code = pairings.issue(name)
    spoken = " ".join(code)
    return [
        f'{spoken}   say: "Alexa, tell memory my code is {spoken}"',
        f"It binds the voice, or the account where Alexa does not know the voice, to the memory of {name}.",
        f"It works once, within {CODE_SECONDS // 60} minutes; after {CODE_TRIES} wrong codes it is void.",
    ]


def _unpair(pairings: Pairings, name: str, number: int | None) -> list[str]:
    removed = pairings.remove(name, number)
    if not removed:
        raise StartupError(f"nobody is paired with {name}{f' under {number}' if number is not None else ''}", status=1)
    return [f"Unpaired: {removed}"]


def _listed(pairings: Pairings) -> list[str]:
    return [_line(pairing) for pairing in pairings.listed()] or ["Nobody is paired."]


def _line(pairing: Pairing) -> str:
    since = datetime.fromtimestamp(pairing.since).astimezone().isoformat(" ", "minutes")
    return f"{pairing.number:>4}  {pairing.name}  {pairing.kind:<7}  since {since}"
