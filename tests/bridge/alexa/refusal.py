"""A request that is in order, and one that is not and must leave no trace."""

from typing import Any

from tests.bridge.alexa.amazon import amazon, remember
from tests.bridge.alexa.conftest import Listening
from tests.bridge.stand_in import MemoryService

GOOD = remember("the spare key is under the blue pot")
BODY = GOOD.encoded()


def stores(memory_service: MemoryService) -> None:
    memory_service.answers("POST /memory", {"memory_id": "x"}, 201)


async def refusal(
    listening: Listening,
    memory_service: MemoryService,
    *,
    body: bytes = BODY,
    headers: dict[str, str] | None = None,
    **options: Any,
) -> str:
    """Why the request was refused, which must be with 400 and before the memory service heard of it."""
    stores(memory_service)
    async with listening(**options) as echo:
        response = await echo.post(body, amazon().headers(body) if headers is None else headers)
        assert response.status_code == 400, response.text
        assert response.json() == {"error": "Not a request of Alexa's to this skill"}
        assert echo.pairings.listed() == []
    assert memory_service.asked == []
    return str(echo.facts["refused"])
