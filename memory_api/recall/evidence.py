"""What a memory itself says for it, apart from meaning and words: its subject, time, phrase, tags and standing."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from memory_api.models.memory import Memory
from memory_api.recall.profile import Profile
from memory_api.recall.query import Question
from memory_api.recall.timewords import Window

# People tell of what happened some days later.
_TOLD_LATER = timedelta(days=7)
_RECENT = timedelta(days=180)
_WORD = re.compile(r"\w+")
_SPEAKER = "speaker:"


def speakers(memory: Memory) -> set[str]:
    """Who said it, as its tags (`speaker:ada`) or metadata tell."""
    tagged = {tag.strip().casefold() for tag in memory.tags}
    marked = {tag.removeprefix(_SPEAKER) for tag in tagged if tag.startswith(_SPEAKER)}
    named = memory.metadata.get("speaker")
    return marked | ({named.strip().casefold()} if isinstance(named, str) else set())


def subject_of(question: Question, memories: Iterable[Memory]) -> str | None:
    """The one speaker whom the question names; None where it names several or none.

    People whom memories merely mention are no subjects: their names are words of the memory, and counted as such.
    """
    known = {name for memory in memories for name in speakers(memory)} if question.names else set()
    named = [name for name in question.names if name in known]
    return named[0] if len(named) == 1 else None


@dataclass(frozen=True)
class Asked:
    """Everything about a question that its memories are held against."""

    question: Question
    now: datetime
    subject: str | None
    window: Window | None
    profile: Profile | None

    @cached_property
    def _phrase(self) -> str:
        """The whole question as `_folded` writes it; empty where it is a single word."""
        return _folded(self.question.text) if len(self.question.words) > 1 else ""

    @cached_property
    def _longest(self) -> str:
        return max(self._phrase.split(), key=len, default="")

    def _said_in(self, content: str) -> bool:
        """Whether the content has the whole question, of two words or more, word for word."""
        # Nearly every content lacks the longest word already, and need not be taken apart.
        return self._longest in content.casefold() and bool(self._phrase) and self._phrase in _folded(content)

    def components(self, memory: Memory) -> dict[str, float]:
        """The raw components of one memory; each lies in 0..1, `context` in 0..1.8. Absent means 0."""
        found = {
            "subject": float(self.subject is not None and self.subject in speakers(memory)),
            "time": float(self.window is not None and _inside(memory, self.window)),
            "exact": float(self._said_in(memory.content)),
            "tag": tag_share(self.question.words, memory.tags),
            "importance": memory.importance,
            "confidence": memory.confidence,
            "recency": recency(memory, self.now),
            "context": 0.0 if self.profile is None else self.profile.bonus(memory),
        }
        return {name: value for name, value in found.items() if value}


def _folded(text: str) -> str:
    return f" {' '.join(_WORD.findall(text.casefold()))} "


def tag_share(words: Sequence[str], tags: Iterable[str]) -> float:
    """The share of the words that stand in the tags."""
    text = "\n".join(tags).casefold()
    if not any(word in text for word in words):
        return 0.0
    tagged = set(_WORD.findall(text))
    return sum(word in tagged for word in words) / len(words)


def recency(memory: Memory, now: datetime) -> float:
    """1 for what was stored now, falling evenly to 0 at 180 days."""
    age = now - datetime.fromisoformat(memory.timestamp)
    return min(1.0, max(0.0, 1 - age / _RECENT))


def _inside(memory: Memory, window: Window) -> bool:
    instant = datetime.fromisoformat(memory.timestamp)
    return (window.start is None or window.start <= instant) and (
        window.end is None or instant <= window.end or instant - window.end <= _TOLD_LATER
    )
