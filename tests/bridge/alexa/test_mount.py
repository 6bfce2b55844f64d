"""Where the bridge has the endpoint: open to Amazon without a key, and not there unless a skill is named."""

import pytest
from pydantic import ValidationError
from structlog.testing import capture_logs

from bridge.app import create_app
from bridge.errors import StartupError
from bridge.settings import Settings, describe
from tests.bridge.alexa.amazon import SKILL_ID, amazon, remember
from tests.bridge.stand_in import MemoryService, Served

BODY = remember("a private note").encoded()


async def test_without_a_skill_id_there_is_no_such_path(served: Served, memory_service: MemoryService) -> None:
    async with served(automem_api_token="a-token-that-is-long-enough") as bridge:
        async with bridge.http.post("/alexa", data=BODY, headers=amazon().headers(BODY)) as response:
            assert (response.status, await response.json()) == (404, {"error": "Not Found"})
        assert await bridge.status("GET", "/alexa") == 404


async def test_no_key_is_asked_for_and_what_amazon_did_not_sign_is_refused(
    served: Served, memory_service: MemoryService
) -> None:
    settings = {"automem_api_token": "a-token-that-is-long-enough", "alexa_tenant": "default"}
    with capture_logs() as lines:
        async with served(alexa_skill_id=SKILL_ID, **settings) as bridge:
            async with bridge.http.post("/alexa", data=BODY) as response:
                assert response.status == 400
                assert response.headers["X-Request-Id"]
            token = {"Authorization": f"Bearer {settings['automem_api_token']}"}
            assert await bridge.status("POST", "/alexa", data=BODY, headers=token) == 400
            assert await bridge.status("GET", "/alexa", headers=token) == 405
            assert await bridge.status("POST", "/alexa", data=b"x" * 200_000) == 413
    assert [asked for asked in memory_service.asked if asked.path != "/health"] == []
    refusals = [line for line in lines if line.get("path") == "/alexa" and line["status"] == 400]
    assert refusals[0]["refused"] == "the header signature-256 is missing"
    assert "private" not in str(lines)


def test_a_tenant_without_a_key_stops_the_start() -> None:
    with pytest.raises(StartupError, match="ALEXA_TENANT=eve is the name of no key; there are: ada, bob"):
        create_app(Settings(alexa_skill_id=SKILL_ID, alexa_tenant="eve", mcp_api_keys="ada:1,bob:2"))


@pytest.mark.parametrize(
    ("settings", "keys"),
    [
        ({}, {"default": None}),
        ({"automem_api_token": "t"}, {"default": "t"}),
        ({"automem_api_key": "u"}, {"default": "u"}),
        ({"automem_api_key": "u", "automem_api_token": "t"}, {"default": "t"}),
        ({"mcp_api_keys": "ada:1,bob:2,ada:3"}, {"ada": "1", "bob": "2"}),
        ({"mcp_api_keys": "ada:1", "automem_api_key": "u"}, {"ada": "1", "default": "u"}),
        ({"memory_api_keys": "ada:1"}, {"ada": "1"}),
        ({"mcp_api_keys": "ada:1:read,ada:2,bob:3:read"}, {"ada": "2", "bob": "3"}),
    ],
)
def test_each_name_has_the_first_key_that_opens_it(settings: dict[str, str], keys: dict[str, str | None]) -> None:
    assert Settings(**settings).owner_keys == keys  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("settings", "readers"),
    [
        ({"mcp_api_keys": "ada:1:read,ada:2,bob:3:read"}, {"bob"}),
        ({"mcp_api_keys": "default:1:read", "automem_api_key": "u"}, set()),
        ({"memory_api_keys": "ada:1:read"}, {"ada"}),
        ({}, set()),
    ],
)
def test_a_name_of_which_no_key_may_write_is_only_read(settings: dict[str, str], readers: set[str]) -> None:
    assert Settings(**settings).readers == readers  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        (
            "alexa_skill_id",
            "amzn1.ask.skill.",
            "ALEXA_SKILL_ID is not valid: it must be the id that Amazon gave the skill",
        ),
        ("alexa_skill_id", "my skill", "ALEXA_SKILL_ID is not valid: it must be the id that Amazon gave the skill"),
        ("alexa_tenant", "Ada", "ALEXA_TENANT is not valid: it must be the name of a key"),
        ("alexa_unscoped_recall", "perhaps", "ALEXA_UNSCOPED_RECALL must be true or false"),
    ],
)
def test_a_bad_setting_is_one_line(monkeypatch: pytest.MonkeyPatch, name: str, value: str, problem: str) -> None:
    monkeypatch.setenv(name.upper(), value)
    with pytest.raises(ValidationError) as caught:
        Settings()
    assert describe(caught.value).startswith(problem)
