"""The skill package is what the table of languages says, and keeps the rules that `ask` and Amazon's build check."""

import json
import re
from itertools import chain

import pytest

from bridge.alexa.language import Intent, Language
from bridge.alexa.languages import LANGUAGES
from scripts.alexa_package import FOLDER, package

INTENTS = [(language, intent) for language in LANGUAGES for intent in language.intents]


def slots_of(sample: str) -> list[str]:
    return re.findall(r"\{(\w+)\}", sample)


def test_the_files_are_those_that_the_program_writes() -> None:
    written = {str(file.relative_to(FOLDER)): file.read_text("utf-8") for file in FOLDER.rglob("*") if file.is_file()}
    assert written == package(), "run python scripts/alexa_package.py"


def test_the_command_line_finds_the_package() -> None:
    resources = json.loads((FOLDER.parent / "ask-resources.json").read_text("utf-8"))
    assert resources["profiles"]["default"]["skillMetadata"]["src"] == "./skill-package"


def test_the_manifest_points_to_the_endpoint_over_https() -> None:
    manifest = json.loads(package("https://a.example/alexa", "Wildcard")["skill.json"])["manifest"]
    assert manifest["manifestVersion"] == "1.0"
    assert manifest["apis"]["custom"]["endpoint"] == {
        "uri": "https://a.example/alexa",
        "sslCertificateType": "Wildcard",
    }
    for store in manifest["publishingInformation"]["locales"].values():
        assert 1 <= len(store["examplePhrases"]) <= 3
        assert len(store["summary"]) <= 160
        assert all(phrase.startswith("Alexa, ") for phrase in store["examplePhrases"])


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda row: row.locale)
def test_the_intents_that_certification_asks_for_are_there(language: Language) -> None:
    model = json.loads(package()[f"interactionModels/custom/{language.locale}.json"])["interactionModel"]
    names = {intent["name"] for intent in model["languageModel"]["intents"]}
    built_in = ("Help", "Stop", "Cancel", "Fallback", "NavigateHome")
    assert {"RememberIntent", "RecallIntent"} | {f"AMAZON.{name}Intent" for name in built_in} <= names
    # Without its dialog, Alexa passes over Dialog.ElicitSlot.
    assert {intent["name"] for intent in model["dialog"]["intents"]} == {row.name for row in language.intents}
    prompts = {prompt["id"] for prompt in model["prompts"]}
    for intent in model["dialog"]["intents"]:
        assert {slot["prompts"]["elicitation"] for slot in intent["slots"]} <= prompts


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda row: row.locale)
def test_the_invocation_name_is_one_that_can_be_spoken(language: Language) -> None:
    assert re.fullmatch(r"[a-z][a-z.' ]{1,49}", language.invocation)
    assert not {"alexa", "amazon", "echo", "open", "ask", "tell", "launch"} & set(language.invocation.split())


@pytest.mark.parametrize(("language", "intent"), INTENTS, ids=lambda row: getattr(row, "name", ""))
def test_every_sample_holds_the_slot_at_most_once_and_phrases_have_words_around_it(
    language: Language, intent: Intent
) -> None:
    for sample in chain(intent.samples, intent.slot_samples):
        assert slots_of(sample) in ([], [intent.slot]), sample
        assert re.fullmatch(r"[A-Za-z{}'. ]+", sample), sample
    if intent.slot_type == "AMAZON.SearchQuery":
        assert all(re.sub(r"\{\w+\}", "", sample).strip() for sample in intent.samples)


def test_no_sample_stands_twice() -> None:
    for language in LANGUAGES:
        samples = [re.sub(r"\{\w+\}", "{}", each.lower()) for intent in language.intents for each in intent.samples]
        assert len(samples) == len(set(samples))
