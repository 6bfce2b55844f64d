"""Every setting of the bridge: its name in the environment, its default and what it does."""

import os
import re
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

import platformdirs
from pydantic import BaseModel, BeforeValidator, Field, SecretStr, TypeAdapter, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_PRINTABLE = re.compile(r"[\x21-\x7e]+")


class NamedKey(BaseModel):
    """A caller's key and the name it is known by in logs and in the memory service."""

    name: str
    key: SecretStr


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
    name, colon, key = entry.partition(":")
    if not colon or not key:
        raise ValueError(f"entry {position} must be written name:key; entries are separated by commas")
    if not _NAME.fullmatch(name):
        raise ValueError(f"the name of entry {position} must match [a-z0-9][a-z0-9_-]{{0,62}}")
    if not _PRINTABLE.fullmatch(key):
        raise ValueError(f"the key of entry {position} may hold only printable ASCII characters and no spaces")
    return NamedKey(name=name, key=SecretStr(key))


def _listed(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _lowered(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _http_url(value: object) -> object:
    parts = urlsplit(str(value))
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("it must be an http:// or https:// URL")
    if parts.username is not None or parts.password is not None:
        raise ValueError("it must not contain a user name or password; give the key in AUTOMEM_API_KEY")
    if parts.query or parts.fragment:
        raise ValueError("it must not contain a query or a fragment")
    return str(value).rstrip("/")


Key = Annotated[SecretStr, BeforeValidator(_checked_key)]
NamedKeys = Annotated[tuple[NamedKey, ...], NoDecode, BeforeValidator(_named_keys)]
CommaList = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]
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
    mcp_api_keys: NamedKeys = Field((), description="Keys that callers may use, as name:key,name:key.")
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

    trusted_hosts: CommaList = Field(
        (), description="Host names under which the bridge may be called; *.example.org for all below one."
    )
    allowed_origins: CommaList = Field((), description="Web origins whose pages may call the bridge.")

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
    def caller_keys(self) -> tuple[tuple[str, str], ...]:
        """Name and key of everyone who may call the bridge."""
        default = [("default", self.automem_api_token.get_secret_value())] if self.automem_api_token else []
        return (*default, *((named.name, named.key.get_secret_value()) for named in self.mcp_api_keys))

    @property
    def memory_service_keys(self) -> tuple[NamedKey, ...]:
        """MEMORY_API_KEYS, which `up` lets callers use as well. Raises pydantic's ValidationError."""
        given = self.memory_api_keys
        return TypeAdapter(NamedKeys).validate_python(given.get_secret_value()) if given else ()

    @property
    def own_url(self) -> str | None:
        """Where the outside world reaches the bridge, if that is known."""
        return self.public_url or (f"https://{self.railway_public_domain}" if self.railway_public_domain else None)

    @property
    def binds_loopback(self) -> bool:
        """Whether only this machine can reach the HTTP service."""
        if self.host.lower() == "localhost":
            return True
        try:
            return ip_address(self.host.strip("[]")).is_loopback
        except ValueError:
            return False


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
