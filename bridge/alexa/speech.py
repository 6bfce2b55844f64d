"""Memories as a voice reads them: plain sentences without markup, addresses or ids, dates as a person says them."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from itertools import islice
from typing import Any

from bridge.alexa.language import Language

MAX_SPOKEN = 3
MAX_ITEM_CHARS = 240
_MAX_QUERY_CHARS = 80
# What lies beyond is never spoken, and need not be looked at.
_MAX_READ_CHARS = 1_000

_FENCE = re.compile(r"^(?:```|~~~).*$", re.MULTILINE)
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}>")
_MARKDOWN_LINK = re.compile(r"!?\[([^\[\]\n]{1,300})\]\([^()\n]{1,500}\)")
_ADDRESS = re.compile(r"<?\b(?:https?://|www\.)[^\s<>()\"']+[^\s<>()\"'.,;:!?]>?")
_ID = re.compile(
    r"\(?\b(?:(?:[Mm]emory\s{1,3})?[Ii][Dd]s?[:#]?\s{0,3})?"
    r"(?:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|(?=[a-f]*[0-9])(?=[0-9]*[a-f])[0-9a-f]{16,64})\b\)?"
)
_LEADING_MARK = re.compile(r"^(?:#{1,6} +|>+ ?|[-*+•] +(?:\[[ xX]\] +)?)", re.MULTILINE)
_RULE = re.compile(r"^[-=_*|: ]{3,}$", re.MULTILINE)
_EMPHASIS = re.compile(r"[*`]+|~~|(?<![^\W_])_+|_+(?![^\W_])")
_INSTANT = re.compile(
    r"\b(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::\d\d(?:[.,]\d{1,9})?)?(?:\s?(?:Z|UTC)\b|[+-]\d\d:?\d\d)?)?(?!\d)"
)
_BLANKS = re.compile(r"\s+")
_BLANK_BEFORE_MARK = re.compile(r"\s+([,.;:!?])")
# The last three of each are those of Chinese and Japanese.
_ENDS = (".", "!", "?", "…", "\u3002", "\uff01", "\uff1f")
_PAUSES = (*_ENDS, ":", ";", ",", "\uff1a", "\uff1b", "\uff0c")
_LOOSE = " ,;:-\u2013\u2014"
_UNSPOKEN = str.maketrans({"|": ", ", **dict.fromkeys("_{}[]\\^~", " ")})
_JOINERS = ("\u200c", "\u200d")
_VARIATION_SELECTORS = range(0xFE00, 0xFE10)


def recalled(results: Sequence[Any], language: Language, now: datetime, zone: tzinfo | None, *, shared: bool) -> str:
    """Up to three results as one answer, or an empty text where none can be spoken.

    `zone` is where "yesterday" is reckoned, None for that of this machine; `shared` results may be somebody else's.
    """
    items = list(islice(_items(results, language, now, zone), MAX_SPOKEN))
    texts = language.texts
    if not items:
        return ""
    if len(items) == 1:
        template = texts.found_one_shared if shared else texts.found_one
        when, text = items[0]
        return template.format(when=_capitalised(when) if shared else when, text=text)
    said = [texts.found_item.format(when=_capitalised(when), text=text) for when, text in items]
    return " ".join([texts.found_several.format(count=language.counts[len(items)]), *said])


def nothing_found(query: str, language: Language) -> str:
    """That there is no memory about what was asked."""
    return language.texts.nothing_found.format(query=_cut(spoken(query, language), _MAX_QUERY_CHARS, ""))


def spoken(content: str, language: Language) -> str:
    """The whole of a text on one line, as it is read out."""
    lines = unicodedata.normalize("NFC", content[:_MAX_READ_CHARS]).splitlines()
    text = "\n".join(line for line in (" ".join(line.split()).strip("| ") for line in lines) if line)
    for pattern, replacement in (
        (_FENCE, ""),
        (_MARKDOWN_LINK, r"\1"),
        (_ADDRESS, language.texts.link),
        (_TAG, " "),
        (_ID, " "),
        (_RULE, ""),
        (_LEADING_MARK, ""),
        (_EMPHASIS, ""),
    ):
        text = pattern.sub(replacement, text)
    text = _INSTANT.sub(lambda match: _instant(match, language), text)
    for sign, word in language.symbols.items():
        text = text.replace(sign, word)
    text = "".join(filter(_is_spoken, text.translate(_UNSPOKEN)))
    return _BLANK_BEFORE_MARK.sub(r"\1", " ".join(_sentences(text))).strip(_LOOSE)


def _items(results: Sequence[Any], language: Language, now: datetime, zone: tzinfo | None) -> Iterator[tuple[str, str]]:
    """When and what, for each result that is a memory with words; the same words are said once."""
    said: set[str] = set()
    for result in results:
        memory = result.get("memory") if isinstance(result, Mapping) else None
        content = memory.get("content") if isinstance(memory, Mapping) else None
        text = spoken(content, language) if isinstance(content, str) else ""
        if not any(map(str.isalnum, text)) or text.casefold() in said:
            continue
        said.add(text.casefold())
        assert isinstance(memory, Mapping)
        yield (
            _when(memory.get("timestamp"), language, now, zone),
            _ended(_cut(text, MAX_ITEM_CHARS, language.texts.cut)),
        )


def _when(timestamp: object, language: Language, now: datetime, zone: tzinfo | None) -> str:
    try:
        then = datetime.fromisoformat(str(timestamp))
    except ValueError:
        return language.texts.some_time
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return language.when(then.astimezone(zone), now.astimezone(zone))


def _instant(match: re.Match[str], language: Language) -> str:
    year, month, day, hour, minute = match.groups()
    try:
        said = date(int(year), int(month), int(day))
    except ValueError:
        return match[0]
    if hour is None or int(hour) > 23 or int(minute) > 59:
        return language.day(said)
    return language.moment(said, int(hour), int(minute))


def _sentences(text: str) -> Iterator[str]:
    """The lines, each ending so that the voice pauses before the next."""
    lines = [_BLANKS.sub(" ", line).strip() for line in text.splitlines()]
    lines = [line for line in lines if line.strip(",. ")]
    for line in lines[:-1]:
        yield line if line.endswith(_PAUSES) else f"{line}."
    yield from lines[-1:]


def _is_spoken(char: str) -> bool:
    # Letters, marks, digits, punctuation, blanks, and signs such as $ and +: no emoji, no control characters.
    category = unicodedata.category(char)
    if category == "Cc" or ord(char) in _VARIATION_SELECTORS:
        return char in "\n\t"
    return category[0] in "LMNPZ" or category in ("Sc", "Sm") or char == "°" or char in _JOINERS


def _cut(text: str, limit: int, ending: str) -> str:
    """At most `limit` characters, the ending among them; cut between words, or between letters where words are long."""
    if len(text) <= limit:
        return text
    room = limit - len(ending)
    end = text.rfind(" ", 0, room + 1)
    if end < room // 2:
        end = room
        while end > 1 and _belongs_together(text[end - 1], text[end]):
            end -= 1
    return text[:end].rstrip(_LOOSE + ".!?") + ending


def _belongs_together(left: str, right: str) -> bool:
    return unicodedata.category(right)[0] == "M" or left in _JOINERS or right in _JOINERS


def _ended(text: str) -> str:
    return text if text.endswith(_ENDS) else f"{text}."


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
