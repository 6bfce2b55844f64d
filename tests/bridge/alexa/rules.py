"""Amazon's rules for the answer of a custom skill, as a schema and what a schema cannot say.

Source: "Request and Response JSON Reference" and "Best Practices for Text Responses" of the Alexa Skills Kit.
"""

import json
from typing import Any

import jsonschema  # type: ignore[import-untyped]

MAX_BYTES = 24 * 1024

_SPEECH = {
    "type": "object",
    "properties": {
        "type": {"const": "PlainText"},
        # Fewer than 8,000 characters; no control characters, and no markup, which would be read out.
        "text": {"type": "string", "minLength": 1, "maxLength": 7_999, "pattern": r"^[^\u0000-\u001f<>*_`{}]+$"},
    },
    "required": ["type", "text"],
    "additionalProperties": False,
}
_INTENT = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "confirmationStatus": {"enum": ["NONE", "CONFIRMED", "DENIED"]},
        "slots": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "confirmationStatus": {"enum": ["NONE"]}},
                "required": ["name"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["name", "confirmationStatus", "slots"],
    "additionalProperties": False,
}
_ELICIT = {
    "type": "object",
    "properties": {
        "type": {"const": "Dialog.ElicitSlot"},
        "slotToElicit": {"type": "string"},
        "updatedIntent": _INTENT,
    },
    "required": ["type", "slotToElicit"],
    "additionalProperties": False,
}
_OPEN = {"properties": {"shouldEndSession": {"const": False}}, "required": ["shouldEndSession"]}
SCHEMA = {
    "type": "object",
    "properties": {
        "version": {"const": "1.0"},
        "sessionAttributes": {"type": "object"},
        "response": {
            "type": "object",
            "properties": {
                "outputSpeech": _SPEECH,
                "reprompt": {
                    "type": "object",
                    "properties": {"outputSpeech": _SPEECH},
                    "required": ["outputSpeech"],
                    "additionalProperties": False,
                },
                "directives": {"type": "array", "items": _ELICIT, "minItems": 1, "maxItems": 1},
                "shouldEndSession": {"type": "boolean"},
            },
            "additionalProperties": False,
            "allOf": [
                # Whoever is asked must be listened to, and whoever is listened to must have been asked.
                {"if": {"required": ["reprompt"]}, "then": {**_OPEN, "required": ["shouldEndSession", "outputSpeech"]}},
                {"if": {"required": ["directives"]}, "then": _OPEN},
                {"if": _OPEN, "then": {"required": ["outputSpeech", "reprompt"]}},
            ],
        },
    },
    "required": ["version", "response"],
    "additionalProperties": False,
}


def check(kind: str, answer: Any) -> None:
    """Fails where the answer to a request of this kind breaks a rule."""
    jsonschema.Draft202012Validator(SCHEMA).validate(answer)
    assert len(json.dumps(answer).encode()) < MAX_BYTES
    response = answer["response"]
    if kind == "LaunchRequest":
        assert response["outputSpeech"]
        assert response["shouldEndSession"] is False
    elif kind == "IntentRequest":
        assert "shouldEndSession" in response
    else:
        # SessionEndedRequest may not be answered with anything, nor may requests of interfaces that are not declared.
        assert response == {}
