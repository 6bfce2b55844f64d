"""Writes deploy/alexa/skill-package from the table of languages, in the form that Amazon's `ask` takes."""

import argparse
import json
from pathlib import Path
from typing import Any

from bridge.alexa.language import Intent, Language
from bridge.alexa.languages import LANGUAGES

FOLDER = Path(__file__).resolve().parent.parent / "deploy" / "alexa" / "skill-package"
ENDPOINT = "https://memory.example.org/alexa"

_BUILT_IN = (
    "AMAZON.HelpIntent",
    "AMAZON.StopIntent",
    "AMAZON.CancelIntent",
    "AMAZON.FallbackIntent",
    "AMAZON.NavigateHomeIntent",
    "AMAZON.YesIntent",
    "AMAZON.NoIntent",
)
_CERTIFICATE_TYPES = ("Trusted", "Wildcard", "SelfSigned")


def manifest(endpoint: str, certificate: str) -> dict[str, Any]:
    """skill.json."""
    return {
        "manifest": {
            "manifestVersion": "1.0",
            "publishingInformation": {
                "locales": {language.locale: _store(language) for language in LANGUAGES},
                "category": "ORGANIZERS_AND_ASSISTANTS",
                "isAvailableWorldwide": False,
                "distributionCountries": ["US"],
                "distributionMode": "PRIVATE",
                "testingInstructions": LANGUAGES[0].store.testing_instructions,
            },
            "apis": {"custom": {"endpoint": {"uri": endpoint, "sslCertificateType": certificate}, "interfaces": []}},
            "permissions": [],
            "privacyAndCompliance": {
                "allowsPurchases": False,
                "usesPersonalInfo": True,
                "isChildDirected": False,
                "isExportCompliant": True,
                "containsAds": False,
                "locales": {},
            },
        }
    }


def interaction_model(language: Language) -> dict[str, Any]:
    """interactionModels/custom/<locale>.json."""
    return {
        "interactionModel": {
            "languageModel": {
                "invocationName": language.invocation,
                "intents": [
                    *({"name": name, "samples": []} for name in _BUILT_IN),
                    *(_intent(intent) for intent in language.intents),
                ],
                "types": [],
            },
            "dialog": {
                "delegationStrategy": "SKILL_RESPONSE",
                "intents": [_dialog(intent) for intent in language.intents],
            },
            "prompts": [_prompt(intent) for intent in language.intents],
        }
    }


def package(endpoint: str = ENDPOINT, certificate: str = "Trusted") -> dict[str, str]:
    """Path in the package and text of each of its files."""
    files: dict[str, Any] = {"skill.json": manifest(endpoint, certificate)}
    for language in LANGUAGES:
        files[f"interactionModels/custom/{language.locale}.json"] = interaction_model(language)
    return {path: json.dumps(content, ensure_ascii=False, indent=2) + "\n" for path, content in files.items()}


def _store(language: Language) -> dict[str, Any]:
    store = language.store
    return {
        "name": store.name,
        "summary": store.summary,
        "description": store.description,
        "examplePhrases": list(store.example_phrases),
        "keywords": list(store.keywords),
    }


def _intent(intent: Intent) -> dict[str, Any]:
    slot = {"name": intent.slot, "type": intent.slot_type, "samples": list(intent.slot_samples)}
    return {"name": intent.name, "slots": [slot], "samples": list(intent.samples)}


def _dialog(intent: Intent) -> dict[str, Any]:
    slot = {
        "name": intent.slot,
        "type": intent.slot_type,
        "confirmationRequired": False,
        "elicitationRequired": True,
        "prompts": {"elicitation": _prompt_id(intent)},
    }
    return {
        "name": intent.name,
        "delegationStrategy": "SKILL_RESPONSE",
        "confirmationRequired": False,
        "prompts": {},
        "slots": [slot],
    }


def _prompt(intent: Intent) -> dict[str, Any]:
    return {"id": _prompt_id(intent), "variations": [{"type": "PlainText", "value": intent.prompt}]}


def _prompt_id(intent: Intent) -> str:
    return f"Elicit.{intent.name}.{intent.slot}"


def main() -> None:
    """Writes every file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--endpoint", default=ENDPOINT, help="where Amazon reaches the bridge (default: %(default)s)")
    parser.add_argument("--certificate", default="Trusted", choices=_CERTIFICATE_TYPES, help="kind of its certificate")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where to (default: deploy/alexa/skill-package)")
    options = parser.parse_args()
    for path, text in package(options.endpoint, options.certificate).items():
        file = options.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        print(file)


if __name__ == "__main__":
    main()
