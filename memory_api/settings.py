"""Every setting of memory_api: its name in the environment, its default and what it does."""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import platformdirs
from pydantic import BaseModel, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from memory_api.errors import StartupError

DEFAULT_TENANT = "default"

_TENANT = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_PRINTABLE = re.compile(r"[\x21-\x7e]+")
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/?#@,]+")
_READ_ONLY = ":read"


class TenantKey(BaseModel):
    """A key and the tenant whose memories it opens."""

    tenant: str
    key: SecretStr
    may_write: bool = True


def _key(value: object) -> object:
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    if isinstance(text, str) and not _PRINTABLE.fullmatch(text):
        raise ValueError("a key may hold only printable ASCII characters and no spaces")
    return value


def _tenant_keys(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(_tenant_key(entry.strip(), place) for place, entry in enumerate(value.split(","), 1) if entry.strip())


def _tenant_key(entry: str, place: int) -> TenantKey:
    tenant, _, sent = entry.partition(":")
    key = sent.removesuffix(_READ_ONLY)
    if not key or not _TENANT.fullmatch(tenant) or not _PRINTABLE.fullmatch(key):
        raise ValueError(
            f"entry {place} must be name:key or name:key:read, the name matching {_TENANT.pattern}, "
            "the key without spaces"
        )
    return TenantKey(tenant=tenant, key=SecretStr(key), may_write=key == sent)


def _origins(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(_origin(entry.strip(), place) for place, entry in enumerate(value.split(","), 1) if entry.strip())


def _origin(entry: str, place: int) -> str:
    origin = entry.lower().rstrip("/")
    if origin != "*" and not _ORIGIN.fullmatch(origin):
        raise ValueError(f"entry {place} must be an origin such as https://viewer.example.org, or *")
    return origin


def _lowered(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


Weight = Annotated[float | None, Field(ge=0, le=10, allow_inf_nan=False)]
Key = Annotated[SecretStr, BeforeValidator(_key)]


class Settings(BaseSettings):
    """Read from the environment once, at start. A blank value counts as unset."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True)

    port: Annotated[int, Field(ge=0, le=65535)] = Field(8001, description="Port; 0 takes a free one.")
    host: str = Field("127.0.0.1", description="Address to bind; `::` is every IPv6 and IPv4 address.")
    memory_api_data_dir: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("memory-bridge", appauthor=False)),
        description="Folder that holds the memories: one SQLite file per key name.",
    )
    automem_api_token: Key | None = Field(None, description="The key of the tenant `default`.")
    memory_api_keys: Annotated[tuple[TenantKey, ...], NoDecode, BeforeValidator(_tenant_keys)] = Field(
        (), description="Further keys, `name:key` or `name:key:read`, with commas; each name has its own memories."
    )
    admin_api_token: Key | None = Field(None, description="Opens /metrics and /admin/stats; none closes them.")
    rate_limit_requests: Annotated[int, Field(ge=0, le=1_000_000)] = Field(
        0, description="Requests that one key may make in RATE_LIMIT_WINDOW; 0 is any number."
    )
    rate_limit_window: Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)] = Field(
        60, description="In seconds."
    )
    enable_cors: bool = Field(False, description="Answer the browsers of pages at ALLOWED_ORIGINS.")
    allowed_origins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_origins)] = Field(
        (), description="Web origins whose pages may call it, with commas; `*` is every one, and needs keys."
    )
    embedding_provider: Annotated[Literal["auto", "local", "hashing"], BeforeValidator(_lowered)] = Field(
        "auto", description="`local` is the built-in MiniLM, `hashing` needs no model; `auto` takes local where built."
    )
    memory_content_hard_limit: Annotated[int, Field(ge=1, le=100_000)] = Field(
        2_000, description="Longest content of one memory, in characters."
    )
    search_weight_vector: Weight = Field(None, description="Weight of meaning in a recall's score (0.5).")
    search_weight_keyword: Weight = Field(None, description="Weight of words (0.5).")
    search_weight_session: Weight = Field(None, description="Weight of the other turns of its session (0.2).")
    search_weight_neighbour: Weight = Field(None, description="Weight of the turn before or after it (0.3).")
    search_weight_subject: Weight = Field(None, description="Weight of being by or about the person named (0.2).")
    search_weight_time: Weight = Field(None, description="Weight of lying in the time that the question names (0.2).")
    search_weight_exact: Weight = Field(None, description="Weight of holding the question word for word (0.1).")
    search_weight_tag: Weight = Field(None, description="Weight of tags that stand in the question (0.05).")
    search_weight_importance: Weight = Field(None, description="Weight of importance, as far as it answers (0.05).")
    search_weight_confidence: Weight = Field(None, description="Weight of confidence, as far as it answers (0.02).")
    search_weight_recency: Weight = Field(None, description="Weight of newness, as far as it answers (0).")
    search_weight_relation: Weight = Field(None, description="Weight of the relation that led to it (0.25).")
    search_weight_context: Weight = Field(None, description="Weight of fitting what the caller works on (0.5).")
    search_weight_temporal: Weight = Field(None, description="Weight of newness where recency_bias is on (0.1).")
    memory_api_exit_on_eof: bool = Field(
        False, description="End when standard input closes, that is, when the process that started this one is gone."
    )
    memory_api_local_token: bool = Field(
        False, description="Without any key, require the random token that memory_api.json holds of every caller."
    )
    memory_api_idle_seconds: Annotated[float, Field(ge=0, le=604_800, allow_inf_nan=False)] = Field(
        0, description="End after so long without a request; 0 is never. Asking /health does not count."
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lowered)] = Field(
        "info", description="Least level that is logged."
    )
    log_format: Annotated[Literal["auto", "console", "json"], BeforeValidator(_lowered)] = Field(
        "auto", description="`console` for people, `json` for machines; `auto` looks whether stderr is a terminal."
    )

    @model_validator(mode="after")
    def _keys_where_others_can_reach(self) -> Self:
        if not self.keys and not _is_loopback(self.host):
            raise ValueError(
                "HOST: refusing to listen beyond this machine without a key; set AUTOMEM_API_TOKEN, or HOST=127.0.0.1"
            )
        if len({key.key.get_secret_value() for key in self.keys}) < len(self.keys):
            raise ValueError("MEMORY_API_KEYS: the same key is given twice")
        return self

    @model_validator(mode="after")
    def _origins_where_pages_are_answered(self) -> Self:
        if self.enable_cors and not self.allowed_origins:
            raise ValueError("ALLOWED_ORIGINS: ENABLE_CORS needs the origins whose pages may call this service")
        if "*" in self.allowed_origins and not self.keys:
            raise ValueError("ALLOWED_ORIGINS: without a key every page could read the memory; name the origins")
        return self

    @property
    def cors_origins(self) -> tuple[str, ...]:
        """Origins whose pages are answered; none while CORS is off."""
        return self.allowed_origins if self.enable_cors else ()

    @property
    def keys(self) -> tuple[TenantKey, ...]:
        """All keys; none means that the local user is let in without one."""
        token = self.automem_api_token
        own = () if token is None else (TenantKey(tenant=DEFAULT_TENANT, key=token),)
        return own + self.memory_api_keys

    @property
    def search_weights(self) -> dict[str, float]:
        """The weights that were set, by the name of their component."""
        prefix = "search_weight_"
        return {
            name.removeprefix(prefix): value
            for name in type(self).model_fields
            if name.startswith(prefix) and (value := getattr(self, name)) is not None
        }


class _Given(Settings):
    """Settings from nothing but what is handed in."""

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource, *_: Any, **__: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def read(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of the process, or those given. Raises StartupError naming the variable, never showing its value."""
    try:
        if environment is None:
            return Settings()
        return _Given(**{name.lower(): value for name, value in environment.items() if value})  # type: ignore[arg-type]
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        variable = str(problem["loc"][0]).upper() + ": " if problem["loc"] else ""
        raise StartupError(variable + problem["msg"].removeprefix("Value error, ")) from None
