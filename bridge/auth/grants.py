"""What somebody has allowed a client to do, as it is sealed into codes and tokens."""

from collections.abc import Callable, Sequence

from mcp.shared.auth import OAuthToken
from pydantic import BaseModel, ConfigDict

from bridge.auth.seal import Seal

CODE_SECONDS = 300
ACCESS_SECONDS = 3_600
REFRESH_SECONDS = 30 * 86_400


class Grant(BaseModel):
    """One connection: whose memory, which client, for what. `key` is the digest of the person's key, not the key."""

    model_config = ConfigDict(frozen=True)

    connection: str
    name: str
    key: str
    client_id: str
    client_name: str
    scopes: tuple[str, ...]
    resource: str
    connected_at: float


class Code(BaseModel):
    """An authorization code: the grant, and what whoever redeems it has to prove. Times are seconds since 1970."""

    model_config = ConfigDict(frozen=True)

    grant: Grant
    redirect_uri: str
    code_challenge: str
    expires_at: float


class Access(BaseModel):
    """An access token. Its scopes may be fewer than those of the grant."""

    model_config = ConfigDict(frozen=True)

    grant: Grant
    scopes: tuple[str, ...]
    expires_at: float


class Refresh(BaseModel):
    """A refresh token: one of each generation of its connection."""

    model_config = ConfigDict(frozen=True)

    grant: Grant
    generation: int
    expires_at: float


class Tokens:
    """Makes codes and tokens, and opens those that are genuine and have not expired."""

    def __init__(self, secrets: Sequence[bytes], now: Callable[[], float]) -> None:
        self._codes = Seal(secrets, "mbc_", Code)
        self._accesses = Seal(secrets, "mba_", Access)
        self._refreshes = Seal(secrets, "mbr_", Refresh)
        self._now = now

    def code(self, grant: Grant, *, redirect_uri: str, code_challenge: str) -> str:
        """A code for this grant, good for five minutes."""
        expires_at = self._now() + CODE_SECONDS
        content = Code(grant=grant, redirect_uri=redirect_uri, code_challenge=code_challenge, expires_at=expires_at)
        return self._codes.seal(content)

    def pair(self, grant: Grant, *, scopes: Sequence[str], generation: int, issued_at: float) -> OAuthToken:
        """Access and refresh token; the same arguments give the same pair."""
        access = Access(grant=grant, scopes=tuple(scopes), expires_at=issued_at + ACCESS_SECONDS)
        refresh = Refresh(grant=grant, generation=generation, expires_at=issued_at + REFRESH_SECONDS)
        return OAuthToken(
            access_token=self._accesses.seal(access),
            refresh_token=self._refreshes.seal(refresh),
            expires_in=max(0, int(access.expires_at - self._now())),
            scope=" ".join(scopes),
        )

    def open_code(self, text: str) -> Code | None:
        """The code, unless it is forged or expired."""
        code = self._codes.open(text)
        return code if code is not None and self._now() < code.expires_at else None

    def open_access(self, text: str) -> Access | None:
        """The access token, unless it is forged or expired."""
        access = self._accesses.open(text)
        return access if access is not None and self._now() < access.expires_at else None

    def open_refresh(self, text: str) -> Refresh | None:
        """The refresh token, unless it is forged or expired."""
        refresh = self._refreshes.open(text)
        return refresh if refresh is not None and self._now() < refresh.expires_at else None
