"""Makes up three years of memories as an assistant would keep them, with vectors, relations and the questions to ask.

Half are turns of conversations: sessions of 8 to 32 turns, a minute apart, tagged with conversation, session and who
spoke. The others are notes with a tag of their area and one of their project. Texts have 12 to 28 words by Zipf's law;
one in four names a person in mid-sentence. One memory in twenty is related to one of the hundred before it, and one in
a hundred is invalidated by a later one. Vectors and words are those of benchmarks/synthetic.py.
"""

import uuid
from collections import deque
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from benchmarks.synthetic import Synthetic

_BEGIN = datetime(2023, 10, 1, tzinfo=UTC)
_MINUTES = 3 * 365 * 24 * 60
_TOPICS = 4_000
_PEOPLE = [
    f"{first} {last}"
    for first in ("Alice", "Benjamin", "Carlos", "Diana", "Edward", "Fatima", "Gustav", "Helena", "Ingrid", "Jonas")
    for last in (
        "Adams",
        "Baker",
        "Castillo",
        "Dietrich",
        "Eriksson",
        "Fischer",
        "Garcia",
        "Hoffmann",
        "Ivanov",
        "Jung",
    )
]
_SPEAKERS = [name.split()[0].lower() for name in _PEOPLE[::10]]
_NAMED, _RELATED, _INVALIDATED = 0.25, 0.05, 0.01
_WITHIN = 100

Memory = dict[str, Any]


class History:
    """The same seed gives the same memories, relations and questions, in the order in which they are asked for."""

    def __init__(self, seed: int = 1) -> None:
        self._synthetic = Synthetic(seed)
        self._random = np.random.default_rng([seed, 1])
        self._recent: deque[str] = deque(maxlen=_WITHIN)
        self._session: list[Memory] = []

    def memories(self, count: int) -> list[Memory]:
        """Memories with their vectors, as POST /memory takes them."""
        made = [self._turn() if self._random.random() < 0.5 else self._note() for _ in range(count)]
        topics = [self._drawn(_TOPICS) for _ in range(count)]
        return [
            {**memory, "embedding": vector}
            for memory, vector in zip(made, self._synthetic.vectors(topics), strict=True)
        ]

    def relations(self, memories: list[Memory]) -> list[dict[str, Any]]:
        """Relations among these memories and a few before them, as POST /associate takes them."""
        found = []
        for memory in memories:
            chance = self._random.random()
            if chance < _RELATED and self._recent:
                kind = "INVALIDATED_BY" if chance < _INVALIDATED else "RELATES_TO"
                earlier = self._recent[self._drawn(len(self._recent))]
                found.append({"memory1_id": earlier, "memory2_id": memory["id"], "type": kind, "strength": 0.8})
            self._recent.append(memory["id"])
        return found

    def question(self) -> str:
        """4 to 8 words; one question in four names a person."""
        return self._naming(self._synthetic.question())

    def _turn(self) -> Memory:
        if not self._session:
            self._session = self._conversation()
        return self._session.pop()

    def _conversation(self) -> list[Memory]:
        """The turns of one session, the last one first."""
        marks = [f"conversation:{self._drawn(1_000)}", f"session:{self._drawn(1_000_000)}"]
        begin = self._drawn(_MINUTES)
        pair = [_SPEAKERS[self._drawn(len(_SPEAKERS))] for _ in range(2)]
        turns = [
            self._memory([*marks, f"speaker:{pair[place % 2]}"], begin + place) for place in range(8 + self._drawn(25))
        ]
        return turns[::-1]

    def _note(self) -> Memory:
        area = "work" if self._random.random() < 0.6 else "home"
        return self._memory([f"area:{area}", f"project:{self._drawn(100)}"], self._drawn(_MINUTES))

    def _memory(self, tags: list[str], minute: int) -> Memory:
        return {
            "id": str(uuid.UUID(bytes=self._random.bytes(16), version=4)),
            "content": self._naming(self._synthetic.words(12 + self._drawn(17))),
            "type": "Context",
            "importance": round(float(self._random.random()), 2),
            "tags": tags,
            "timestamp": (_BEGIN + timedelta(minutes=minute)).isoformat(),
        }

    def _naming(self, text: str) -> str:
        if self._random.random() >= _NAMED:
            return text
        words = text.split()
        words.insert(len(words) // 2, f"with {_PEOPLE[self._drawn(len(_PEOPLE))]}")
        return " ".join(words)

    def _drawn(self, below: int) -> int:
        return int(self._random.integers(0, below))
