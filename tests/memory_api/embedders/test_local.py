"""The local model gives the vectors it should, never blocks without bound, and says what to do when it is not there."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from memory_api.embedders.base import Embedder
from memory_api.embedders.local import MINILM, LocalEmbedder, cpu_flags, overflows
from memory_api.errors import EmbedderBusy, ModelMissing

EIGHT_MIB = 8 * 1024 * 1024


@pytest.fixture(scope="module")
def embedder() -> Iterator[LocalEmbedder]:
    embedder = LocalEmbedder.load()
    yield embedder
    asyncio.run(embedder.close())


async def similarity(embedder: Embedder, one: str, other: str) -> float:
    return float(await embedder.embed(one) @ await embedder.embed(other))


def test_it_says_what_it_is(embedder: LocalEmbedder) -> None:
    as_embedder: Embedder = embedder
    assert (as_embedder.provider, as_embedder.dimension) == ("local", 384)
    assert as_embedder.model == "all-MiniLM-L6-v2-int8-1"


@pytest.mark.parametrize(
    ("one", "other", "original"),
    [
        ("The new movie is awesome", "The new film is so great", 0.869),
        ("How do I reset my password?", "I forgot my login and need a new passphrase", 0.645),
        ("Melanie painted a sunrise over the lake in 2022", "Naïve café owners met on 7 May in Zürich", 0.090),
    ],
)
async def test_cosines_agree_with_the_original_model(
    embedder: LocalEmbedder, one: str, other: str, original: float
) -> None:
    assert await similarity(embedder, one, other) == pytest.approx(original, abs=0.03)


async def test_the_same_meaning_is_nearer_than_another_subject(embedder: LocalEmbedder) -> None:
    question = "What should we feed the dog?"
    same = await similarity(embedder, question, "Our puppy must not eat grapes")
    assert same > await similarity(embedder, question, "The quarterly report is due on Friday") + 0.2


@pytest.mark.parametrize("text", ["", " ", "a", "\0", "😀" * 300, "東京は日本の首都です", "e" + "\u0301" * 500])
async def test_every_text_gives_a_vector_of_length_one(embedder: LocalEmbedder, text: str) -> None:
    vector = await embedder.embed(text)
    assert vector.shape == (384,)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


async def test_a_text_has_the_same_vector_alone_and_among_others(embedder: LocalEmbedder) -> None:
    alone = await embedder.embed("Caroline adopted a cat")
    among = await asyncio.gather(*(embedder.embed(t) for t in ("short", "Caroline adopted a cat", "long " * 200)))
    assert np.array_equal(among[1], alone)


async def test_what_lies_beyond_the_window_does_not_count(embedder: LocalEmbedder) -> None:
    window = "word " * 254
    assert np.array_equal(await embedder.embed(window + "and then a dragon"), await embedder.embed(window))
    assert not np.array_equal(await embedder.embed("word " * 250 + "dragon"), await embedder.embed(window))


@pytest.mark.parametrize("piece", ["a", "hello ", "東", " ", "é."])
async def test_the_largest_request_takes_no_longer_than_its_beginning(embedder: LocalEmbedder, piece: str) -> None:
    largest = piece * (EIGHT_MIB // len(piece.encode()))
    async with asyncio.timeout(5):
        assert np.array_equal(await embedder.embed(largest), await embedder.embed(largest[:40_000]))


async def test_more_texts_than_may_wait_are_refused_at_once() -> None:
    embedder = LocalEmbedder.load(max_waiting=3)
    answers = await asyncio.gather(*(embedder.embed(f"text {n}") for n in range(5)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [np.ndarray] * 3 + [EmbedderBusy] * 2
    assert (await embedder.embed("room again")).shape == (384,)
    await embedder.close()


async def test_a_caller_that_gives_up_leaves_its_place_to_others() -> None:
    embedder = LocalEmbedder.load(max_waiting=1)
    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await embedder.embed("nobody waits for this")
    assert (await embedder.embed("but for this")).shape == (384,)
    await embedder.close()


async def test_closing_finishes_what_was_accepted_and_refuses_what_comes_later() -> None:
    embedder = LocalEmbedder.load()
    first, second, _, late = await asyncio.gather(
        embedder.embed("one"), embedder.embed("two"), embedder.close(), embedder.embed("late"), return_exceptions=True
    )
    assert [type(first), type(second), type(late)] == [np.ndarray, np.ndarray, EmbedderBusy]
    await embedder.close()


def test_without_a_model_the_operator_reads_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"make install.*EMBEDDING_PROVIDER=hashing") as raised:
        LocalEmbedder.load(tmp_path / "minilm")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("name", ["manifest.json", "model.onnx", "tokenizer.json"])
@pytest.mark.parametrize("damage", ["removed", "emptied", "changed"])
def test_a_damaged_model_is_not_loaded(tmp_path: Path, name: str, damage: str) -> None:
    folder = shutil.copytree(MINILM, tmp_path / "minilm")
    content = (folder / name).read_bytes()
    (folder / name).unlink()
    if damage != "removed":
        (folder / name).write_bytes(b"" if damage == "emptied" else content[:-1] + b"?")
    with pytest.raises(ModelMissing, match="make install") as raised:
        LocalEmbedder.load(folder)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("flags", "precise"),
    [("sse2 avx2", True), ("sse2 avx2 avx_vnni", False), ("avx2 avx512f avx512_vnni", False), ("asimd fp", False)],
)
def test_only_processors_that_would_overflow_take_the_precise_path(tmp_path: Path, flags: str, precise: bool) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"processor\t: 0\nflags\t\t: fpu {flags}\n")
    assert overflows(cpu_flags(cpuinfo)) is precise


def test_a_system_that_does_not_tell_its_processor_is_no_obstacle(tmp_path: Path) -> None:
    assert cpu_flags(tmp_path / "cpuinfo") == frozenset()
