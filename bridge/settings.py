"""Every setting of the bridge: its name in the environment, its default and what it does."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import SplitResult, urlsplit

import platformdirs
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bridge.networks import Networks, is_loopback

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_PRINTABLE = re.compile(r"[\x21-\x7e]+")
_LEAST_SECRET_CHARS = 32
_READ_ONLY = ":read"
_SKILL_ID = re.compile(r"amzn1\.ask\.skill\.[A-Za-z0-9-]{1,64}")


class NamedKey(BaseModel):
    """A caller's key, the name it is known by in logs and in the memory service, and what it may do."""

    name: str
    key: SecretStr
    may_write: bool = True


def is_key_name(text: str) -> bool:
    """Whether a key may have this name."""
    return _NAME.fullmatch(text) is not None


def _checked_key(value: object) -> object:
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    if isinstance(text, str) and not _PRINTABLE.fullmatch(text):
        raise ValueError("a key may hold only printable ASCII characters and no spaces")
    return value


def _named_keys(value: object) -> object:
    if not isinstance(value, str):
        return value
    keys = [_named_key(entry.strip(), position) for position, entry in enumerate(value.split(","), 1)]
    if len({key.key.get_secret_value() for key in keys}) < len(keys):
        raise ValueError("the same key is given twice")
    return tuple(keys)


def _named_key(entry: str, position: int) -> NamedKey:
    name, _, sent = entry.partition(":")
    key = sent.removesuffix(_READ_ONLY)
    if not key:
        raise ValueError(f"entry {position} must be written name:key or name:key:read; entries are separated by commas")
    if not is_key_name(name):
        raise ValueError(f"the name of entry {position} must match [a-z0-9][a-z0-9_-]{{0,62}}")
    if not _PRINTABLE.fullmatch(key):
        raise ValueError(f"the key of entry {position} may hold only printable ASCII characters and no spaces")
    return NamedKey(name=name, key=SecretStr(key), may_write=key == sent)


def _listed(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _skill_id(value: object) -> object:
    if not isinstance(value, str) or not _SKILL_ID.fullmatch(value.strip()):
        raise ValueError("it must be the id that Amazon gave the skill: amzn1.ask.skill. and a UUID")
    return value.strip()


def _tenant_name(value: object) -> object:
    if not isinstance(value, str) or not _NAME.fullmatch(value.strip()):
        raise ValueError("it must be the name of a key: [a-z0-9][a-z0-9_-]{0,62}")
    return value.strip()


def _addresses(value: object) -> object:
    entries = _listed(value)
    if isinstance(entries, tuple):
        Networks(entries)
    return entries


def _lowered(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _has_sound_port(parts: SplitResult) -> bool:
    try:
        return parts.port is None or parts.port > 0
    except ValueError:
        # Whose words quote the URL, and so perhaps a password.
        return False


def _http_url(value: object) -> object:
    parts = urlsplit(str(value))
    if parts.scheme not in ("http", "https") or not parts.hostname or not _has_sound_port(parts):
        raise ValueError("it must be an http:// or https:// URL")
    if parts.username is not None or parts.password is not None:
        raise ValueError("it must not contain a user name or password; give the key in AUTOMEM_API_KEY")
    if parts.query or parts.fragment:
        raise ValueError("it must not contain a query or a fragment")
    return str(value).rstrip("/")


def _sealing_secrets(value: object) -> object:
    if not isinstance(value, str):
        return value
    secrets = [part.strip() for part in value.split(",") if part.strip()]
    if any(len(secret) < _LEAST_SECRET_CHARS for secret in secrets):
        raise ValueError(f"each must have at least {_LEAST_SECRET_CHARS} characters; `openssl rand -hex 32` makes one")
    return tuple(SecretStr(secret) for secret in secrets)


def _redis_url(value: object) -> object:
    text = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
    parts = urlsplit(text)
    if parts.scheme not in ("redis", "rediss") or not parts.hostname or not _has_sound_port(parts):
        raise ValueError("it must be a redis:// or rediss:// URL")
    return SecretStr(text)


Key = Annotated[SecretStr, BeforeValidator(_checked_key)]
NamedKeys = Annotated[tuple[NamedKey, ...], NoDecode, BeforeValidator(_named_keys)]
_NAMED_KEYS = TypeAdapter(NamedKeys, config=ConfigDict(hide_input_in_errors=True))
CommaList = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]
AddressList = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_addresses)]
SealingSecrets = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_sealing_secrets)]
RedisUrl = Annotated[SecretStr, BeforeValidator(_redis_url)]
SkillId = Annotated[str, BeforeValidator(_skill_id)]
TenantName = Annotated[str, BeforeValidator(_tenant_name)]
HttpUrl = Annotated[str, BeforeValidator(_http_url)]
Port = Annotated[int, Field(ge=1, le=65535)]
Milliseconds = Annotated[int, Field(ge=1, le=600_000)]


class Settings(BaseSettings):
    """Read from the environment once, at start. A blank value counts as unset.

    Raises pydantic's ValidationError; `describe` turns it into one line.
    """

    model_config = SettingsConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    port: Port = Field(8080, description="Port of the HTTP service.")
    host: str = Field("127.0.0.1", description="Address to bind; `::` is every IPv4 and IPv6 address.")
    public_url: HttpUrl | None = Field(None, description="Address under which clients reach the bridge from outside.")
    railway_public_domain: str | None = Field(None, description="Set by Railway: the default host of PUBLIC_URL.")

    automem_api_url: HttpUrl | None = Field(
        None, description="Address of the memory service. Default http://127.0.0.1:8001; for stdio, this machine's own."
    )
    automem_endpoint: HttpUrl | None = Field(None, description="Older name of AUTOMEM_API_URL.")
    automem_api_key: Key | None = Field(None, description="The bridge's own key for the memory service.")
    automem_api_token: Key | None = Field(
        None, description="A key that callers may use, named default; also the bridge's own without AUTOMEM_API_KEY."
    )
    memory_api_key: Key | None = Field(None, description="The bridge's own key when neither of the above is set.")
    mcp_api_keys: NamedKeys = Field((), description="Keys that callers may use, as name:key,name:key:read.")
    admin_api_token: Key | None = Field(None, description="What opens /metrics and /admin; without it nobody may.")
    disable_auth: bool = Field(False, description="Treat every caller as the owner. Never on an open network.")

    upstream_timeout_ms: Milliseconds = Field(15_000, description="Time for one attempt at the memory service.")
    upstream_max_retries: int = Field(2, ge=0, le=10, description="Further attempts after one that may be repeated.")
    health_timeout_ms: Milliseconds = Field(5_000, description="Time for one health probe of the memory service.")
    health_probe_interval_ms: Annotated[int, Field(ge=100, le=3_600_000)] = Field(
        30_000, description="Time between two health probes."
    )

    mcp_session_ttl_seconds: float = Field(
        3_600, gt=0, le=604_800, allow_inf_nan=False, description="Idle time after which an MCP session ends."
    )
    mcp_session_secret: Key | None = Field(
        None, description="What session ids are sealed with, the same on every replica; from the keys if unset."
    )
    mcp_session_recovery: bool = Field(
        True, description="Answer for sessions that another process issued or that were idle too long, instead of 404."
    )
    mcp_events_per_stream: int = Field(
        1_000, ge=1, le=1_000_000, description="Events of one stream that are kept for a client that lost it."
    )
    mcp_max_sessions: int = Field(10_000, ge=1, le=1_000_000, description="Open MCP sessions at most, per transport.")
    mcp_sse_ping_seconds: float = Field(
        20, gt=0, le=3_600, allow_inf_nan=False, description="Time between two pings on an open event stream."
    )
    mcp_json_response: bool = Field(False, description="Answer POST /mcp with plain JSON instead of an event stream.")

    bridge_data_dir: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("memory-bridge", appauthor=False)),
        description="Folder of the little that the bridge keeps.",
    )

    oauth_secret: SealingSecrets = Field(
        (), description="What sign-ins are sealed with: the first of several seals, all of them open."
    )
    state_url: RedisUrl | None = Field(
        None, description="Redis that several replicas share their record of sign-ins in; else a file."
    )

    alexa_skill_id: SkillId | None = Field(
        None, description="Id of the Alexa skill that POST /alexa answers; without one there is no such path."
    )
    alexa_tenant: TenantName | None = Field(
        None, description="Name of the key whose memory the skill uses for everybody who is not paired."
    )
    alexa_unscoped_recall: bool = Field(
        False, description="Where a speaker's own notes hold no answer, let Alexa look at all notes of that memory."
    )

    trusted_hosts: CommaList = Field(
        (), description="Host names under which the bridge may be called; *.example.org for all below one."
    )
    allowed_origins: CommaList = Field((), description="Web origins whose pages may call the bridge.")
    enable_cors: bool = Field(False, description="Let pages of allowed origins call from a browser.")
    trusted_proxies: AddressList = Field(
        (), description="Proxies that are believed about who calls, as CIDRs, loopback, private or anthropic."
    )
    require_https: bool = Field(False, description="Refuse what did not come over https, as TRUSTED_PROXIES say.")
    ip_whitelist_enabled: bool = Field(False, description="Serve only callers from ALLOWED_IPS.")
    allowed_ips: AddressList = Field(
        ("loopback", "private", "anthropic"), description="Their addresses, written as those of TRUSTED_PROXIES."
    )
    rate_limit_requests: int = Field(
        600, ge=0, le=1_000_000_000, description="Requests of one key per RATE_LIMIT_WINDOW; 0 is without a limit."
    )
    rate_limit_window: int = Field(60, ge=1, le=86_400, description="Seconds for RATE_LIMIT_REQUESTS.")
    max_running_requests: int = Field(
        128, ge=1, le=100_000, description="Requests served at once; a key may hold as many as it leaves to others."
    )

    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lowered)] = Field(
        "info", description="Least severity that is logged."
    )
    log_format: Annotated[Literal["auto", "console", "json"], BeforeValidator(_lowered)] = Field(
        "auto", description="Console on a terminal and JSON otherwise, or always one of them."
    )

    bridge_port: Port = Field(8080, description="`up` only: port of the bridge.")
    memory_api_port: Port = Field(8001, description="`up` only: port of the memory service.")
    memory_api_keys: SecretStr | None = Field(
        None, description="`up` only: keys of the memory service; those of MCP_API_KEYS if unset."
    )
    memory_api_data_dir: str | None = Field(
        None, description="Folder of the memories: `up` shows it, and stdio finds the memory service by it."
    )

    @model_validator(mode="before")
    @classmethod
    def _blank_is_unset(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        return {name: value for name, value in data.items() if not (isinstance(value, str) and not value.strip())}

    @model_validator(mode="after")
    def _ports_differ(self) -> Self:
        if self.bridge_port == self.memory_api_port:
            raise ValueError("BRIDGE_PORT and MEMORY_API_PORT must differ")
        return self

    @model_validator(mode="after")
    def _admin_is_no_caller(self) -> Self:
        if any(each.key == self.admin_api_token for each in self.caller_keys):
            raise ValueError("ADMIN_API_TOKEN must differ from the keys of callers")
        return self

    @model_validator(mode="after")
    def _each_key_has_one_name(self) -> Self:
        if any(each.key == self.automem_api_token for each in self.mcp_api_keys):
            raise ValueError("AUTOMEM_API_TOKEN must differ from the keys of MCP_API_KEYS")
        return self

    @property
    def memory_folder(self) -> Path:
        """Where this machine's memory service keeps the memories."""
        default = platformdirs.user_data_dir("memory-bridge", appauthor=False)
        return Path(self.memory_api_data_dir or default).absolute()

    @property
    def upstream_url(self) -> str:
        """Base address of the memory service, without a slash at its end."""
        return self.automem_api_url or self.automem_endpoint or "http://127.0.0.1:8001"

    @property
    def upstream_key(self) -> str | None:
        """The bridge's own key for the memory service."""
        key = self.automem_api_key or self.automem_api_token or self.memory_api_key
        return key.get_secret_value() if key else None

    @property
    def caller_keys(self) -> tuple[NamedKey, ...]:
        """The keys of everyone who may call the bridge."""
        default = [NamedKey(name="default", key=self.automem_api_token)] if self.automem_api_token else []
        return (*default, *self.mcp_api_keys)

    @property
    def admin_token(self) -> str | None:
        """What the operator shows."""
        return self.admin_api_token.get_secret_value() if self.admin_api_token else None

    @property
    def owner_keys(self) -> dict[str, str | None]:
        """For each name of a memory the first key that opens it, one that may write before one that may not.

        None where none is configured anywhere; `default` is the bridge's own where callers have no such key. Raises
        pydantic's ValidationError.
        """
        named = self.mcp_api_keys or self.memory_service_keys
        keys: dict[str, str | None] = {}
        if self.automem_api_token:
            keys["default"] = self.automem_api_token.get_secret_value()
        for each in sorted(named, key=lambda each: not each.may_write):
            keys.setdefault(each.name, each.key.get_secret_value())
        if self.upstream_key or not named:
            keys.setdefault("default", self.upstream_key)
        return keys

    @property
    def readers(self) -> frozenset[str]:
        """The names of which no key may write. Raises pydantic's ValidationError."""
        named = self.mcp_api_keys or self.memory_service_keys
        writers = {each.name for each in named if each.may_write} | ({"default"} if self.upstream_key else set())
        return frozenset(each.name for each in named) - writers

    @property
    def memory_service_keys(self) -> tuple[NamedKey, ...]:
        """MEMORY_API_KEYS, which `up` lets callers use as well. Raises pydantic's ValidationError."""
        given = self.memory_api_keys
        return _NAMED_KEYS.validate_python(given.get_secret_value()) if given else ()

    @property
    def own_url(self) -> str | None:
        """Where the outside world reaches the bridge, if that is known."""
        return self.public_url or (f"https://{self.railway_public_domain}" if self.railway_public_domain else None)

    @property
    def binds_loopback(self) -> bool:
        """Whether only this machine can reach the HTTP service."""
        return is_loopback(self.host.lower().strip("[]"))


def describe(error: ValidationError) -> str:
    """One line that names each bad variable and what is allowed, and never holds the value of a secret."""
    schema = Settings.model_json_schema(mode="validation")["properties"]
    return "; ".join(_problem(details["loc"], details["type"], details["msg"], schema) for details in error.errors())


def environment_with(changes: Mapping[str, str]) -> dict[str, str]:
    """The environment of this process with `changes` applied, for a child process."""
    return {**os.environ, **changes}


def _problem(location: tuple[int | str, ...], kind: str, message: str, schema: Mapping[str, Any]) -> str:
    message = message.removeprefix("Value error, ")
    if not location:
        return message
    name = str(location[0])
    if kind == "value_error":
        return f"{name.upper()} is not valid: {message}"
    return f"{name.upper()} must be {_allowed(schema[name])}"


def _allowed(field: Mapping[str, Any]) -> str:
    if "enum" in field:
        return "one of " + ", ".join(field["enum"])
    if field.get("type") == "boolean":
        return "true or false"
    noun = {"integer": "a whole number", "number": "a number"}.get(field.get("type", ""), "a text")
    if "minimum" in field:
        return f"{noun} from {field['minimum']} to {field['maximum']}"
    return f"{noun} above {field['exclusiveMinimum']} and up to {field['maximum']}" if "maximum" in field else noun
