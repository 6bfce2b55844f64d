"""check_database_health."""

from tests.bridge.mcp.conftest import Call
from tests.bridge.stand_in import MemoryService, text_of


async def test_the_report_of_the_memory_service_is_passed_on(call: Call) -> None:
    result = await call("check_database_health")
    assert text_of(result) == '{"status":"healthy","client_ids":true}'
    assert result.structured_content == {"status": "healthy", "client_ids": True}


async def test_a_memory_service_that_is_down_is_reported_not_raised(call: Call, memory_service: MemoryService) -> None:
    memory_service.replaces("GET /health", "no JSON", 500)
    result = await call("check_database_health")
    assert not result.is_error
    assert result.structured_content is not None
    assert result.structured_content["status"] == "error"
    assert "failed with HTTP status 500" in result.structured_content["error"]


async def test_it_takes_no_arguments(call: Call) -> None:
    assert text_of(await call("check_database_health", verbose=True)).startswith(
        "verbose is not an argument; allowed: none."
    )
