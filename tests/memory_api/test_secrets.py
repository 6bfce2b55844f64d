"""A key never comes out again: not in a log line, a metric or an error, wherever in a request it was put."""

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.memory_api.api import Api
from tests.memory_api.builders import id_of
from tests.memory_api.conftest import StartApi

KEY, ADMIN, WRONG = "marker-tenant-key-1", "marker-admin-token-2", "marker-wrong-key-3"
MARKERS = (KEY, ADMIN, WRONG)


@pytest.fixture
async def service(start_api: StartApi) -> Api:
    return await start_api(memory_api_keys=f"alice:{KEY},bob:some-other-key", admin_api_token=ADMIN)


def requests_with(marker: str) -> list[tuple[str, str, Any, dict[str, str]]]:
    """A key in every place that a request has."""
    body = {"content": marker, "tags": [marker], "metadata": {marker: marker}}
    return [
        ("GET", "/recall", ..., {"Authorization": f"Bearer {marker}"}),
        ("GET", "/recall", ..., {"Authorization": marker}),
        ("GET", "/recall", ..., {"X-API-Key": marker, "X-Request-Id": marker}),
        ("GET", "/metrics", ..., {"X-Admin-Token": marker, "X-Request-Id": marker}),
        ("GET", f"/recall?api_key={marker}&query={marker}", ..., {}),
        ("GET", f"/recall?api_key={marker}&sort={marker}", ..., {}),
        ("GET", f"/recall?api_key={KEY}&time_query={marker}&tags={marker}", ..., {}),
        ("GET", f"/recall?api_key={KEY}&limit={marker}", ..., {}),
        ("GET", f"/admin/stats?admin_token={marker}x", ..., {}),
        ("GET", f"/memory/{marker}", ..., {"X-API-Key": KEY}),
        ("DELETE", f"/memory/{marker}", ..., {"X-API-Key": KEY}),
        ("GET", f"/memories/{marker}/related", ..., {"X-API-Key": KEY}),
        ("GET", f"/{marker}/{marker}", ..., {"X-API-Key": KEY}),
        ("GET", f"/{marker}", ..., {}),
        (marker.upper(), "/memory", ..., {"X-API-Key": KEY}),
        ("POST", "/memory", {**body, "importance": marker}, {"X-API-Key": KEY}),
        ("POST", "/memory", {**body, "id": marker}, {"X-API-Key": KEY}),
        ("POST", "/memory", {**body, "type": marker, "timestamp": marker}, {"X-API-Key": KEY}),
        ("POST", "/memory", marker, {"X-API-Key": marker}),
        ("POST", "/memory/batch", {"memories": [body, marker]}, {"X-API-Key": KEY}),
        ("POST", "/associate", {"memory1_id": marker, "memory2_id": marker, "type": marker}, {"X-API-Key": KEY}),
        ("PATCH", f"/memory/{id_of(9)}", body, {"X-API-Key": KEY, "Host": marker, "Origin": f"https://{marker}"}),
    ]


async def errors_of(api: Api, marker: str) -> list[str]:
    """The bodies and headers of all refusals."""
    found = []
    for method, path, body, headers in requests_with(marker):
        json = {} if body is ... else {"json": body}
        async with api.client.request(method, path, headers=headers, **json) as response:
            text = await response.text()
            if response.status >= 400:
                found.append(text + repr(dict(response.headers)))
    return found


async def unreadable(api: Api, marker: str) -> list[str]:
    """What is answered to heads that are no HTTP."""
    found = []
    for head in (
        f"GET /?api_key={marker} {marker} HTTP/1.1\r\n\r\n",
        f"GET / HTTP/1.1\r\nAuthorization Bearer {marker}\r\n\r\n",
        f"GET / HTTP/1.1\r\nX-API-Key: {marker}\x00\r\n\r\n",
        f"GET /recall?api_key={marker}&query={'x' * 70_000} HTTP/1.1\r\n\r\n",
        f"GET / HTTP/1.1\r\nX-API-Key: {marker}{'x' * 20_000}\r\n\r\n",
        f"{marker} / HTTP/1.1\r\n\r\n",
    ):
        url = api.client.make_url("/")
        reader, writer = await asyncio.open_connection(url.host, url.port)
        writer.write(head.encode())
        async with asyncio.timeout(5):
            found.append((await reader.readuntil(b"}")).decode())
        writer.close()
        await writer.wait_closed()
    return found


async def test_no_key_comes_out_again(service: Api, caplog: pytest.LogCaptureFixture) -> None:
    with capture_logs() as lines:
        told = [text for marker in MARKERS for text in await errors_of(service, marker)]
        told += [text for marker in MARKERS for text in await unreadable(service, marker)]
        async with service.client.get("/metrics", headers={"X-Admin-Token": ADMIN}) as response:
            told.append(await response.text())
        async with service.client.get("/admin/stats", headers={"X-Admin-Token": ADMIN}) as response:
            told.append(await response.text())
        async with service.client.get("/openapi.json") as response:
            told.append(await response.text())
    assert len(told) >= 60
    assert len(lines) >= 60
    everything = "\n".join([*told, *map(repr, lines)]).lower()
    assert [marker for marker in MARKERS if marker in everything] == []
