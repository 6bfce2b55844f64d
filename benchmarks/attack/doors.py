"""Attacks on who is let in: keys and tokens, claimed addresses, host names, origins."""

from base64 import b64encode
from urllib.parse import quote

from benchmarks.attack.shots import (
    WRONG,
    Aim,
    Header,
    Kind,
    Shot,
    Work,
    calling,
    rest,
    simple,
    work,
)

_BRIDGE_PATHS = ("/mcp", "/mcp/sse", "/mcp/messages", "/admin/stats", "/admin/sessions", "/metrics")
_MEMORY_PATHS = ("/memory", "/recall", "/memory/by-tag?tags=hostile", "/admin/stats", "/metrics", "/associate")
_SPOOFED = (
    "127.0.0.1",
    "::1",
    "::ffff:127.0.0.1",
    "0x7f000001",
    "2130706433",
    "localhost",
    "10.0.0.1",
    "160.79.104.9",
    "127.0.0.1, 127.0.0.1",
    "unknown",
    "_hidden",
    "",
    "a" * 5_000,
    "127.0.0.1\t",
    "[::1]:80",
    "::1%lo",
    ", " * 500,
)
_HOSTS = (
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "evil.example:80",
    "169.254.169.254",
    "0.0.0.0",
    "127.0.0.1@evil.example",
    "evil.example#127.0.0.1",
    "[::ffff:8.8.8.8]",
    "healthcheck.railway.app",
    "",
    " ",
    "a" * 4_000,
    "[",
    "127.0.0.1:port",
    "127.1",
    "2130706433",
    "xn--a",
    "\xff",
)
_ORIGINS = (
    "https://evil.example",
    "null",
    "http://127.0.0.1.evil.example",
    "http://localhost.evil.example",
    "file://",
    "http://127.0.0.1@evil.example",
    "chrome-extension://x",
    "https://claude.ai.evil.example",
    "http://[",
    "x" * 3_000,
    "",
    "http://localhost:1 https://evil.example",
    "javascript:alert(1)",
    "\xff",
)


def wrong_key(aim: Aim) -> Shot:
    """In every place where a key is looked for, and in some where none is."""
    key = aim.wrong_key()
    places: list[list[Header]] = [
        [("Authorization", f"Bearer {key}")],
        [("Authorization", f"bearer  {key} ")],
        [("Authorization", f"Basic {b64encode(key.encode()).decode()}")],
        [("Authorization", key)],
        [("Authorization", f"Bearer {key}"), ("Authorization", f"Bearer {aim.wrong_key()}")],
        [("Authorization", b"Bearer " + key.encode() + b"\xff\xfe")],
        [("Authorization", f"Bearer {key}" + "A" * 6_000)],
        [("X-API-Key", key)],
        [("X-API-Token", key)],
        [("X-Admin-Token", key)],
        [("X-Request-Id", key), ("X-API-Key", key)],
        [("Cookie", f"api_key={key}; Authorization=Bearer {key}; session={key}")],
        [("Proxy-Authorization", f"Bearer {key}")],
        [("X-API-Key", " \t")],
        [("X-API-Key", "\x80\x81")],
    ]
    return simple(aim, work(aim), aim.random.choice(places))


def wrong_key_in_url(aim: Aim) -> Shot:
    """As ?api_key= and its other names."""
    asked, name = work(aim), aim.pick(("api_key", "apiKey", "api_token", "admin_token", "access_token", "API_KEY"))
    return simple(aim, Work(asked.method, f"{asked.target}?{name}={aim.wrong_key()}", asked.headers, asked.body))


def near_key(aim: Aim) -> Shot:
    """A known key that was cut short, doubled, or written in other letters."""
    key = aim.stolen
    near = aim.pick(
        (key[:-1], key + key[-1], key.swapcase(), f"{key},{key}", key[::-1], f"ada:{key}", quote(key) + "%00")
    )
    name = aim.pick(("X-API-Key", "Authorization"))
    return simple(aim, work(aim), [(name, near if name == "X-API-Key" else f"Bearer {near}")])


def missing_key(aim: Aim) -> Shot:
    """Asks for what needs one, with none."""
    path = aim.pick(_BRIDGE_PATHS if aim.is_bridge else _MEMORY_PATHS)
    return simple(aim, aim.random.choice([work(aim), rest("GET", path)]))


def one_key_again_and_again(aim: Aim) -> Shot:
    """The same wrong key every time: it has to wait after some time, and nobody else."""
    return simple(aim, work(aim), [("X-API-Key", f"{WRONG}again-and-again")])


def operators_door(aim: Aim) -> Shot:
    """What the operator alone may see, with whatever a caller has."""
    paths = ("/metrics", "/admin/stats") + (("/admin/sessions", "/admin/sessions/x") if aim.is_bridge else ())
    key = aim.random.choice([aim.wrong_key(), aim.stolen])
    name = aim.pick(("X-Admin-Token", "X-Admin-Api-Key", "Authorization", "X-API-Key"))
    sent = f"Bearer {key}" if name == "Authorization" else key
    return simple(aim, rest(aim.pick(("GET", "DELETE", "POST")), aim.pick(paths)), [(name, sent)])


def forged_forwarding(aim: Aim) -> Shot:
    """Headers by which only a proxy may say who calls."""
    said = aim.pick(_SPOOFED)
    names = ("X-Forwarded-For", "CF-Connecting-IP", "X-Real-IP", "True-Client-IP", "X-Client-IP", "X-Cluster-Client-IP")
    headers: list[Header] = [(name, said) for name in aim.random.sample(names, 2)]
    headers.append(("Forwarded", f'for="{said}";proto=https;host=127.0.0.1'))
    headers.append(("X-Forwarded-Proto", aim.pick(("https", "HTTPS", "http, https", "ws", ""))))
    headers.append(("X-Forwarded-Host", "127.0.0.1"))
    headers.append((aim.pick(("X-Original-URL", "X-Rewrite-URL", "X-HTTP-Method-Override")), "/health"))
    return simple(aim, work(aim), headers)


def rebinding_host(aim: Aim) -> Shot:
    """The name of another site, as a page would send it whose name has been bound to this machine; or two names."""
    host = aim.pick(_HOSTS)
    more: list[Header] = [("Host", "127.0.0.1")] if aim.random.random() < 0.3 else []
    asked = aim.random.choice([work(aim), rest("GET", "/ready"), rest("GET", "/mcp")])
    return simple(aim, asked, more, host=host)


def hostile_origin(aim: Aim) -> Shot:
    """A page of another site, with a preflight or without."""
    origin: Header = ("Origin", aim.pick(_ORIGINS))
    if aim.random.random() < 0.4:
        asked = Work("OPTIONS", work(aim).target, (), b"")
        return simple(aim, asked, [origin, ("Access-Control-Request-Method", "POST")])
    return simple(aim, work(aim), [origin, ("Sec-Fetch-Site", "cross-site"), ("Referer", "https://evil.example/")])


def forged_token(aim: Aim) -> Shot:
    """Access tokens that nobody has sealed."""
    sealed = b64encode(aim.random.randbytes(aim.random.choice([16, 64, 200]))).decode().rstrip("=")
    token = aim.pick(
        (sealed, f"mb_{sealed}", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.", sealed.replace("+", "-"), "." * 90)
    )
    return simple(aim, work(aim), [("Authorization", f"Bearer {token}")])


def tools_of_others(aim: Aim) -> Shot:
    """Arguments that name another's memory, wherever a name could be taken for one."""
    arguments = {
        "query": "honest",
        "tenant": "ada",
        "user": "ada",
        "api_key": aim.wrong_key(),
        "tags": ["ada"],
        "limit": 200,
    }
    if aim.is_bridge:
        return simple(
            aim, calling(aim, aim.pick(("recall_memory", "delete_memory", "associate_memories", "x")), arguments)
        )
    target = aim.pick(
        ("/recall?tenant=ada&query=honest", "/memory/by-tag?tags=honest&tenant=ada", "/recall?queries=a&queries=b")
    )
    return simple(aim, rest("GET", target), [("X-Tenant", "ada"), ("X-User", "ada")])


STRANGERS = (
    Kind("wrong keys in headers and cookies", wrong_key, 10),
    Kind("wrong keys in the URL", wrong_key_in_url, 5),
    Kind("known keys cut short or altered", near_key, 5),
    Kind("no key", missing_key, 6),
    Kind("the same wrong key again and again", one_key_again_and_again, 5),
    Kind("the operator's door", operators_door, 4),
    Kind("forged forwarding headers", forged_forwarding, 6),
    Kind("rebinding Host", rebinding_host, 6, may_succeed=True),
    Kind("hostile Origin", hostile_origin, 5),
    Kind("forged access tokens", forged_token, 4),
)
"""Without a key."""

TENANT = (Kind("own key: what belongs to others", tools_of_others, 5),)
"""With a key of the attacker's own."""
