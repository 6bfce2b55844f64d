"""What a language needs so that the skill speaks it: one row of texts, phrases and sentences for the skill package."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Texts:
    """Everything the skill says; names in braces are filled in."""

    welcome: str
    welcome_reprompt: str
    help: str
    help_reprompt: str
    fallback: str
    goodbye: str
    anything_else: str
    what_to_remember: str
    what_to_recall: str
    which_code: str
    saved: str
    too_long: str
    not_saved: str
    nothing_found: str
    """Takes {query}."""
    not_recalled: str
    not_allowed: str
    unpaired: str
    paired: str
    """Takes {name}."""
    wrong_code: str
    not_paired: str
    found_one: str
    """Takes {when}, {text}."""
    found_one_shared: str
    """The same for a note that may be somebody else's; {when} has a capital letter."""
    found_several: str
    """Takes {count}, a word."""
    found_item: str
    """Takes {when} with a capital letter, {text}."""
    some_time: str
    """Is the {when} of a note that has no date."""
    cut: str
    """Stands after a note of which only the beginning is read."""
    link: str
    """Is said in the place of an address."""


@dataclass(frozen=True, slots=True)
class Intent:
    """An intent of the skill's own: its slot, what a person says for it, and how Alexa asks for the slot."""

    name: str
    slot: str
    slot_type: str
    samples: tuple[str, ...]
    slot_samples: tuple[str, ...]
    prompt: str


@dataclass(frozen=True, slots=True)
class Store:
    """What the manifest says about the skill in this language."""

    name: str
    summary: str
    description: str
    example_phrases: tuple[str, ...]
    keywords: tuple[str, ...]
    testing_instructions: str


@dataclass(frozen=True, slots=True)
class Language:
    """One row: another language is another of these and a line in `languages.py`."""

    locale: str
    invocation: str
    texts: Texts
    intents: tuple[Intent, ...]
    store: Store
    counts: tuple[str, ...]
    """The words for 0, 1, 2, 3."""
    symbols: Mapping[str, str]
    """What is said for signs that a voice would stumble over or leave out."""
    when: Callable[[datetime, datetime], str]
    """When something was said, seen from now; both in the zone of the listener."""
    day: Callable[[date], str]
    """A day with its year."""
    moment: Callable[[date, int, int], str]
    """A day with its year, and the hour and minute."""
