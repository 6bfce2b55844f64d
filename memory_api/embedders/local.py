"""Turns text into vectors on this machine: all-MiniLM-L6-v2 in int8 on onnxruntime, without a network."""

import asyncio
import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Self

import numpy as np
import onnxruntime
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from tokenizers import Tokenizer

from memory_api.embedders.base import Vector
from memory_api.errors import EmbedderBusy, ModelMissing

MINILM = Path(__file__).with_name("minilm")
MAX_WAITING = 256

# The tokeniser reads a whole text before it cuts, seconds for a text of megabytes. A window of 256 tokens takes at most
# 254 words of text; a word of up to 100 characters is at least one token (a longer one is just "unknown"), so with the
# spaces between them 254 * 101 = 25,654 characters fill the window. Only blanks and endless words beyond that are lost.
MAX_CHARS = 32_768

_ADVICE = "Run `make install` to build it, or set EMBEDDING_PROVIDER=hashing to do without."


class Manifest(BaseModel):
    """What manifest.json beside the model says; `files` maps a file name to its sha256 in hex."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: Annotated[str, Field(min_length=1)]
    dimension: Annotated[int, Field(gt=0)]
    max_tokens: Annotated[int, Field(gt=2, le=512)]
    files: dict[str, str]


class MiniLM:
    """The sentence model itself, blocking.

    Vectors of one machine repeat exactly; those of two kinds of processor differ slightly (cosine about .99).
    """

    def __init__(self, model: Path, tokenizer: Path, max_tokens: int) -> None:
        self._session = onnxruntime.InferenceSession(
            str(model),
            _session_options(precise=overflows(cpu_flags())),
            providers=["CPUExecutionProvider"],
            disabled_optimizers=["SkipLayerNormFusion"],  # the fused form is slower on a CPU
        )
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        # The file says "128 tokens, always filled up"; the model was made for 256, and padding only costs time.
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens)

    def embed(self, text: str) -> Vector:
        """float32, shape (dimension,), length 1.

        One text a call on purpose: the int8 scales are taken over the whole input, so a neighbour in a batch would
        change the vector.
        """
        ids = np.array([self._tokenizer.encode(text[:MAX_CHARS]).ids], dtype=np.int64)
        vector: Vector = self._session.run(None, {"input_ids": ids})[0][0]
        return vector


class LocalEmbedder:
    """Embeds in one worker thread of its own, so that the event loop never waits for the model."""

    provider = "local"

    def __init__(self, minilm: MiniLM, model: str, dimension: int, max_waiting: int = MAX_WAITING) -> None:
        """At most `max_waiting` texts are accepted and not yet embedded, the running one included."""
        self.model = model
        self.dimension = dimension
        self._minilm: MiniLM | None = minilm
        self._max_waiting = max_waiting
        self._waiting = 0
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="embedder")

    @classmethod
    def load(cls, folder: Path = MINILM, max_waiting: int = MAX_WAITING) -> Self:
        """Raises ModelMissing, with advice for the operator, when the folder does not hold the whole model."""
        manifest = _read_manifest(folder)
        model, tokenizer = (_checked(folder / name, manifest) for name in ("model.onnx", "tokenizer.json"))
        minilm = MiniLM(model, tokenizer, manifest.max_tokens)
        return cls(minilm, manifest.model, manifest.dimension, max_waiting)

    async def embed(self, text: str) -> Vector:
        """See Embedder.embed. A text whose caller gave up before its turn is skipped."""
        if self._minilm is None:
            raise EmbedderBusy("The embedder has been closed.")
        if self._waiting >= self._max_waiting:
            raise EmbedderBusy(f"{self._waiting} texts already wait for the embedder; try again in a moment.")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._worker, self._minilm.embed, text)
        finally:
            self._waiting -= 1

    async def close(self) -> None:
        """Returns when every accepted text has its vector; what comes later gets EmbedderBusy."""
        self._minilm = None
        await asyncio.to_thread(self._worker.shutdown)


def _read_manifest(folder: Path) -> Manifest:
    try:
        return Manifest.model_validate_json((folder / "manifest.json").read_bytes())
    except (OSError, ValidationError) as error:
        reason = "damaged" if isinstance(error, ValidationError) else error.strerror
        raise ModelMissing(
            f"The embedding model in {folder} is not there (manifest.json: {reason}). {_ADVICE}"
        ) from error


def _checked(path: Path, manifest: Manifest) -> Path:
    """The same path, once its content is known to be what was built; 20 to 50 ms for the model."""
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelMissing(
            f"The embedding model in {path.parent} lacks {path.name} ({error.strerror}). {_ADVICE}"
        ) from error
    if found != manifest.files.get(path.name):
        raise ModelMissing(f"{path} is not the file that was built: it is damaged or from another version. {_ADVICE}")
    return path


def _session_options(precise: bool) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    # A second thread makes one text slower on a small machine, and takes the core from the storage.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors only: its warnings are about the optimiser and are not for operators
    if precise:
        options.add_session_config_entry("session.x64quantprecision", "1")
    return options


def overflows(flags: frozenset[str]) -> bool:
    """Whether the processor adds int8 products in 16 bits, which is too few (cosine to the true vector .97, not .998).

    AVX2 without VNNI does. The precise path that helps there only costs time with VNNI.
    """
    return "avx2" in flags and not any("vnni" in flag for flag in flags)


def cpu_flags(cpuinfo: Path = Path("/proc/cpuinfo")) -> frozenset[str]:
    """Empty where the system has no such file or names no flags (ARM, macOS, Windows)."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return frozenset()
    return next((frozenset(line.split()) for line in lines if line.startswith("flags")), frozenset())
