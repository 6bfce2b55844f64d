"""What English calls a period of time: one rule a wording, each turning its match into a Period."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from memory_api.recall.calendar_units import (
    Period,
    calendar_unit,
    date,
    months,
    part_of_day,
    period,
    shift,
    start_of,
    weekday,
    yearly,
)

Match = re.Match[str]
Reading = Callable[[Match, datetime], Period | None]

_MONTHS = "january february march april may june july august september october november december".split()
_MONTH_NUMBERS = {name[:3]: number for number, name in enumerate(_MONTHS, 1)}
_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
_QUARTERS = {"first": 1, "second": 2, "third": 3, "fourth": 4}
_FIRST_NUMBERS = "one two three four five six seven eight nine ten eleven twelve".split()
_NUMBERS = {word: value for value, word in enumerate(_FIRST_NUMBERS, 1)} | {
    **{"fifteen": 15, "twenty": 20, "thirty": 30, "sixty": 60, "ninety": 90},
    **{"a": 1, "an": 1, "couple": 2, "few": 3, "several": 4},
}
_UNITS = {"mi": "minute", "mo": "month", "h": "hour", "d": "day", "w": "week", "q": "quarter", "y": "year"}
_WHICH_OF = {"past": "last", "previous": "last", "coming": "next", "upcoming": "next"}
_OFFSETS = {"last": -1, "this": 0, "next": 1}
_DAYS = {"today": 0, "this day": 0, "yesterday": -1, "tomorrow": 1}
_DAYS |= {"day before yesterday": -2, "day after tomorrow": 2}
# Enough to reach the end of any calendar; Python refuses to read numbers of thousands of digits.
_MOST = 10**9
_LEAP_YEAR = 2000

_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_NEXT_MONTH = "|".join(_MONTH_NUMBERS)
_YEAR = r"(?P<year>(?:19|20)[0-9]{2})"
# "2000 words": what follows is counted.
_NO_COUNT = r"(?! ?%| people\b| (?!this\b|does\b)(?-i:[a-z]{3,}s)\b)"
_DAY = r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?"
_LAST_DAY = r"(?P<last>[0-9]{1,2})(?:st|nd|rd|th)?"
_TO = r" ?[-\u2013] ?| to | through | until "
_WEEKDAY = rf"(?P<weekday>{'|'.join(_WEEKDAYS)})"
_SEASON = rf"(?P<season>{'|'.join(_SEASONS)})"
_PART = r"(?P<part>morning|afternoon|evening|night)"
_COUNT = rf"[0-9]+|(?:a )?(?:couple(?: of)?|few|several)|{'|'.join(_NUMBERS)}"
_UNIT = r"(?P<unit>minutes?|mins?|months?|hours?|hrs?|h|days?|d|weeks?|wks?|weekends?|w|quarters?|years?|yrs?|y)"
_COUNTED = rf"(?P<count>{_COUNT}) ?{_UNIT}"
_ONE_UNIT = r"(?P<unit>weekend|week|month|quarter|year)"
_WHICH = r"(?:this (?=past|last|coming))?(?P<which>this|last|past|previous|next|coming|upcoming)"

_AROUND = frozenset("in during since after before until till throughout starting".split())
_BESIDE_DAYS = frozenset("on since after before until till from starting".split())
_EDGES = frozenset("since after before until till by from".split())


@dataclass(frozen=True, slots=True)
class Rule:
    """One wording. Inside a longer text one of the words in `after` must precede it, if there are any.

    `floating` wordings may name no year or week, so that the other end of a range decides which is meant; those that
    reach `to_now` begin a window that ends now unless a word beside them says otherwise.
    """

    pattern: re.Pattern[str]
    reading: Reading
    after: frozenset[str] = frozenset()
    floating: bool = False
    to_now: bool = False


def _rule(
    body: str, reading: Reading, after: frozenset[str] = frozenset(), *, floating: bool = False, to_now: bool = False
) -> Rule:
    # Letter case is ignored in ASCII only, so that whatever matched is found in the tables above.
    return Rule(re.compile(rf"(?ai:{body})(?!\w|[-.][0-9])"), reading, after, floating, to_now)


def _count(text: str) -> int:
    if text[0].isdigit():
        return int(text) if len(text) < 10 else _MOST
    return _NUMBERS[text.lower().removeprefix("a ").removesuffix(" of")]


def _unit(match: Match) -> str:
    name = match["unit"].lower()
    return _UNITS.get(name[:2]) or _UNITS[name[0]]


def _which(match: Match) -> str:
    word = match["which"].lower()
    return _WHICH_OF.get(word, word)


def _rolling(match: Match, now: datetime, which: str = "last") -> Period:
    if which == "next":
        return Period(now, shift(now, _unit(match), _count(match["count"])))
    return Period(shift(now, _unit(match), -_count(match["count"])), now)


def _rolling_which(match: Match, now: datetime) -> Period:
    return _rolling(match, now, _which(match))


def _rolling_one(match: Match, now: datetime) -> Period:
    return Period(shift(now, _unit(match), -1), now)


def _moment_ago(now: datetime, unit: str, count: int) -> Period:
    moment = shift(now, unit, -count)
    return Period(moment, moment) if unit in ("minute", "hour") else period(start_of(moment, "day"), "day")


def _ago(match: Match, now: datetime) -> Period:
    return _moment_ago(now, _unit(match), _count(match["count"]))


def _between_ago(match: Match, now: datetime) -> Period:
    near, far = sorted((_count(match["count"]), _count(match["most"])))
    unit = _unit(match)
    return Period(_moment_ago(now, unit, far).start, _moment_ago(now, unit, near).end)


def _whole_unit(match: Match, now: datetime) -> Period:
    return calendar_unit(now, _unit_or_weekend(match), _OFFSETS[_which(match)])


def _unit_or_weekend(match: Match) -> str:
    return "weekend" if match["unit"].lower() == "weekend" else _unit(match)


def _unit_before_last(match: Match, now: datetime) -> Period:
    return calendar_unit(now, _unit_or_weekend(match), -2)


def _edge_of_unit(match: Match, now: datetime) -> Period:
    return calendar_unit(now, _unit(match), 0)


def _part_of_unit(match: Match, now: datetime) -> Period:
    whole = calendar_unit(now, _unit_or_weekend(match) if match["unit"] else "day", 0)
    # A weekend may not have begun.
    return Period(min(whole.start, now), now) if match["side"].lower() == "earlier" else Period(now, whole.end)


def _weekend(_: Match, now: datetime) -> Period:
    this = calendar_unit(now, "weekend", 0)
    return this if this.start <= now else calendar_unit(now, "weekend", -1)


def _named_day(match: Match, now: datetime) -> Period:
    return calendar_unit(now, "day", _DAYS[match[0].lower()])


def _part_of_today(match: Match, now: datetime) -> Period:
    yesterday = match["which"].lower() == "last"
    return part_of_day(calendar_unit(now, "day", -1 if yesterday else 0).start, match["part"].lower())


def _tonight(_: Match, now: datetime) -> Period:
    return part_of_day(start_of(now, "day"), "night")


def _now(_: Match, now: datetime) -> Period:
    return Period(now, now)


def _weekday(match: Match, now: datetime) -> Period:
    return weekday(now, "", _WEEKDAYS.index(match["weekday"].lower()))


def _which_weekday(match: Match, now: datetime) -> Period:
    return weekday(now, _which(match), _WEEKDAYS.index(match["weekday"].lower()))


def _month(match: Match) -> int:
    return _MONTH_NUMBERS[match["month"].lower()[:3]]


def _verb(match: Match) -> bool:
    """Whether the month may be a word of its own: "may" and "march" written small."""
    return match["month"] in ("may", "march")


def _month_of_year(match: Match, now: datetime) -> Period | None:
    return months(int(match["year"]), _month(match))


def _bare_month(match: Match, now: datetime, which: str = "") -> Period | None:
    return None if _verb(match) else yearly(now, which, lambda year: months(year, _month(match)))


def _which_month(match: Match, now: datetime) -> Period | None:
    return _bare_month(match, now, _which(match))


def _day_of_month(match: Match, now: datetime) -> Period | None:
    """A day of a month, or a few in a row; without a year the latest that has begun."""

    def in_year(year: int) -> Period | None:
        first = date(year, _month(match), int(match["day"]))
        last = date(year, _month(match), int(match["last"] or match["day"]))
        return Period(first.start, last.end) if first and last and first.start <= last.start else None

    if match["year"]:
        return in_year(int(match["year"]))
    return None if _verb(match) or not in_year(_LEAP_YEAR) else yearly(now, "", in_year)


def _numbered_date(match: Match, _: datetime) -> Period | None:
    return date(int(match["year"]), int(match["month"]), int(match["day"]))


def _numbered_month(match: Match, _: datetime) -> Period | None:
    return months(int(match["year"]), int(match["month"]))


def _either_order(match: Match, _: datetime) -> Period | None:
    """Day and month in numbers: with dots the day comes first, with slashes only one reading may exist."""
    year, one, two = int(match["year"]), int(match["one"]), int(match["two"])
    if match["dot"] == "." or one == two:
        return date(year, two, one)
    readings = [found for found in (date(year, two, one), date(year, one, two)) if found]
    return readings[0] if len(readings) == 1 else None


def _year(match: Match, _: datetime) -> Period | None:
    return months(int(match["year"]), 1, 12)


def _quarter_of_year(match: Match, _: datetime) -> Period | None:
    quarter = match["quarter"].lower()
    return months(int(match["year"]), 3 * int(_QUARTERS.get(quarter, quarter)) - 2, 3)


def _bare_quarter(match: Match, now: datetime) -> Period | None:
    return yearly(now, "", lambda year: months(year, 3 * int(match["quarter"]) - 2, 3))


def _season_of_year(match: Match, _: datetime) -> Period | None:
    return months(int(match["year"]), _SEASONS[match["season"].lower()], 3)


def _which_season(match: Match, now: datetime) -> Period | None:
    first = _SEASONS[match["season"].lower()]
    return yearly(now, _which(match), lambda year: months(year, first, 3))


_AGO = (
    _rule(rf"(?P<most>{_COUNT})(?:{_TO}| and | or ){_COUNTED} (?:ago|back)", _between_ago),
    _rule(rf"{_COUNTED} (?:ago|back)", _ago, to_now=True),
)
_BY_MONTH = (
    _rule(rf"{_MONTH},? (?:of )?{_YEAR}", _month_of_year),
    _rule(
        rf"{_MONTH} {_DAY}(?:(?:{_TO}){_LAST_DAY}(?! (?:{_NEXT_MONTH})))?(?:,? {_YEAR})?", _day_of_month, floating=True
    ),
    _rule(rf"{_MONTH}(?!')", _bare_month, _AROUND, floating=True),
)
_BY_DIGITS = (
    *_AGO,
    _rule(r"(?P<year>[0-9]{4})([-/])(?P<month>[0-9]{1,2})\2(?P<day>[0-9]{1,2})(?:T[0-9:.]+Z?)?", _numbered_date),
    _rule(rf"{_YEAR}-(?P<month>[0-9]{{2}})", _numbered_month),
    _rule(rf"(?P<month>[0-9]{{1,2}})/{_YEAR}", _numbered_month),
    _rule(rf"(?P<one>[0-9]{{1,2}})(?P<dot>[./])(?P<two>[0-9]{{1,2}})(?P=dot){_YEAR}", _either_order),
    _rule(rf"{_DAY}(?:(?:{_TO}| and ){_LAST_DAY})?(?: of)? {_MONTH}(?:,? {_YEAR})?", _day_of_month, floating=True),
    _rule(rf"{_YEAR}[ -]?q(?P<quarter>[1-4])", _quarter_of_year),
    _rule(rf"{_YEAR}{_NO_COUNT}", _year, _AROUND | {"from"}),
)
_BY_WHICH = (
    _rule(rf"{_WHICH} {_COUNTED}", _rolling_which),
    _rule(r"(?:this )?(?:last(?= hour)|past) (?P<unit>hour|day)", _rolling_one),
    _rule(rf"{_WHICH} {_ONE_UNIT}(?! of\b)", _whole_unit),
    _rule(rf"{_WHICH} {_WEEKDAY}", _which_weekday),
    _rule(rf"{_WHICH} {_SEASON}", _which_season),
    _rule(rf"{_WHICH} {_MONTH}", _which_month),
    _rule(rf"(?P<which>this|last) {_PART}", _part_of_today),
    _rule(r"this day", _named_day),
)
_BY_QUARTER = (
    _rule(rf"q(?P<quarter>[1-4]),? (?:of )?{_YEAR}", _quarter_of_year),
    _rule(r"q(?P<quarter>[1-4])", _bare_quarter, _AROUND, floating=True),
)
_FAMILIES: tuple[tuple[str, tuple[Rule, ...]], ...] = (
    ("0", _BY_DIGITS),
    (" ".join(_NUMBERS), _AGO),
    ("this last past previous next coming upcoming", _BY_WHICH),
    (" ".join([*_MONTHS, *_MONTH_NUMBERS, "sept"]), _BY_MONTH),
    (" ".join(_WEEKDAYS), (_rule(_WEEKDAY, _weekday, _BESIDE_DAYS, floating=True),)),
    (" ".join(_SEASONS), (_rule(rf"{_SEASON}(?: of|,)? {_YEAR}", _season_of_year),)),
    ("q1 q2 q3 q4", _BY_QUARTER),
    (
        " ".join(_QUARTERS),
        (_rule(rf"(?P<quarter>first|second|third|fourth) quarter(?: of)? {_YEAR}", _quarter_of_year),),
    ),
    ("today yesterday tomorrow day", (_rule("|".join(_DAYS), _named_day),)),
    ("tonight", (_rule("tonight", _tonight),)),
    (
        "earlier later",
        (_rule(rf"(?P<side>earlier|later) (?:today|this {_ONE_UNIT})", _part_of_unit),),
    ),
    ("weekend week month quarter year", (_rule(rf"{_ONE_UNIT} before last", _unit_before_last),)),
    ("weekend", (_rule("weekend", _weekend, frozenset("on over at during since".split())),)),
    ("start beginning end", (_rule(rf"(?:start|beginning|end) of (?:the|this) {_ONE_UNIT}", _edge_of_unit, _EDGES),)),
    ("now", (_rule("now", _now, frozenset(("until", "till"))),)),
)
_ALONE = (_rule(_COUNTED, _rolling),)


def _by_first_word(alone: bool) -> dict[str, tuple[Rule, ...]]:
    rules: dict[str, tuple[Rule, ...]] = {}
    for words, family in _FAMILIES:
        for word in words.split():
            rules[word] = rules.get(word, ()) + family
    if alone:
        rules |= {word: rules.get(word, ()) + _ALONE for word in ("0", *_NUMBERS)}
    return rules


# By the first word of what they match, in lower case; "0" stands for every word that begins with a digit.
RULES = _by_first_word(alone=False)
# What else counts where the phrase is nothing but a time: "7 days".
RULES_FOR_A_PHRASE = _by_first_word(alone=True)
