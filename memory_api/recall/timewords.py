"""English time expressions, read as windows of time. Weeks begin on Monday, days at midnight UTC."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from memory_api.errors import InvalidRequest
from memory_api.recall.calendar_units import FIRST, LAST, TICK, Period, Window, part_of_day, period, start_of
from memory_api.recall.time_rules import RULES, RULES_FOR_A_PHRASE, Rule

__all__ = ["Window", "mentioned", "read"]

Match = re.Match[str]
Rules = dict[str, tuple[Rule, ...]]

_WORD = re.compile(r"(?<![\w\-./:@#$€£])\w+")
# What leads up to a period, looked for in the few words before it.
_LEAD_CHARS = 32
_LEAD = re.compile(
    r"(?ai:(?<![\w-])(since|starting|after|before|prior to|until|till|up to|by|from|between|in|on|at|over|during"
    r"|throughout|within|for)(?: (?:the|early|late|mid|about|around|sometime|in|on|from))* $)"
)
_ONWARD = re.compile(r"(?ai: (?:on|onward|onwards)(?!\w)(?! \w))")
_SECOND = re.compile(r"\w+")
_JOINS = {
    "between": re.compile(r"(?ai: and (?:the )?| ?(?:-|\u2013|\u2014|\.\.) ?| to (?:the )?)"),
    "": re.compile(r"(?ai: (?:to|until|till|through|thru|up to) (?:the )?| ?(?:-|\u2013|\u2014|\.\.) ?)"),
}
_EDGES: dict[str, Callable[[Period], Window]] = {
    **dict.fromkeys(("since", "starting"), lambda named: Window(named.start, None)),
    "after": lambda named: Window(named.end if named.end == LAST else named.end + TICK, None),
    **dict.fromkeys(
        ("before", "prior to"), lambda named: Window(None, named.start if named.start == FIRST else named.start - TICK)
    ),
    **dict.fromkeys(("until", "till", "up to", "by"), lambda named: Window(None, named.end)),
}
_PART = re.compile(r"(?ai: (morning|afternoon|evening|night)(?!\w))")
_AMBIGUOUS = re.compile(r"(?<!\w)[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}(?!\w)")
_SPACE = re.compile(r"\s+")
_EDGE_CHARS = " ?!.,;:\"'()"
_VERB_MONTH = re.compile(r"(?ai:(?<!\w)(?:may|march)(?!\w))")
_WEEKDAY_OF_DATE = re.compile(
    r"(?ai:(?<!\w)(?:mon|tues|wednes|thurs|fri|satur|sun)day,? (?:the )?"
    r"(?=[0-9]{4}-|[0-9]{1,2}(?:st|nd|rd|th)?(?: of)? (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
    r"|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.? [0-9]))"
)
_YEARS = re.compile(r"(?<![\w-])((?:19|20)[0-9]{2})-(?=(?:19|20)[0-9]{2}(?![\w-]))")
_OPENING = re.compile(r"(?ai:^(?:(?:the|early|late|mid|about|around|sometime) )+)")
# Far beyond any question; they keep the time spent on a hostile one within bounds.
_MOST_CHARS = 8_000
_MOST_WORDS = 400
# An expression that is the whole phrase begins within its first words: "since the beginning of ...".
_LEADING_WORDS = 6
_EXAMPLES = (
    "'today', 'last 7 days', 'since Monday', 'in May 2023', 'between 2024-01-01 and 2024-03-31', 'before Q3 2025'"
)


@dataclass(frozen=True, slots=True)
class _Found:
    """A window and where in the text it was said."""

    window: Window
    begin: int
    end: int


def read(phrase: str, now: datetime) -> Window:
    """The window a `time_query` names; `now` is aware.

    Calendar words are whole units ("last week" is Monday to Sunday), counted ones roll back from now ("last 7 days"),
    and so does "3 days ago", from the beginning of that day to now. What names no year or week is the latest one that
    has begun. "since", "after", "before", "until" and "by" leave one side open. The expression may stand inside a
    longer text; on its own it may be shorter than there ("7 days", "march"). Raises InvalidRequest.
    """
    text = _plain(phrase)
    found = _whole(text, now.astimezone(UTC)) or _first(text, now.astimezone(UTC))
    if found is None:
        raise InvalidRequest(_refusal(text))
    return found.window


def mentioned(text: str, now: datetime) -> Window | None:
    """The first window that a question speaks of, or None; `now` is aware.

    Stricter than `read`: months, weekdays, years and quarters count only behind a word such as "in" or "since".
    """
    found = _first(_plain(text), now.astimezone(UTC))
    return found.window if found else None


def _plain(text: str) -> str:
    """The text with one way to write spaces and quotes, and without a weekday that only repeats a date."""
    text = unicodedata.normalize("NFKC", text).replace("\u2019", "'").replace("mid-", "mid ")
    text = _SPACE.sub(" ", text).strip(_EDGE_CHARS)[:_MOST_CHARS]
    return _YEARS.sub(r"\1 to ", _WEEKDAY_OF_DATE.sub("", text))


def _refusal(text: str) -> str:
    # Without the words themselves: whatever was put there by mistake must not come out again.
    if not text:
        problem = "must not be blank"
    elif _AMBIGUOUS.search(text):
        problem = "could mean two dates or none: write it as 2024-05-31"
    else:
        problem = "names no time that can be read"
    return f"'time_query' {problem}; examples: {_EXAMPLES}"


def _whole(text: str, now: datetime) -> _Found | None:
    """The expression that is all of the text."""
    text = _VERB_MONTH.sub(lambda month: month[0].capitalize(), text)
    text = _OPENING.sub("", text)
    for word in islice(_WORD.finditer(text), _LEADING_WORDS):
        for found in _found_at(text, word, now, RULES_FOR_A_PHRASE, alone=True):
            if found.begin == 0 and found.end == len(text):
                return found
    return None


def _first(text: str, now: datetime) -> _Found | None:
    words = islice((word for word in _WORD.finditer(text) if _key(word[0]) in RULES), _MOST_WORDS)
    return next((found for word in words for found in _found_at(text, word, now, RULES, alone=False)), None)


def _found_at(text: str, word: Match, now: datetime, rules: Rules, *, alone: bool) -> Iterator[_Found]:
    for rule, match in _matches(text, word, rules):
        found = _connected(text, rule, match, now, rules, alone=alone)
        if found:
            yield found


def _key(word: str) -> str:
    return "0" if word[0] in "0123456789" else word.lower()


def _matches(text: str, word: Match, rules: Rules) -> Iterator[tuple[Rule, Match]]:
    for rule in rules.get(_key(word[0]), ()):
        match = rule.pattern.match(text, word.start())
        if match:
            yield rule, match


def _connected(text: str, rule: Rule, match: Match, now: datetime, rules: Rules, *, alone: bool) -> _Found | None:
    """What the match means with the words around it: a range, one that is open on a side, or just itself."""
    lead = _LEAD.search(text, max(0, match.start() - _LEAD_CHARS), match.start())
    word = lead[1].lower() if lead else ""
    begin = lead.start() if lead else match.start()
    far_end = _far_end(text, match.end(), word, now, rules)
    if not (alone or far_end or not rule.after or word in rule.after):
        return None
    near = rule.reading(match, far_end[0].end if far_end and rule.floating else now)
    if near is None:
        return None
    named, end = _narrowed(text, near, match.end())
    if far_end:
        return _Found(_range(named, far_end[0]), begin, far_end[1])
    if rule.to_now and named == near and word not in _EDGES:
        named = Period(near.start, max(near.start, now))
    onward = _ONWARD.match(text, end)
    if word == "from" and (alone or onward):
        word = "since"
    return _Found(_edged(word, named), begin, onward.end() if onward else end)


def _far_end(text: str, at: int, word: str, now: datetime, rules: Rules) -> tuple[Period, int] | None:
    """The second half of "between X and Y" or "X to Y", and where it ends."""
    join = _JOINS.get(word, _JOINS[""]).match(text, at)
    second = join and _SECOND.match(text, join.end())
    if not second:
        return None
    for rule, match in _matches(text, second, rules):
        period = rule.reading(match, now)
        if period:
            return _narrowed(text, period, match.end())
    return None


def _narrowed(text: str, named: Period, end: int) -> tuple[Period, int]:
    """A day cut down to the part of it that follows: "yesterday evening"."""
    part = _PART.match(text, end)
    if part and named == period(start_of(named.start, "day"), "day"):
        return part_of_day(named.start, part[1].lower()), part.end()
    return named, end


def _range(one: Period, other: Period) -> Window:
    if one.start <= other.end:
        return Window(one.start, other.end)
    return Window(other.start, one.end)


def _edged(word: str, named: Period) -> Window:
    return _EDGES[word](named) if word in _EDGES else Window(named.start, named.end)
