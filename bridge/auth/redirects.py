"""Where a client may have its users sent back to."""

import re
from collections.abc import Iterable
from urllib.parse import SplitResult, urlencode, urlsplit

from bridge.networks import is_loopback

MAX_URI_CHARS = 2_048

_PRINTABLE = re.compile(r"[\x21-\x7e]+")
_UNSAFE = frozenset('\\"<>^`{|}')
# Schemes of apps on the user's own machine: reverse domain names (RFC 8252 §7.1), and those that editors registered
# before anybody asked for a dot.
_REVERSE_DOMAIN = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")
_EDITORS = frozenset({"cursor", "vscode", "vscode-insiders", "vscodium", "windsurf", "devin", "zed", "antigravity"})
# The one address with a part that is not known beforehand: ChatGPT makes an id for each connector.
_CHATGPT = "https://chatgpt.com/connector/oauth/{id}"
_CHATGPT_ADDRESS = re.compile(r"https://chatgpt\.com/connector/oauth/[A-Za-z0-9_-]{1,128}")


def is_sound(uri: str) -> bool:
    """Whether a client may register this: https anywhere, http on loopback only, or the scheme of an app."""
    if len(uri) > MAX_URI_CHARS or not _PRINTABLE.fullmatch(uri) or _UNSAFE & set(uri) or "#" in uri:
        return False
    parts = _split(uri)
    if parts is None or "@" in parts.netloc or "%" in parts.netloc:
        return False
    if parts.scheme == "https":
        return bool(parts.hostname)
    if parts.scheme == "http":
        return is_loopback(parts.hostname or "")
    return parts.scheme in _EDITORS or bool(_REVERSE_DOMAIN.fullmatch(parts.scheme))


def is_registered(uri: str, registered: Iterable[str]) -> bool:
    """Whether it is one of these, letter for letter; the port of a loopback address may differ (RFC 8252 §7.3)."""
    return is_sound(uri) and any(_fits(uri, each) for each in registered)


def with_parameters(uri: str, parameters: dict[str, str]) -> str:
    """The address with these parameters after its own."""
    return f"{uri}{'&' if urlsplit(uri).query else '?'}{urlencode(parameters)}"


def form_target(uri: str) -> str:
    """What a Content-Security-Policy has to allow, so that a form may end at this address.

    Browsers apply it to every redirect that follows, and the sites of clients redirect further among themselves.
    """
    parts = urlsplit(uri)
    return "https:" if parts.scheme == "https" else f"{parts.scheme}:"


def shown(uri: str) -> str:
    """The part of the address by which a person can tell whose it is."""
    parts = urlsplit(uri)
    if parts.scheme in ("http", "https"):
        return "this computer" if is_loopback(parts.hostname or "") else str(parts.hostname)
    return f"the app behind {parts.scheme}:"


def _fits(uri: str, registered: str) -> bool:
    if registered == _CHATGPT:
        return _CHATGPT_ADDRESS.fullmatch(uri) is not None
    return uri == registered or _differ_in_port_alone(uri, registered)


def _differ_in_port_alone(uri: str, registered: str) -> bool:
    given, known = _split(uri), _split(registered)
    if given is None or known is None or known.scheme != "http" or not is_loopback(known.hostname or ""):
        return False
    # Not by the parts that urlsplit cleans up: all but the port has to be there letter for letter.
    return _without_port(given, uri) == _without_port(known, registered)


def _without_port(parts: SplitResult, uri: str) -> tuple[str, str, str]:
    host = parts.netloc if parts.port is None else parts.netloc.removesuffix(f":{parts.port}")
    return parts.scheme, host.removesuffix(":"), uri.partition(parts.netloc)[2]


def _split(uri: str) -> SplitResult | None:
    try:
        parts = urlsplit(uri)
        # Read here because only reading finds out that it is no number.
        _ = parts.port
    except ValueError:
        return None
    return parts
