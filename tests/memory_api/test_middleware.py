"""Who is let in, what an error looks like, and what a request leaves in the log."""

import pytest
from structlog.testing import capture_logs

from tests.memory_api.api import Api, assert_refused
from tests.memory_api.builders import id_of
from tests.memory_api.conftest import StartApi

KEY, OTHER = "right-key-1", "other-key-2"
RIGHT = {"Authorization": f"Bearer {KEY}"}


@pytest.fixture
async def guarded(start_api: StartApi) -> Api:
    """A memory API with two keys, spoken to without any."""
    return await start_api(automem_api_token=KEY, memory_api_keys=f"alice:{OTHER}")


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        (RIGHT, {}),
        ({"Authorization": f"bearer {KEY}"}, {}),
        ({"Authorization": f"BEARER  {KEY} "}, {}),
        ({"X-API-Key": KEY}, {}),
        ({"x-api-key": f" {KEY} "}, {}),
        ({}, {"api_key": KEY}),
        ({**RIGHT, "X-API-Key": "wrong"}, {"api_key": "wrong"}),
        ({"X-API-Key": KEY}, {"api_key": "wrong"}),
        ({"Authorization": f"Basic {KEY}", "X-API-Key": KEY}, {}),
        ({"X-API-Key": "", "Authorization": ""}, {"api_key": KEY}),
    ],
)
async def test_the_first_key_that_is_sent_lets_its_owner_in(
    guarded: Api, headers: dict[str, str], query: dict[str, str]
) -> None:
    answer = await guarded.send("GET", "/recall", query=query, headers=headers)
    assert answer.status == 200


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({}, {}),
        ({"Authorization": "Bearer wrong"}, {}),
        ({"Authorization": "Bearer wrong", "X-API-Key": KEY}, {"api_key": KEY}),
        ({"Authorization": "Bearer"}, {}),
        ({"Authorization": "Bearer "}, {}),
        ({"Authorization": KEY}, {}),
        ({"Authorization": f"Bearer {KEY}x"}, {}),
        ({"Authorization": f"Bearer {KEY.upper()}"}, {}),
        ({"Authorization": f"Bearer {KEY} {KEY}"}, {}),
        ({"X-API-Key": "wrong"}, {"api_key": KEY}),
        ({"X-API-Token": KEY}, {}),
        ({}, {"apiKey": KEY}),
        ({}, {"api_token": KEY}),
        ({}, {"api_key": ""}),
        ({"X-API-Key": "clé"}, {}),
        ({}, {"api_key": "clé\x00"}),
        ({"Authorization": "Bearer " + "x" * 7_000}, {}),
    ],
)
async def test_everyone_else_hears_the_same_and_learns_nothing(
    guarded: Api, headers: dict[str, str], query: dict[str, str]
) -> None:
    for path in ("/recall", "/nope", f"/memory/{id_of(1)}", "/health/", "/HEALTH"):
        answer = await guarded.send("GET", path, query=query, headers=headers)
        assert_refused(answer, 401, sent=path)
        assert answer.body["message"] == "Unauthorized"


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE", "PUT", "OPTIONS"])
async def test_no_method_is_let_in_without_a_key(guarded: Api, method: str) -> None:
    assert_refused(await guarded.send(method, "/memory", {"content": "x"}), 401)


async def test_a_key_that_python_cannot_encode_is_just_wrong(guarded: Api) -> None:
    for junk in ("%ED%A0%80", "%FF", "%00"):
        assert_refused(await guarded.get(f"/recall?api_key={junk}"), 401)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8001", "localhost:1", "LocalHost", "[::1]", "[::1]:8001"])
async def test_without_keys_the_local_user_is_let_in(api: Api, host: str) -> None:
    for origin in (None, "http://localhost:3000", "http://127.0.0.1", "https://[::1]:8"):
        headers = {"Host": host} | ({} if origin is None else {"Origin": origin})
        assert (await api.send("GET", "/recall", headers=headers)).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8001",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "10.0.0.1",
        "[",
        "[::1",
        "]",
        "a]b",
        "%",
    ],
)
async def test_without_keys_another_host_name_is_refused(api: Api, host: str) -> None:
    for path in ("/recall", "/health", "/nope"):
        assert_refused(await api.send("GET", path, headers={"Host": host}), 421, "Host")


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "",
        "http://localhost.evil.example",
        "http://127.0.0.1@evil.example",
        "http://[",
        "file://",
        "http://]",
    ],
)
async def test_without_keys_a_page_of_another_site_is_refused(api: Api, origin: str) -> None:
    for path in ("/recall", "/health", "/nope"):
        assert_refused(await api.send("GET", path, headers={"Origin": origin}), 403, "Origin")


async def test_with_keys_any_host_and_origin_may_ask(guarded: Api) -> None:
    headers = {**RIGHT, "Host": "memory.example", "Origin": "https://page.example"}
    assert (await guarded.send("GET", "/recall", headers=headers)).status == 200


async def test_an_unknown_path_or_method_is_told_in_the_envelope(api: Api) -> None:
    for path in ("/", "/nope", "/memory/a/b", "/memory//", "/%00"):
        assert_refused(await api.get(path), 404, "not found")
    for method, path in (
        ("PUT", "/memory"),
        ("DELETE", "/recall"),
        ("POST", f"/memory/{id_of(1)}"),
        ("POST", "/health"),
    ):
        assert_refused(await api.send(method, path, {}), 405, "method is not allowed")


@pytest.mark.parametrize("sent", ["abc", "A.b-c_9", "x" * 128])
async def test_a_sane_request_id_is_kept(api: Api, sent: str) -> None:
    for path in ("/recall", "/nope"):
        answer = await api.send("GET", path, headers={"X-Request-Id": sent})
        assert answer.headers["X-Request-Id"] == sent


@pytest.mark.parametrize("sent", ["", "a b", "x" * 129, "é", "a,b", "<script>"])
async def test_any_other_request_id_is_replaced(api: Api, sent: str) -> None:
    first, second = [(await api.send("GET", "/recall", headers={"X-Request-Id": sent})).headers for _ in range(2)]
    assert len(first["X-Request-Id"]) == 36
    assert first["X-Request-Id"] != second["X-Request-Id"]


async def test_each_request_leaves_one_line(guarded: Api) -> None:
    with capture_logs() as entries:
        await guarded.send("POST", "/memory", {"content": "x"}, headers={**RIGHT, "X-Request-Id": "r1"})
        await guarded.send("GET", "/nope")
    requests = [entry for entry in entries if entry["event"] == "request"]
    assert [(entry["method"], entry["route"], entry["status"], entry["tenant"]) for entry in requests] == [
        ("POST", "/memory", 201, "default"),
        ("GET", "(unknown)", 401, None),
    ]
    assert all(entry["ms"] >= 0 and entry["bytes"] > 0 for entry in requests)


async def test_no_line_holds_content_or_a_key(guarded: Api) -> None:
    secret = "velvet-walrus"
    with capture_logs() as entries:
        await guarded.send("POST", "/memory", {"content": secret, "tags": [secret]}, headers=RIGHT)
        await guarded.send("POST", "/memory", {"content": secret, "importance": secret}, headers=RIGHT)
        await guarded.send("POST", "/memory", [secret], headers=RIGHT)
        await guarded.get(f"/recall?query={secret}&api_key={KEY}")
        await guarded.get(f"/recall?query={secret}&api_key=wrong-{secret}")
        await guarded.send("GET", f"/memory/by-tag?tags={secret}", headers={"Authorization": f"Bearer {secret}"})
    text = repr(entries)
    assert len(entries) >= 6
    assert secret not in text
    assert KEY not in text
