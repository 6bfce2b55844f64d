"""The door: every layer that a request passes before its endpoint, the cheap ones first."""

from urllib.parse import urlsplit

import structlog
from starlette.middleware import Middleware
from starlette.types import Scope

from bridge.auth.gate import CallerKey, Gate
from bridge.auth.oauth import DEFAULT_PATHS, OAuth
from bridge.auth.presented import presented
from bridge.errors import StartupError
from bridge.metrics import Metrics
from bridge.middleware.allowlist import AllowedAddresses
from bridge.middleware.caller import Caller
from bridge.middleware.cors import Cors
from bridge.middleware.failures import SlowFailures
from bridge.middleware.headers import StripHeaders
from bridge.middleware.hosts import AllowedHosts
from bridge.middleware.https import RequireHTTPS
from bridge.middleware.quota import Quota
from bridge.middleware.request_id import RequestId
from bridge.middleware.security_headers import SecurityHeaders
from bridge.middleware.shape import RequestShape
from bridge.networks import Networks
from bridge.rates import RateLimiter
from bridge.settings import Settings

logger = structlog.stdlib.get_logger(__name__)

_PROBED = frozenset({"/health", "/ready"})
_ADMIN = ("/admin/", "/metrics")
_SIGN_IN = ("/oauth/", "/.well-known/")
_FAILURE_SECONDS = 60.0
_FAILURES_PER_KEY = 10
_FAILURES_WITHOUT_KEY = 60
# Hosted clients share their addresses, and each begins with a request that is refused.
_REFUSED_BEFORE_SIGN_IN = 1_200
_STRONG_KEY_CHARS = 20


def door(
    settings: Settings,
    metrics: Metrics,
    *,
    max_body_bytes: int,
    paths: frozenset[str],
    signed_paths: frozenset[str] = frozenset(),
    keyless_posts: frozenset[str] = frozenset(),
    oauth: OAuth | None = None,
) -> list[Middleware]:
    """The layers, outermost first. Raises StartupError where the settings would leave a hole.

    `paths` are those that are served, and are logged and counted by name.
    What comes to `signed_paths` proves by itself from whom it is, wherever it comes from; `keyless_posts` as in Gate.
    With `oauth` its access tokens are as good as keys.
    """
    _check(settings)
    return [
        Middleware(RequestId, ended=metrics.request_ended, paths=paths),
        Middleware(SecurityHeaders),
        Middleware(StripHeaders),
        Middleware(RequestShape, max_body_bytes=max_body_bytes),
        Middleware(Caller, proxies=Networks(settings.trusted_proxies)),
        _hosts(settings),
        *([Middleware(RequireHTTPS, open_paths=_PROBED)] if settings.require_https else []),
        *_addresses(settings, _PROBED | signed_paths),
        *([Middleware(Cors)] if settings.enable_cors else []),
        Middleware(
            SlowFailures,
            identify=_identify,
            of_keys=RateLimiter(_FAILURES_PER_KEY, _FAILURE_SECONDS),
            without_key=RateLimiter(_REFUSED_BEFORE_SIGN_IN if oauth else _FAILURES_WITHOUT_KEY, _FAILURE_SECONDS),
        ),
        _gate(settings, _PROBED | signed_paths, keyless_posts, oauth),
        *_quota(settings),
    ]


def _check(settings: Settings) -> None:
    if settings.require_https and not settings.trusted_proxies:
        raise StartupError(
            "REQUIRE_HTTPS needs TRUSTED_PROXIES: the addresses of the proxy that ends TLS and says so in "
            "X-Forwarded-Proto"
        )
    if settings.disable_auth:
        logger.warning("DISABLE_AUTH is set: every caller is the owner of the memory")
    elif not settings.caller_keys and not settings.binds_loopback:
        raise StartupError(
            f"HOST={settings.host} is reachable from other machines and no key is configured: set AUTOMEM_API_TOKEN or "
            "MCP_API_KEYS, or HOST=127.0.0.1 to serve this machine only"
        )
    elif not settings.caller_keys:
        logger.info("no key is configured: open to the users of this machine, who act without a key")
    elif not settings.binds_loopback:
        _warn_of_weak_keys(settings)


def _warn_of_weak_keys(settings: Settings) -> None:
    # Wrong keys are slowed down one by one: that nobody finds a right one by trying is up to its length.
    weak = [each.name for each in settings.caller_keys if len(each.key) < _STRONG_KEY_CHARS]
    if weak:
        logger.warning(
            "keys are short enough to be guessed: `memory-bridge keys new NAME` makes strong ones", keys=weak
        )


def _hosts(settings: Settings) -> Middleware:
    public = urlsplit(settings.own_url or "")
    return Middleware(
        AllowedHosts,
        hosts=[*settings.trusted_hosts, *([public.hostname] if public.hostname else [])],
        origins=[*settings.allowed_origins, *([f"{public.scheme}://{public.netloc}"] if public.hostname else [])],
        # Under an unknown name a wider service is at least guarded by its keys.
        any_host=not settings.binds_loopback and not settings.trusted_hosts and not public.hostname,
        probed_paths=frozenset({"/health"}),
    )


def _addresses(settings: Settings, open_paths: frozenset[str]) -> list[Middleware]:
    if settings.ip_whitelist_enabled:
        allowed, refusal = settings.allowed_ips, "This address is not in ALLOWED_IPS"
    elif not settings.caller_keys and not settings.disable_auth:
        # A proxy or tunnel on this machine would make everybody a user of it.
        allowed, refusal = ("loopback",), "Without a key only this machine may call; set MCP_API_KEYS"
    else:
        return []
    return [Middleware(AllowedAddresses, addresses=Networks(allowed), refusal=refusal, open_paths=open_paths)]


def _identify(scope: Scope) -> bytes:
    # The operator's token is one, and worth more than the comfort of others at the same address.
    if scope["path"].startswith(_ADMIN):
        return b"admin"
    # Who signs in shows no key yet, and must not wait for others at the same address who never will.
    if scope["path"].startswith(_SIGN_IN) or scope["path"] in DEFAULT_PATHS:
        return b"sign-in"
    return presented(scope).digest


def _gate(
    settings: Settings, open_paths: frozenset[str], keyless_posts: frozenset[str], oauth: OAuth | None
) -> Middleware:
    if settings.disable_auth:
        return Middleware(Gate, keys=(), owner_key=settings.upstream_key, open_paths=open_paths, other_doors=_ADMIN)
    return Middleware(
        Gate,
        keys=[CallerKey(each.name, each.key.get_secret_value(), each.may_write) for each in settings.caller_keys],
        owner_key=None,
        open_paths=open_paths | DEFAULT_PATHS if oauth else open_paths,
        other_doors=(*_ADMIN, *_SIGN_IN) if oauth else _ADMIN,
        keyless_posts=keyless_posts,
        tokens=oauth.verifier if oauth else None,
        challenge=oauth.challenge if oauth else None,
    )


def _quota(settings: Settings) -> list[Middleware]:
    if not settings.rate_limit_requests:
        return []
    return [Middleware(Quota, allowance=RateLimiter(settings.rate_limit_requests, settings.rate_limit_window))]
