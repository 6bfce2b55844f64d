"""POST /alexa: verifies a request, has the skill answer it, and refuses everything else with 400."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from bridge.alexa.chains import SigningKeys
from bridge.alexa.signature import Signatures
from bridge.alexa.skill import Skill
from bridge.alexa.turn import read
from bridge.errors import NotFromAlexa

# Alexa waits eight seconds; the way here and back is part of them.
TURN_SECONDS = 5.0
_LEAST_SECONDS = 1.0


class AlexaEndpoint:
    """Enter it before the first request. Nothing is stored, and nobody asked, for a request that fails a check."""

    def __init__(
        self,
        skill: Skill,
        keys: SigningKeys,
        *,
        skill_id: str,
        seconds: float = TURN_SECONDS,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._skill = skill
        self._keys = keys
        self._signatures = Signatures(keys)
        self._skill_id = skill_id
        self._seconds = seconds
        self._now = now

    async def __aenter__(self) -> Self:
        await self._keys.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._keys.__aexit__(kind, error, trace)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        state = scope.get("state", {})
        facts = state.get("facts", {})
        body = await Request(scope, receive).body()
        try:
            await self._signatures.check(scope["headers"], body)
            turn = read(body, skill_id=self._skill_id, now=self._now(), trace=state.get("request_id"))
        except NotFromAlexa as error:
            facts["refused"] = str(error)
            await JSONResponse({"error": "Not a request of Alexa's to this skill"}, 400)(scope, receive, send)
            return
        left = max(self._seconds - (loop.time() - began), min(self._seconds, _LEAST_SECONDS))
        reply = await self._skill.answer(turn, seconds=left)
        facts.update(intent=turn.intent or turn.kind, outcome=reply.outcome)
        await JSONResponse(reply.rendered(), headers={"Cache-Control": "no-store"})(scope, receive, send)
