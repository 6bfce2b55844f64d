"""The door: who is asking, whether they may do this, and whether they have asked too often."""

from dataclasses import dataclass

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from memory_api.errors import Forbidden, TooManyRequests, Unauthorized
from memory_api.middleware.failures import Failures
from memory_api.middleware.keys import AdminToken, Caller, Keys, digest_of, sent_admin_token, sent_key
from memory_api.middleware.local import check_is_local
from memory_api.middleware.patterns import pattern_of
from memory_api.middleware.rate_limit import RateLimit
from memory_api.responses import TENANT

_READING = frozenset({hdrs.METH_GET, hdrs.METH_HEAD, hdrs.METH_OPTIONS})


@dataclass(frozen=True, slots=True)
class Rules:
    """Routes by who may use them.

    `open` need no key, `admin` the operator's token instead of one. Whatever is no GET counts as a write, but for a
    POST to one of `reading`.
    """

    open: frozenset[str] = frozenset()
    admin: frozenset[str] = frozenset()
    reading: frozenset[str] = frozenset()


class Door:
    """Lets a request in as the tenant that its key belongs to.

    Without any configured key the local user is `owner`, and only requests that a page of another site cannot send
    are let in.
    """

    def __init__(
        self,
        keys: Keys,
        admin: AdminToken,
        rules: Rules,
        *,
        owner: Caller,
        quota: RateLimit | None = None,
        failures: Failures | None = None,
        origins: frozenset[str] = frozenset(),
    ) -> None:
        """`quota` is counted for each key; `origins` are those whose pages may call a service without keys."""
        self._keys = keys
        self._admin = admin
        self._rules = rules
        self._owner = owner
        self._quota = quota
        self._failures = failures or Failures()
        self._origins = origins

    def __repr__(self) -> str:
        return "Door()"

    @property
    def wants_keys(self) -> bool:
        """Whether a caller needs a key."""
        return bool(self._keys)

    def is_secret(self, request: web.Request, text: str) -> bool:
        """Whether this is one of the keys, the operator's token, or what the request itself sends as one."""
        is_known = self._keys.caller(digest_of(text)) is not None or self._admin.matches(text)
        return is_known or text in (sent_key(request), sent_admin_token(request))

    @property
    def admitting(self) -> Middleware:
        """The middleware. Raises Unauthorized, Forbidden and TooManyRequests."""

        @web.middleware
        async def admitted(request: web.Request, handler: Handler) -> web.StreamResponse:
            self._admit(request)
            return await handler(request)

        return admitted

    def _admit(self, request: web.Request) -> None:
        if not self._keys:
            check_is_local(request, self._origins)
        pattern = pattern_of(request)
        if pattern in self._rules.admin:
            self._admit_operator(request)
            return
        caller = self._caller(request)
        if pattern in self._rules.open:
            if caller is not None:
                request[TENANT] = caller.tenant
            return
        if caller is None:
            raise self._refusal(request, sent_key(request), Unauthorized())
        self._count(caller)
        if not caller.may_write and self._is_write(request, pattern):
            raise Forbidden("This key may only read")
        request[TENANT] = caller.tenant

    def _caller(self, request: web.Request) -> Caller | None:
        return self._keys.caller(digest_of(sent_key(request))) if self._keys else self._owner

    def _admit_operator(self, request: web.Request) -> None:
        if not self._admin:
            raise Forbidden("Admin token not configured")
        if not self._admin.is_held_by(request):
            raise self._refusal(request, sent_admin_token(request), Unauthorized("Admin authorization required"))

    def _refusal(self, request: web.Request, sent: str, plain: Unauthorized) -> Unauthorized | TooManyRequests:
        left = self._failures.note(request.remote, digest_of(sent))
        return TooManyRequests("Too many requests without a known key", left) if left else plain

    def _count(self, caller: Caller) -> None:
        if self._quota is not None and (left := self._quota.take(caller.key)):
            raise TooManyRequests("This key has made too many requests", left)

    def _is_write(self, request: web.Request, pattern: str) -> bool:
        is_reading_post = request.method == hdrs.METH_POST and pattern in self._rules.reading
        return request.method not in _READING and not is_reading_post
