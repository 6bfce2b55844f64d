"""Calendar arithmetic in UTC: whole units of time, and steps between them that never leave the years 1 to 9999."""

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

FIRST = datetime.min.replace(tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=UTC)
TICK = timedelta(microseconds=1)

_STEPS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
# Hours from midnight; a night ends on the next morning.
_PARTS = {"morning": (5, 12), "afternoon": (12, 18), "evening": (17, 24), "night": (18, 29)}
# Far enough for the 29th of February, whose years may lie eight apart.
_YEARS_AROUND = 8


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` to `end`, both inclusive and in UTC; None is open on that side."""

    start: datetime | None
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Period:
    """A window closed on both sides. Where both are the same it is an instant."""

    start: datetime
    end: datetime


def shift(moment: datetime, unit: str, count: int) -> datetime:
    """`count` units later; the 31st becomes the last day of a shorter month. Stops at FIRST and LAST."""
    if unit in _MONTHS:
        return _by_months(moment, _MONTHS[unit] * count)
    try:
        return moment + _STEPS[unit] * count
    except OverflowError:
        return FIRST if count < 0 else LAST


def _by_months(moment: datetime, count: int) -> datetime:
    year, month = divmod(moment.year * 12 + moment.month - 1 + count, 12)
    if year < FIRST.year:
        return FIRST
    if year > LAST.year:
        return LAST
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))


def start_of(moment: datetime, unit: str) -> datetime:
    """The first instant of the day, week (Monday), month, quarter or year that holds the moment."""
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "week":
        return shift(midnight, "day", -midnight.weekday())
    if unit == "month":
        return midnight.replace(day=1)
    if unit == "quarter":
        return midnight.replace(month=(midnight.month - 1) // 3 * 3 + 1, day=1)
    if unit == "year":
        return midnight.replace(month=1, day=1)
    return midnight


def period(start: datetime, unit: str, count: int = 1) -> Period:
    """`count` units from `start` on, up to the last microsecond of them."""
    until = shift(start, unit, count)
    return Period(start, until if until == LAST else max(start, until - TICK))


def calendar_unit(now: datetime, unit: str, offset: int) -> Period:
    """The day, week, weekend, month, quarter or year `offset` away from the one that holds `now`."""
    if unit == "weekend":
        monday = shift(start_of(now, "week"), "week", offset)
        return period(shift(monday, "day", 5), "day", 2)
    return period(shift(start_of(now, unit), unit, offset), unit)


def date(year: int, month: int, day: int) -> Period | None:
    """One day, or None where the calendar has no such day."""
    try:
        return period(datetime(year, month, day, tzinfo=UTC), "day")
    except ValueError:
        return None


def months(year: int, first: int, count: int = 1) -> Period | None:
    """`count` months from a first one (1..12), or None for a year or month that does not exist."""
    day = date(year, first, 1)
    return day and period(day.start, "month", count)


def part_of_day(day: datetime, name: str) -> Period:
    """Morning 5 to 12, afternoon 12 to 18, evening 17 to 24, night 18 to 5 o'clock; `day` is a midnight."""
    begins, ends = _PARTS[name]
    return period(shift(day, "hour", begins), "hour", ends - begins)


def weekday(now: datetime, which: str, index: int) -> Period:
    """Monday is 0. "this" lies in the week of `now`, "next" 1 to 7 days ahead, anything else 1 to 7 days back."""
    today = start_of(now, "day")
    if which == "this":
        return period(shift(start_of(now, "week"), "day", index), "day")
    if which == "next":
        return period(shift(today, "day", (index - today.weekday()) % 7 or 7), "day")
    return period(shift(today, "day", -((today.weekday() - index) % 7 or 7)), "day")


def yearly(now: datetime, which: str, make: Callable[[int], Period | None]) -> Period | None:
    """Of what comes once a year: "last" is over, "next" has not begun, "this" holds now or begins in this year;
    anything else is the latest that has begun. `make` builds the one that begins in a year."""
    years = range(now.year - _YEARS_AROUND, now.year + _YEARS_AROUND + 1)
    all_of_them = [found for year in years if (found := make(year))]
    if which == "this":
        return next((one for one in all_of_them if one.start <= now <= one.end), make(now.year))
    if which == "next":
        return next((one for one in all_of_them if one.start > now), None)
    begun = [one for one in all_of_them if (one.end if which == "last" else one.start) <= now]
    return begun[-1] if begun else None
