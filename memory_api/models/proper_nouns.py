"""Tells what a run of capitalised words names, by lists, by its last word and by what stands around it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from memory_api.models import names, words
from memory_api.models.tokens import Tokens

PEOPLE, PLACES, ORGANIZATIONS = "people", "places", "organizations"
TOOLS, PROJECTS, CONCEPTS = "tools", "projects", "concepts"

_LONGEST_NAME = 4
_HEADING = 5
_LONGEST_RUN = 12
_VOWELS = frozenset("AEIOUY")
_CAMEL_CASE = re.compile(r"(?!(?:Mc|Mac|De|Di|La|Le|Van|Fitz)[A-Z])[A-Z][a-z]+(?:[A-Z][a-z]+)+")
_PLAIN_WORD = re.compile(r"\d+|[^\W\d_]+(?:['-][^\W\d_]+)*")
_NEVER_INSIDE = words.GLUE - words.PARTICLES
_FIRST_WORDS = frozenset(name.split()[0] for name in names.KNOWN)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says of the words up to `end`; without a kind, that they name nothing."""

    end: int
    kind: str | None = None
    name: str = ""


Rule = Callable[[Tokens, int, int], Finding | None]


def proper_nouns(text: Tokens) -> Iterator[tuple[int, str, str]]:
    """Place, kind and spelling of each name, in order."""
    done = 0
    for place, word in enumerate(text.words):
        if place < done or not word[0].isupper():
            continue
        done = end = _run_end(text, place)
        while place < end:
            finding = _judged(text, place, end)
            if finding.kind:
                yield place, finding.kind, finding.name
            place = finding.end


def _run_end(text: Tokens, place: int) -> int:
    """Where the capitalised words that stand together end; small particles may stand among them."""
    end = place + 1
    last = min(len(text.words), place + _LONGEST_RUN)
    while end < last and text.continues(end) and not text.words[end - 1].endswith("'s"):
        ahead = end
        while ahead < end + 2 and text.folded[ahead] in words.PARTICLES and text.after(ahead):
            ahead += 1
        if not text.words[ahead][0].isupper():
            break
        end = ahead + 1
    return end


def _judged(text: Tokens, place: int, end: int) -> Finding:
    """What the first rule that knows says of the words here; words written small only stand inside a name."""
    if not text.words[place][0].isupper():
        return Finding(place + 1)
    for rule in _RULES:
        if finding := rule(text, place, end):
            return finding
    return Finding(place + 1)


def _ordinary(text: Tokens, place: int) -> bool:
    word = text.stems[place]
    return word in words.ORDINARY_WORDS or word in words.CALENDAR or word in words.GLUE


def _leads(text: Tokens, place: int) -> bool:
    """Whether a word begins a sentence and is probably no part of the name after it."""
    return text.opens(place) and (_ordinary(text, place) or text.stems[place].endswith(("ing", "ed", "ly", "s")))


def _shouted(word: str) -> bool:
    return len(word) > 1 and word.isupper()


def _project(text: Tokens, place: int, end: int) -> Finding | None:
    """Project Orion, codename Orion, a project called Orion, the Orion Project."""
    start = place + 1 if text.folded[place] in words.PROJECT_BEFORE else place
    if start == end or _ordinary(text, start):
        return None
    if start > place or _announced(text, place):
        return Finding(end, PROJECTS, text.spelled(start, end))
    if end - place > 1 and text.folded[end - 1] == "project" and not text.opens(place):
        return Finding(end, PROJECTS, text.spelled(place, end - 1))
    return None


def _announced(text: Tokens, place: int) -> bool:
    before = text.before(place)
    return before in words.PROJECT_BEFORE or (before in words.CALLED and text.before(place - 1) == "project")


def _listed(text: Tokens, place: int, end: int) -> Finding | None:
    """A listed name; one of capitals only is written so."""
    spelled = text.spelled(place, end)
    kind, name = names.KNOWN.get(spelled.casefold(), ("", ""))
    if not kind:
        spelled += text.words[end - 1][len(text.stems[end - 1]) :]
        kind, name = names.KNOWN.get(spelled.casefold(), ("", ""))
    return Finding(end, kind, name) if kind and (spelled == name or not name.isupper()) else None


def _listed_whole(text: Tokens, place: int, end: int) -> Finding | None:
    if end - place > _LONGEST_NAME or not _may_be_listed(text, place):
        return None
    found = _listed(text, place, end)
    return None if found and end - place == 1 and _doubted_tool(text, place) else found


def _listed_part(text: Tokens, place: int, end: int) -> Finding | None:
    """The longest listed name that begins here; unless the next word makes another name of it."""
    if not _may_be_listed(text, place):
        return None
    for stop in range(min(end - 1, place + _LONGEST_NAME), place, -1):
        found = _listed(text, place, stop)
        if found and not _goes_on(text, found):
            return None if stop - place == 1 and _doubted_tool(text, place) else found
    return None


def _goes_on(text: Tokens, found: Finding) -> bool:
    """Whether the next word makes another name of this one: Boston Dynamics, Claude Monet."""
    shared = found.kind == PLACES or found.name in names.TOOLS_AS_PEOPLE
    return shared and not _ordinary(text, found.end) and not _shouted(text.words[found.end])


def _may_be_listed(text: Tokens, place: int) -> bool:
    return text.stems[place] in _FIRST_WORDS or text.folded[place] in _FIRST_WORDS


def _doubted_tool(text: Tokens, place: int) -> bool:
    """Whether a sentence begins with a word that is the name of a tool, but may be meant as a word."""
    word = text.stems[place]
    return word in names.WORDLIKE_TOOLS and text.opens(place) and text.after(place) not in words.TOOL_AFTER


def _by_ending(text: Tokens, place: int, end: int) -> Finding | None:
    """Names that say what they are: Lindgren Foundation, University of Basel, Elm Street, Lake Garda."""
    first, last = text.stems[place], text.stems[end - 1]
    if not 2 <= end - place <= _HEADING or first in words.GLUE:
        return None
    if first in words.TITLES and "of" in text.folded[place:end]:
        return None
    if first in words.PLACE_HEADS and (text.folded[place + 1] == "of" or not _ordinary(text, place + 1)):
        return Finding(end, PLACES, text.spelled(place, end))
    if _leads(text, place):
        return None
    if last in words.ORGANIZATION_ENDINGS or _heads_organization(text, place, end):
        return Finding(end, ORGANIZATIONS, text.spelled(place, end))
    return Finding(end, PLACES, text.spelled(place, end)) if last in words.PLACE_ENDINGS else None


def _heads_organization(text: Tokens, place: int, end: int) -> bool:
    """University of Basel, Technical University of Munich."""
    return any(text.stems[n] in words.ORGANIZATION_HEADS and text.after(n) == "of" for n in range(place, end - 1))


def _titled(text: Tokens, place: int, end: int) -> Finding | None:
    if text.folded[place] not in words.TITLES or end - place < 2 or _foreign_to_names(text, place + 1):
        return None
    return _person(text, place + 1, end)


def _initials(text: Tokens, place: int, end: int) -> Finding | None:
    """J. K. Rowling; a single letter before a name may as well end the sentence before."""
    start = place
    while start < end and len(text.words[start]) == 1 and text.gaps[start + 1] in (". ", "."):
        start += 1
    sure = start - place > 1 or (start > place and text.opens(place))
    if not sure or start == end or _ordinary(text, start):
        return None
    return Finding(start + 1, PEOPLE, text.spelled(place, start + 1))


def _given(text: Tokens, place: int, end: int) -> Finding | None:
    name = text.stems[place]
    if _shouted(text.words[place]):
        return None
    known = name in names.GIVEN_NAMES or ("-" in name and name.split("-")[0] in names.GIVEN_NAMES)
    return _person(text, place, end) if known else None


def _person(text: Tokens, place: int, end: int) -> Finding:
    """The name of a person as far as it can go: words that no surname is made of end it."""
    stop = place + 1
    while stop < min(end, place + _LONGEST_NAME) and not _foreign_to_names(text, stop):
        stop += 1
    while stop > place + 1 and not text.words[stop - 1][0].isupper():
        stop -= 1
    return Finding(stop, PEOPLE, text.spelled(place, stop))


def _foreign_to_names(text: Tokens, place: int) -> bool:
    word = text.stems[place]
    never = word in words.GLUE or word in words.CALENDAR or word in words.NATIONALITIES
    return never or word in ("of", "the", "for") or _shouted(text.words[place])


def _nameless(text: Tokens, place: int, end: int) -> Finding | None:
    """Words with a capital that name nothing."""
    word = text.stems[place]
    never = word in words.GLUE or word in words.NATIONALITIES or word in words.CALENDAR or _leads(text, place)
    return Finding(place + 1) if len(word) == 1 or (never and word not in names.DOUBTFUL_NAMES) else None


def _acronym(text: Tokens, place: int, end: int) -> Finding | None:
    """Known abbreviations, and words without a vowel that do not stand among shouted ones."""
    word = text.words[place][: len(text.stems[place])]
    stem = word[:-1] if word.endswith("s") else word
    if stem.casefold() in words.ACRONYMS and sum(map(str.isupper, stem)) > 1:
        return Finding(place + 1, CONCEPTS, stem)
    if not _shouted(stem):
        return None
    loud = any(0 <= near < len(text.words) and _shouted(text.words[near]) for near in (place - 1, place + 1))
    plain = stem.isalpha() and stem.isascii() and 3 <= len(stem) <= 6 and len(set(stem)) > 2
    if loud or not plain or not _VOWELS.isdisjoint(stem) or stem.casefold() in words.ORDINARY_WORDS:
        return None
    return Finding(place + 1, CONCEPTS, stem)


def _doubtful(text: Tokens, place: int, end: int) -> Finding | None:
    """Names that are words as well, or that several kinds share."""
    word = text.stems[place]
    if end - place > 1:
        return _doubtful_full_name(text, place, end)
    before = text.before(place)
    if word in names.TOOLS_IN_USE and before in words.USE_BEFORE:
        return Finding(end, TOOLS, names.TOOLS_IN_USE[word])
    if word in names.DOUBTFUL_PLACES and _placed(text, place):
        return Finding(end, PLACES, names.DOUBTFUL_PLACES[word])
    if word in names.DOUBTFUL_ORGANIZATIONS and before in words.ORGANIZATION_BEFORE:
        return Finding(end, ORGANIZATIONS, names.DOUBTFUL_ORGANIZATIONS[word])
    if word in names.DOUBTFUL_NAMES and not (word in names.DOUBTFUL_PLACES and _named_like_people(text, place)):
        return _doubtful_name(text, place)
    return None


def _doubtful_full_name(text: Tokens, place: int, end: int) -> Finding | None:
    word = text.stems[place]
    sure = word in names.DOUBTFUL_NAMES and word not in words.CALENDAR and not text.opens(place)
    return _person(text, place, end) if sure and not _ordinary(text, place + 1) else None


def _doubtful_name(text: Tokens, place: int) -> Finding:
    word = text.stems[place]
    told = text.after(place) in words.PERSON_VERBS or text.before(place) in words.PERSON_NEAR
    shared = word in words.CALENDAR or word in words.NATIONALITIES or text.opens(place)
    if _shouted(text.words[place]) or (shared and not told):
        return Finding(place + 1)
    return _person(text, place, place + 1)


def _placed(text: Tokens, place: int) -> bool:
    """Whether the words before, or a known place after a comma, say that this is a place."""
    if text.words[place].isupper():
        return text.before(place) in ("the", "in")
    if _before_known_place(text, place):
        return True
    before = text.before(place)
    if _named_like_people(text, place):
        return _moved(text, place)
    return before in words.PLACE_BEFORE


def _named_like_people(text: Tokens, place: int) -> bool:
    """Whether "from Jordan" may be a person as well as a place."""
    return text.stems[place] in names.DOUBTFUL_NAMES and text.before(place) in words.PLACE_OR_PERSON_BEFORE


def _before_known_place(text: Tokens, place: int) -> bool:
    if place + 1 == len(text.words) or text.gaps[place + 1] != ", ":
        return False
    return names.KNOWN.get(text.stems[place + 1], ("",))[0] == PLACES


def _moved(text: Tokens, place: int) -> bool:
    before = text.before(place)
    return before in words.PLACE_MOVES and text.before(place - 1) in words.PLACE_MOVES[before]


def _in_company(text: Tokens, place: int, end: int) -> Finding | None:
    """A name nobody listed that the words around it explain: "my sister Thyra", "moved to Ystad"."""
    if end - place > 3 or _shouted(text.words[place]) or _ordinary(text, place):
        return None
    name = text.spelled(place, end)
    if _is_person(text, place, end):
        return Finding(end, PEOPLE, name)
    if text.after(end - 1) == "project" and not text.opens(place):
        return Finding(end, PROJECTS, name)
    if _moved(text, place) or (text.before(place) in words.PLACE_BEFORE and _before_known_place(text, end - 1)):
        return Finding(end, PLACES, name)
    return None


def _is_person(text: Tokens, place: int, end: int) -> bool:
    before, after = text.before(place), text.after(end - 1)
    if end - place == 2 and after in words.PERSON_VERBS:
        return not (_ordinary(text, place + 1) or text.before(place) == "the")
    if text.opens(place):
        return False
    if before in words.CALLED:
        return text.before(place - 1) in words.ANIMATE
    if before in ("is", "me"):
        return text.before(place - 1) in ("name", "call")
    greeted = text.gaps[place] in (", ", " ") and text.folded[place - 1] in words.PERSON_BEFORE
    return greeted or (after in words.PERSON_AFTER and before not in ("the", "a", "an"))


def _unlisted(text: Tokens, place: int, end: int) -> Finding | None:
    """Several capitalised words that no rule knows are a name all the same, unless they are of a heading."""
    if end - place == 1:
        return Finding(end, CONCEPTS, text.words[place]) if _CAMEL_CASE.fullmatch(text.words[place]) else None
    if (
        end - place >= _HEADING
        or _in_heading(text, place)
        or any(_foreign_to_titles(text, n) for n in range(place, end))
    ):
        return None
    return Finding(end, CONCEPTS, text.spelled(place, end))


def _in_heading(text: Tokens, place: int) -> bool:
    """Whether a capital before this one is neither of the name nor of an article that begins the sentence."""
    before = text.before(place)
    return before != "" and text.words[place - 1][0].isupper() and not (before in words.GLUE and text.opens(place - 1))


def _foreign_to_titles(text: Tokens, place: int) -> bool:
    word = text.stems[place]
    never = word in words.NATIONALITIES or word in words.CALENDAR or word in _NEVER_INSIDE
    return never or _shouted(text.words[place]) or not _PLAIN_WORD.fullmatch(word)


_RULES: tuple[Rule, ...] = (
    _project,
    _listed_whole,
    _by_ending,
    _listed_part,
    _titled,
    _initials,
    _given,
    _nameless,
    _acronym,
    _doubtful,
    _in_company,
    _unlisted,
)
