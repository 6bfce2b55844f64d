"""The conversation: what each request of a turn is answered with. No failure leaves here but as a sentence."""

import asyncio
import re
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, tzinfo
from hashlib import sha256
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from bridge.alexa import speech
from bridge.alexa.language import Language
from bridge.alexa.languages import language_of
from bridge.alexa.owners import Owner, Owners
from bridge.alexa.reply import SILENCE, Reply, was_launched
from bridge.alexa.turn import Turn
from bridge.client import MemoryClient
from bridge.errors import UpstreamError, UpstreamRejected, UpstreamUnauthorized

MAX_NOTE_CHARS = 2_000
_ASKED_FOR = 5
# What has little to do with the question, or far less than the best, is tiresome to listen to: of 319 questions about
# 342 notes 82% are still answered instead of 83%, with 2.2 notes instead of 3.0, and a stranger's question with none.
_LEAST_SCORE = 0.15
_LEAST_SHARE = 0.6
_PLAIN_ID = re.compile(r"[A-Za-z0-9._-]{1,240}")
_FAILURES = (UpstreamError, TimeoutError, sqlite3.Error, OSError)

_Answer = Callable[[Turn, Language], Awaitable[Reply]]


class Skill:
    """Answers turns that were verified before. `zone` is where days are reckoned, None for that of this machine."""

    def __init__(
        self,
        client: MemoryClient,
        owners: Owners,
        *,
        unscoped_recall: bool = False,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        zone: tzinfo | None = None,
    ) -> None:
        self._client = client
        self._owners = owners
        self._unscoped_recall = unscoped_recall
        self._now = now
        self._zone = zone
        self._intents: Mapping[str, _Answer] = {
            "RememberIntent": self._remember,
            "RecallIntent": self._recall,
            "PairIntent": self._pair,
            "AMAZON.HelpIntent": _help,
            "AMAZON.YesIntent": _help,
            "AMAZON.StopIntent": _goodbye,
            "AMAZON.CancelIntent": _goodbye,
            "AMAZON.NoIntent": _goodbye,
            "AMAZON.NavigateHomeIntent": _leave,
        }

    async def answer(self, turn: Turn, *, seconds: float) -> Reply:
        """The reply, at most this many seconds later."""
        language = language_of(turn.locale)
        if turn.kind == "LaunchRequest":
            return Reply(language.texts.welcome, language.texts.welcome_reprompt, launched=True)
        if turn.kind != "IntentRequest":
            # SessionEndedRequest may not be answered with speech, nor may those of players.
            return SILENCE
        work = self._intents.get(turn.intent, _not_understood)
        try:
            async with asyncio.timeout(seconds):
                return await work(turn, language)
        except _FAILURES as error:
            return _finished(turn, language, _apology(turn, language, error), outcome=type(error).__name__)

    async def _remember(self, turn: Turn, language: Language) -> Reply:
        note = turn.slot("note")
        if not note:
            return _elicit(turn, language, "RememberIntent", language.texts.what_to_remember)
        owner = await self._owners.of(turn.speaker)
        if owner is None:
            return _unpaired(turn, language)
        if not owner.may_write:
            return _finished(turn, language, language.texts.not_allowed, outcome="read only")
        if len(note) > MAX_NOTE_CHARS:
            return _finished(turn, language, language.texts.too_long, outcome="too long")
        tags = ["alexa", _user_tag(turn), *([_tag("device", turn.device)] if turn.device else [])]
        # Named after the request: sent again, it stores nothing new.
        memory_id = str(uuid5(NAMESPACE_URL, f"alexa:{turn.request_id}"))
        await self._client_of(owner, turn).store({"id": memory_id, "content": note, "tags": tags})
        return _finished(turn, language, language.texts.saved)

    async def _recall(self, turn: Turn, language: Language) -> Reply:
        query = turn.slot("query")
        if not query:
            return _elicit(turn, language, "RecallIntent", language.texts.what_to_recall)
        owner = await self._owners.of(turn.speaker)
        if owner is None:
            return _unpaired(turn, language)
        client, tag = self._client_of(owner, turn), _user_tag(turn)
        question = {"query": query, "limit": _ASKED_FOR}
        answer = await client.recall({**question, "tags": [tag], "tag_mode": "all", "tag_match": "exact"})
        # Looked at once more here: what is spoken to the wrong person cannot be taken back.
        results = _to_the_point([result for result in answer["results"] if _carries(result, tag)])
        shared = not results and self._unscoped_recall
        if shared:
            results = _to_the_point((await client.recall(question))["results"])
        text = speech.recalled(results, language, self._now(), self._zone, shared=shared)
        return _finished(turn, language, text or speech.nothing_found(query, language))

    async def _pair(self, turn: Turn, language: Language) -> Reply:
        code = "".join(char for char in turn.slot("code") if char.isdecimal())
        if not code:
            return _elicit(turn, language, "PairIntent", language.texts.which_code)
        name = await self._owners.pair(turn.speaker, code)
        if name is None:
            reply = _elicit(turn, language, "PairIntent", language.texts.wrong_code, outcome="wrong code")
        else:
            reply = _finished(turn, language, language.texts.paired.format(name=name))
        return reply

    def _client_of(self, owner: Owner, turn: Turn) -> MemoryClient:
        return self._client.with_key(owner.key, turn.trace)


async def _help(turn: Turn, language: Language) -> Reply:
    return _question(turn, language.texts.help, language.texts.help_reprompt)


async def _goodbye(_: Turn, language: Language) -> Reply:
    return Reply(language.texts.goodbye)


async def _leave(_: Turn, __: Language) -> Reply:
    return Reply()


async def _not_understood(turn: Turn, language: Language) -> Reply:
    return _question(turn, language.texts.fallback, language.texts.help_reprompt)


def _question(turn: Turn, text: str, reprompt: str) -> Reply:
    return Reply(text, reprompt, launched=was_launched(turn.attributes))


def _elicit(turn: Turn, language: Language, intent: str, text: str, *, outcome: str = "ok") -> Reply:
    declared = next(row for row in language.intents if row.name == intent)
    launched = was_launched(turn.attributes)
    return Reply(text, declared.prompt, (intent, declared.slot), launched=launched, outcome=outcome)


def _unpaired(turn: Turn, language: Language) -> Reply:
    launched = was_launched(turn.attributes)
    return Reply(language.texts.unpaired, language.texts.which_code, launched=launched, outcome="unpaired")


def _finished(turn: Turn, language: Language, text: str, *, outcome: str = "ok") -> Reply:
    """Ends a session that was opened for one question, and asks for the next in one that was launched."""
    if not was_launched(turn.attributes):
        return Reply(text, outcome=outcome)
    more = language.texts.anything_else
    return Reply(f"{text} {more}", more, launched=True, outcome=outcome)


def _apology(turn: Turn, language: Language, error: Exception) -> str:
    texts = language.texts
    if isinstance(error, UpstreamUnauthorized):
        return texts.not_allowed
    if turn.intent == "RememberIntent":
        # Only the memory service knows its own limit, and its message is AutoMem's.
        too_long = isinstance(error, UpstreamRejected) and "maximum length" in str(error)
        return texts.too_long if too_long else texts.not_saved
    return texts.not_paired if turn.intent == "PairIntent" else texts.not_recalled


def _user_tag(turn: Turn) -> str:
    return _tag("user", turn.speaker.id)


def _tag(kind: str, identifier: str) -> str:
    """A tag that the memory service takes as one, whatever Amazon makes its ids of."""
    plain = _PLAIN_ID.fullmatch(identifier)
    return f"{kind}:{identifier if plain else sha256(identifier.encode()).hexdigest()}"


def _carries(result: Any, tag: str) -> bool:
    memory = result.get("memory") if isinstance(result, Mapping) else None
    tags = memory.get("tags") if isinstance(memory, Mapping) else None
    return isinstance(tags, list) and any(isinstance(each, str) and each.casefold() == tag.casefold() for each in tags)


def _to_the_point(results: list[Any]) -> list[Any]:
    scores = [_score(result) for result in results]
    best = max((score for score in scores if score is not None), default=0.0)
    least = max(best * _LEAST_SHARE, _LEAST_SCORE)
    return [result for result, score in zip(results, scores, strict=True) if score is None or score >= least]


def _score(result: Any) -> float | None:
    score = result.get("final_score", result.get("score")) if isinstance(result, Mapping) else None
    return float(score) if isinstance(score, int | float) else None
