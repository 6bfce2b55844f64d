"""Reads LoCoMo conversations: every turn as a memory, every question with the memories that answer it."""

import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

CATEGORIES = {1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop", 5: "adversarial"}

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://github.com/snap-research/LoCoMo")
_SESSION = re.compile(r"session_(\d+)")
# Some evidence strings are written "D:11:26" or hold several turns at once.
_TURN = re.compile(r"D:?(\d+):(\d+)")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and the ids of the memories that hold the evidence."""

    text: str
    category: int
    gold: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Conversation:
    """Memories as POST /memory and store_memory take them, in the order they were said."""

    name: str
    tag: str
    memories: list[dict[str, Any]]
    questions: list[Question]


def load(path: Path) -> list[Conversation]:
    """Every conversation of the file. Questions without usable evidence are left out."""
    return [_conversation(sample) for sample in json.loads(path.read_text(encoding="utf-8"))]


def _conversation(sample: dict[str, Any]) -> Conversation:
    name = sample["sample_id"]
    turns = dict(_turns(name, sample["conversation"]))
    questions = []
    for asked in sample["qa"]:
        gold = _gold(asked.get("evidence") or [], turns)
        if gold:
            questions.append(Question(asked["question"], int(asked["category"]), gold))
    return Conversation(name, _tag(name), list(turns.values()), questions)


def _turns(name: str, conversation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    numbers = sorted(int(found[1]) for key in conversation if (found := _SESSION.fullmatch(key)))
    for number in numbers:
        began = _instant(conversation[f"session_{number}_date_time"])
        for place, turn in enumerate(conversation[f"session_{number}"]):
            yield turn["dia_id"], _memory(name, number, began, place, turn)


def _memory(name: str, session: int, began: datetime, place: int, turn: dict[str, Any]) -> dict[str, Any]:
    speaker = turn["speaker"]
    image = f" [Image: {turn['blip_caption']}]" if turn.get("blip_caption") else ""
    return {
        "id": str(uuid.uuid5(_NAMESPACE, f"{name}/{turn['dia_id']}")),
        "content": f"[{began.day} {began:%B %Y}] {speaker}: {turn.get('text', '')}{image}",
        "type": "Context",
        "tags": [_tag(name), f"session:{session}", f"speaker:{speaker.lower()}"],
        "timestamp": (began + timedelta(seconds=place)).isoformat(),
        "metadata": {"conversation": name, "session": session, "speaker": speaker, "dia_id": turn["dia_id"]},
    }


def _tag(name: str) -> str:
    return f"conversation:{name}"


def _instant(text: str) -> datetime:
    return datetime.strptime(" ".join(text.split()), "%I:%M %p on %d %B, %Y").replace(tzinfo=UTC)


def _gold(evidence: list[str], turns: dict[str, dict[str, Any]]) -> tuple[str, ...]:
    named = (f"D{int(session)}:{int(turn)}" for text in evidence for session, turn in _TURN.findall(text))
    return tuple(dict.fromkeys(turns[name]["id"] for name in named if name in turns))
