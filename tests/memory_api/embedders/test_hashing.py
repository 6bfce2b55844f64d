"""The hashing embedder is repeatable to the bit, reads every language and finds similar spelling."""

import asyncio
import hashlib
import subprocess
import sys

import numpy as np
import pytest

from memory_api.embedders.base import Embedder
from memory_api.embedders.hashing import HashingEmbedder

EIGHT_MIB = 8 * 1024 * 1024


async def similarity(one: str, other: str) -> float:
    embedder = HashingEmbedder()
    return float(await embedder.embed(one) @ await embedder.embed(other))


def test_it_says_what_it_is_and_how_wide() -> None:
    embedder: Embedder = HashingEmbedder(dimension=256)
    assert (embedder.provider, embedder.model, embedder.dimension) == ("hashing", "hashing-256-1", 256)
    assert HashingEmbedder().model == "hashing-384-1"


async def test_the_vector_of_a_text_never_changes() -> None:
    vector = await HashingEmbedder().embed("Melanie malte 2022 einen Sonnenaufgang; 日の出 🌅")
    assert hashlib.sha256(vector.astype("<f4").tobytes()).hexdigest()[:16] == "53e9ab2d4642f7f9"


def test_another_process_gives_the_same_bits() -> None:
    program = (
        "import asyncio, sys; from memory_api.embedders.hashing import HashingEmbedder;"
        "sys.stdout.write(asyncio.run(HashingEmbedder().embed('the same text')).tobytes().hex())"
    )
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert asyncio.run(HashingEmbedder().embed("the same text")).tobytes().hex() == other


@pytest.mark.parametrize("text", ["", " \n\t", "...!?", "\0", "a", "☎", "東", "\u0301", "ß", "word " * 50_000])
@pytest.mark.parametrize("dimension", [1, 16, 384])
async def test_every_text_gives_a_vector_of_length_one(text: str, dimension: int) -> None:
    vector = await HashingEmbedder(dimension).embed(text)
    assert vector.shape == (dimension,)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    ("text", "similar", "other"),
    [
        ("Caroline adopted two cats", "the cat that Caroline adopts", "quarterly revenue grew again"),
        ("Мы гуляли по парку вместе, собака и дети", "собака любит парк", "отчёт нужно сдать в пятницу"),
        ("मुझे हिन्दी भाषा पसंद है", "हिन्दी भाषा", "कल बारिश होगी"),
        ("私は東京に住んでいます", "東京", "大阪"),
        ("ฉันชอบกินข้าวผัด", "ข้าวผัด", "รถไฟฟ้า"),
    ],
)
async def test_similar_spelling_is_near_in_every_script(text: str, similar: str, other: str) -> None:
    assert await similarity(text, similar) > await similarity(text, other) + 0.1


async def test_case_width_and_composition_of_letters_do_not_matter() -> None:
    assert await similarity("ＣＡＦÉ Straße", "cafe\u0301 STRASSE") == pytest.approx(1)


async def test_punctuation_and_blanks_do_not_matter_but_symbols_do() -> None:
    assert await similarity("well, then: go!", "  well then\tgo") == pytest.approx(1)
    assert await similarity("C++", "C") < 0.5
    assert await similarity("🎂", "🎉") < 0.5


async def test_a_repeated_word_weighs_more_but_does_not_drown_the_rest() -> None:
    text = "tomato tomato tomato tomato lettuce"
    assert await similarity(text, "tomato") > await similarity(text, "lettuce") > 0.2


@pytest.mark.parametrize("piece", ["hello ", "東", "\ufdfa", "."])
async def test_of_a_huge_text_only_the_beginning_is_read(piece: str) -> None:
    embedder = HashingEmbedder()
    huge = piece * (EIGHT_MIB // len(piece.encode()))
    assert np.array_equal(await embedder.embed(huge), await embedder.embed(huge[:40_000]))
