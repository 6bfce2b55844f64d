"""What is kept of the key that a request shows."""

from starlette.types import Scope

from bridge.auth.presented import digest_of, presented


def scope(query: bytes = b"", **headers: str) -> Scope:
    raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": "http", "headers": raw, "query_string": query}


def test_only_its_digest_is_kept_and_not_shown() -> None:
    request = scope(x_api_key="p4ss")
    assert presented(request).digest == digest_of("p4ss")
    assert "p4ss" not in repr(request["state"])
    assert digest_of("p4ss").hex() not in repr(request["state"])


def test_without_a_key_there_is_no_digest() -> None:
    assert presented(scope(authorization="Basic eDp5")).digest == b""


def test_it_is_looked_for_once() -> None:
    request = scope(b"api_key=p4ss")
    assert presented(request).in_url
    assert presented(request) is presented(request)
