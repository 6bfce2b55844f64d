"""What stands before the words of a memory: when it was said, and by whom."""

import re

from memory_api.models.names import DOUBTFUL_NAMES, GIVEN_NAMES, KNOWN
from memory_api.models.words import CALENDAR, LABELS, ORDINARY_WORDS, ROLES

_DAY = (
    r"\d{4}-\d\d?-\d\d?|\d{4}/\d\d?/\d\d?|\d\d?[./]\d\d?[./]\d{4}"
    r"|\d\d?\ [A-Z][a-z]{2,8}\.?,?\ \d{4}|[A-Z][a-z]{2,8}\.?\ \d\d?,?\ \d{4}"
)
_TIME = r"\d\d?:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:\ ?[AaPp]\.?[Mm]\.?)?(?:\ ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d))?"
_INSTANT = rf"(?:{_TIME},?\ (?:on\ )?)?(?:[A-Z][a-z]{{2,8}},?\ )?(?:{_DAY})(?:(?:T|,?\ (?:at\ )?){_TIME})?"
_PART = r"[^\W\d_][\w.'\u2019-]{0,29}"
_NAME = rf"{_PART}(?:[ ]{_PART}){{0,3}}"
_AFTER = r"[ \t]?[-:|\u2013\u2014]"
_STAMP = re.compile(
    rf"""
    \s{{0,9}}
    (?: (?:\[{_INSTANT}\] | \({_INSTANT}\)) (?:{_AFTER})? | {_INSTANT} (?:{_AFTER}(?=\s) | (?=[ ]{_NAME}:\s)) )
    \s{{0,9}}
    """,
    re.VERBOSE,
)
_LABEL = re.compile(rf"\s{{0,9}}(?:\*\*)?({_NAME})(?:\*\*:|:\*\*|:)(?:\s{{1,9}}|$)", re.VERBOSE)


def bare(content: str) -> str:
    """The text without a leading date and the name of who speaks, or as it is where nothing else would remain."""
    rest = content[_opening(content)[1] :]
    return rest if rest.strip() else content


def speaker(content: str) -> str | None:
    """Who speaks, where the text says so before its first words: a name, or a role such as User."""
    return _opening(content)[0]


def _opening(content: str) -> tuple[str | None, int]:
    """The speaker, and where their words begin."""
    stamp = _STAMP.match(content)
    start = stamp.end() if stamp else 0
    label = _LABEL.match(content, start)
    if not label or not _speaks(label[1], dated=stamp is not None):
        return None, start
    return (label[1], label.end()) if content[label.end() :].strip() else (None, 0)


def _speaks(label: str, *, dated: bool) -> bool:
    """Whether this is somebody's name; after a date it need not be a known one."""
    parts = label.casefold().split()
    if parts[0] in ROLES:
        return len(parts) == 1
    if not all(part[0].isupper() for part in label.split()):
        return False
    return parts[0] in GIVEN_NAMES or (dated and not any(map(_names_nobody, parts)))


def _names_nobody(word: str) -> bool:
    if word in DOUBTFUL_NAMES:
        return False
    listed = word in ORDINARY_WORDS or word in LABELS or word in CALENDAR or word in KNOWN
    return listed or word.endswith(("ing", "tion", "sion", "ment", "ness"))
