"""Takes a question apart: who it asks about, and what."""

import re
from collections.abc import Iterable, Iterator
from itertools import product

from memory_api.models.words import CALENDAR
from memory_api.recall.query import STOP_WORDS

MAX_PARTS = 6

_ENTITIES = 2
_TOPICS = 3
_WORDS_OF_A_TOPIC = 3
_SHORTEST_TOPIC = 4
_WORD = re.compile(r"[^\W_]+(?:[-'][^\W_]+)*")
# How far back the end of a sentence is looked for.
_SENTENCE_LOOK = 8
_SENTENCE_END = re.compile(r"[.?!:;\n]\s*$")
# Asked with, not asked about.
_ASKING = frozenset(
    """
    asked asks come comes days decide decided describe different discuss discussed does done ever explain feel feels
    felt find found gave getting give given goes going happen happened happens have having help kind kinds know
    known knows last like liked likes long made make makes many mention mentioned month months much need needs next
    recall remember said says seem seen show speak spoke still take talk talked tell tells thing things think thinks
    thought time times today told type types used uses want wanted wants week weeks well went year years yesterday
    """.split()
)
# A question about work is answered by what somebody is after, as the contract has it.
_CAREER = frozenset("career careers job jobs work working".split())
_AMBITIONS = "interests goals plans"


def sub_queries(text: str) -> tuple[str, ...]:
    """Further queries for the parts of a question: every entity with every topic, then entities alone; 6 at most.

    Entities are words written with a capital inside a sentence, or with 's; up to two. Topics are runs of other words
    that carry meaning; up to three. None where the question has one part only: it would ask the same again.
    """
    spoken = list(_spoken((text.lower() if text.isupper() else text).replace("\u2019", "'")))
    entities = _firsts((words for words, named in spoken if named), _ENTITIES)
    topics = _firsts((words for words, named in spoken if not named), _TOPICS)
    if not entities:
        return topics if len(topics) > 1 else ()
    parts = [f"{entity} {topic}" for topic, entity in product(topics, entities)]
    if any(word in _CAREER for topic in topics for word in topic.split()):
        parts = [f"{entity} {_AMBITIONS}" for entity in entities] + parts
    elif len(entities) == 1 and len(topics) < 2:
        return ()
    whole = " ".join(text.split()).casefold()
    return tuple(part for part in dict.fromkeys([*parts, *entities]) if part.casefold() != whole)[:MAX_PARTS]


def _firsts(words: Iterable[str], most: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))[:most]


def _spoken(text: str) -> Iterator[tuple[str, bool]]:
    """The entities (True) and topics (False) in their order; words that follow one another directly are one."""
    run: list[str] = []
    kind: bool | None = None
    end = 0
    for found in _WORD.finditer(text):
        now = _kind(found, text)
        if run and (now is not kind or text[end : found.start()].strip() or len(run) == _WORDS_OF_A_TOPIC):
            yield " ".join(run), bool(kind)
            run = []
        if now is not None:
            run.append(found[0].removesuffix("'s") if now else found[0].lower().removesuffix("'s"))
        kind, end = now, found.end()
        if run and found[0].endswith("'s"):
            yield " ".join(run), bool(kind)
            run = []
    if run:
        yield " ".join(run), bool(kind)


def _kind(found: re.Match[str], text: str) -> bool | None:
    """True for a word of an entity, False for one of a topic, None for one that says nothing by itself."""
    word = found[0].lower().removesuffix("'s")
    if word in STOP_WORDS or word in CALENDAR or word.startswith("i'"):
        return None
    before = text[max(0, found.start() - _SENTENCE_LOOK) : found.start()]
    begins = not before.strip() or bool(_SENTENCE_END.search(before))
    if found[0][0].isupper() and (not begins or found[0].endswith("'s")):
        return True
    too_short = len(word) < _SHORTEST_TOPIC and word not in _CAREER
    return None if too_short or word in _ASKING or word.isdigit() else False
