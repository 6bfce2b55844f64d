"""What one request of Amazon's says, read out of a body whose signature was checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from unicodedata import category

from pydantic import AliasGenerator, BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from bridge.errors import NotFromAlexa

# Amazon's rule: older or further ahead than this is refused.
TOLERANCE = timedelta(seconds=150)
_CONTROL = frozenset({"Cc", "Cs"})


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks: the person where Amazon recognised the voice, and the account, which a household shares."""

    account: str = field(repr=False)
    person: str | None = field(default=None, repr=False)

    @property
    def id(self) -> str:
        """The narrower of the two."""
        return self.person or self.account


@dataclass(frozen=True, slots=True)
class Turn:
    """One request of a conversation."""

    kind: str
    request_id: str
    locale: str
    speaker: Speaker
    device: str | None
    intent: str = ""
    slots: Mapping[str, str] = field(default_factory=dict, repr=False)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    trace: str | None = None
    """The bridge's own id of the HTTP request, for its log and that of the memory service."""

    def slot(self, name: str) -> str:
        """What was said for the slot, on one line and without control characters; empty where nothing was."""
        value = self.slots.get(name, "")
        return " ".join("".join(" " if category(char) in _CONTROL else char for char in value).split())


class _Lenient(BaseModel):
    # Amazon adds properties without notice, and says that a skill must not mind.
    model_config = ConfigDict(extra="ignore", alias_generator=AliasGenerator(validation_alias=to_camel))


class _Application(_Lenient):
    application_id: str


class _User(_Lenient):
    user_id: str


class _Person(_Lenient):
    person_id: str


class _Device(_Lenient):
    device_id: str | None = None


class _System(_Lenient):
    application: _Application
    user: _User
    person: _Person | None = None
    device: _Device | None = None


class _Context(BaseModel):
    System: _System


class _Session(_Lenient):
    application: _Application
    attributes: dict[str, Any] | None = None


class _Slot(_Lenient):
    value: str | None = None


class _Intent(_Lenient):
    name: str
    slots: dict[str, _Slot] | None = None


class _Request(_Lenient):
    type: str
    request_id: str
    timestamp: datetime
    locale: str | None = None
    intent: _Intent | None = None


class _Body(_Lenient):
    context: _Context
    request: _Request
    session: _Session | None = None
    """Some kinds of request, of players for one, belong to no session."""


def read(body: bytes, *, skill_id: str, now: datetime, trace: str | None = None) -> Turn:
    """The turn. Raises NotFromAlexa where it is none, not of this time, or meant for another skill."""
    try:
        sent = _Body.model_validate_json(body)
    except ValidationError:
        raise NotFromAlexa("the body is not a request of a custom skill") from None
    system, session, request = sent.context.System, sent.session, sent.request
    applications = [system.application, *([session.application] if session else [])]
    if any(application.application_id != skill_id for application in applications):
        raise NotFromAlexa("the request is meant for another skill; is ALEXA_SKILL_ID right?")
    _check_time(request.timestamp, now)
    intent = request.intent
    return Turn(
        kind=request.type,
        request_id=request.request_id,
        locale=request.locale or "",
        speaker=Speaker(system.user.user_id, system.person.person_id if system.person else None),
        device=system.device.device_id if system.device else None,
        intent=intent.name if intent else "",
        slots={name: slot.value or "" for name, slot in (intent.slots or {}).items()} if intent else {},
        attributes=(session.attributes if session else None) or {},
        trace=trace,
    )


def _check_time(said: datetime, now: datetime) -> None:
    if said.tzinfo is None or abs(now - said.astimezone(UTC)) > TOLERANCE:
        raise NotFromAlexa(f"the request's time is more than {TOLERANCE.seconds} seconds from now")
