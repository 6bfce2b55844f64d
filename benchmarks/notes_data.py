"""Reads the notes: each as a memory, corrections as relations, every question with the notes that answer it."""

import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KINDS = ("paraphrase", "keyword", "negation", "correction", "identifier", "person", "time", "other-language")
# Asked in another language than the note's: beyond an embedder that was trained on English, so told apart.
CROSS_LANGUAGE = "cross-language"
RELATIONS = {"invalidated_by": "INVALIDATED_BY", "evolved_into": "EVOLVED_INTO"}

_FILE = Path(__file__).with_name("notes.json")
_NAMESPACE = uuid.UUID("5f0c6c1e-4f0b-4a53-9d6e-0a8f3f0d7b21")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and the ids of all notes that answer it."""

    text: str
    kind: str
    gold: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Notes:
    """Memories as POST /memory takes them, oldest first; relations as POST /associate does; keys by memory id."""

    memories: list[dict[str, Any]]
    relations: list[dict[str, Any]]
    questions: list[Question]
    keys: dict[str, str]


def load() -> Notes:
    """Everything in notes.json. Raises KeyError for a question or relation about a note that is not there."""
    read = json.loads(_FILE.read_text(encoding="utf-8"))
    ids = {note["id"]: str(uuid.uuid5(_NAMESPACE, note["id"])) for note in read["notes"]}
    return Notes(
        memories=[_memory(note, ids) for note in read["notes"]],
        relations=[_relation(note, name, ids) for note in read["notes"] for name in RELATIONS if name in note],
        questions=[
            Question(asked["text"], asked["kind"], tuple(ids[key] for key in asked["gold"]))
            for asked in read["questions"]
        ],
        keys={memory_id: key for key, memory_id in ids.items()},
    )


def _memory(note: dict[str, Any], ids: dict[str, str]) -> dict[str, Any]:
    fields = {name: value for name, value in note.items() if name not in RELATIONS}
    return {**fields, "id": ids[note["id"]]}


def _relation(note: dict[str, Any], name: str, ids: dict[str, str]) -> dict[str, Any]:
    return {"memory1_id": ids[note["id"]], "memory2_id": ids[note[name]], "type": RELATIONS[name]}
