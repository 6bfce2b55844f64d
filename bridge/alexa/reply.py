"""An answer in the shape that Amazon's rules ask for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Amazon takes less than 8,000.
MAX_SPEECH_CHARS = 7_900
_LAUNCHED = "launched"


@dataclass(frozen=True, slots=True)
class Reply:
    """What is said, and whether Alexa listens for more: it does where there is a reprompt.

    Without text nothing is said. `elicits` is the intent and the slot that the next words are for; `outcome` is for the
    log.
    """

    text: str = ""
    reprompt: str = ""
    elicits: tuple[str, str] | None = None
    launched: bool = False
    """The session began with a LaunchRequest, which its attributes carry on."""
    ends: bool = True
    outcome: str = field(default="ok", kw_only=True)

    def rendered(self) -> dict[str, Any]:
        """The JSON that Amazon reads."""
        response: dict[str, Any] = {}
        if self.text:
            response["outputSpeech"] = _speech(self.text)
        if self.reprompt:
            response["reprompt"] = {"outputSpeech": _speech(self.reprompt)}
        if self.elicits:
            response["directives"] = [_elicitation(*self.elicits)]
        if self.reprompt or self.ends:
            response["shouldEndSession"] = not self.reprompt
        attributes = {_LAUNCHED: True} if self.launched else {}
        return {"version": "1.0", "sessionAttributes": attributes, "response": response}


SILENCE = Reply(ends=False)
"""The only answer that every kind of request may get."""


def was_launched(attributes: Mapping[str, Any]) -> bool:
    """Whether the session that these attributes belong to began with a LaunchRequest."""
    return attributes.get(_LAUNCHED) is True


def _speech(text: str) -> dict[str, str]:
    return {"type": "PlainText", "text": text[:MAX_SPEECH_CHARS]}


def _elicitation(intent: str, slot: str) -> dict[str, Any]:
    slots = {slot: {"name": slot, "confirmationStatus": "NONE"}}
    updated = {"name": intent, "confirmationStatus": "NONE", "slots": slots}
    return {"type": "Dialog.ElicitSlot", "slotToElicit": slot, "updatedIntent": updated}
