"""A data folder belongs to one process, which says in it how it can be reached."""

import json
import os
from pathlib import Path

import pytest

from memory_api.data_folder import DataFolder
from memory_api.errors import StartupError

URL = "http://127.0.0.1:8001"


def test_a_folder_is_made_and_claimed_for_its_owner_alone(tmp_path: Path) -> None:
    folder = DataFolder.claim(tmp_path / "new" / "data")
    assert folder.path.stat().st_mode & 0o777 == 0o700
    assert (folder.path / "lock").stat().st_mode & 0o777 == 0o600
    folder.release()


def test_a_second_claim_is_refused_and_names_the_holder(tmp_path: Path) -> None:
    folder = DataFolder.claim(tmp_path)
    with pytest.raises(StartupError, match="another memory_api"):
        DataFolder.claim(tmp_path)
    folder.announce(URL, token="token")
    with pytest.raises(StartupError) as refusal:
        DataFolder.claim(tmp_path)
    for part in (str(tmp_path), URL, str(os.getpid()), "MEMORY_API_DATA_DIR"):
        assert part in str(refusal.value)
    folder.release()


def test_a_released_folder_can_be_claimed_again(tmp_path: Path) -> None:
    for _ in range(2):
        folder = DataFolder.claim(tmp_path)
        folder.announce(URL, token=None)
        folder.release()
        assert not (tmp_path / "memory_api.json").exists()


@pytest.mark.parametrize("left", ["", "nonsense", "[]", "{}", '{"url": 1}', "null"])
def test_a_damaged_address_does_not_keep_the_refusal_from_being_told(tmp_path: Path, left: str) -> None:
    folder = DataFolder.claim(tmp_path)
    (tmp_path / "memory_api.json").write_text(left)
    with pytest.raises(StartupError, match="another memory_api"):
        DataFolder.claim(tmp_path)
    folder.release()


@pytest.mark.parametrize("taken", ["data", "data/deeper"])
def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path, taken: str) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(StartupError, match="cannot be written"):
        DataFolder.claim(tmp_path / taken)
    assert (tmp_path / "data").read_text() == "a file"


def test_a_folder_in_place_of_the_lock_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    with pytest.raises(StartupError, match="MEMORY_API_DATA_DIR"):
        DataFolder.claim(tmp_path)


def test_a_token_is_left_for_the_owners_own_clients_alone(tmp_path: Path) -> None:
    folder = DataFolder.claim(tmp_path)
    folder.announce(URL, token="token")
    assert json.loads((tmp_path / "memory_api.json").read_text()) == {
        "url": URL,
        "pid": os.getpid(),
        "passing": False,
        "token": "token",
    }
    assert (tmp_path / "memory_api.json").stat().st_mode & 0o777 == 0o600
    folder.release()


def test_without_a_token_none_is_left(tmp_path: Path) -> None:
    folder = DataFolder.claim(tmp_path)
    folder.announce(URL, token=None)
    assert set(json.loads((tmp_path / "memory_api.json").read_text())) == {"url", "pid", "passing"}
    folder.release()


def test_what_an_earlier_process_left_half_written_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "memory_api.json.new").write_text("half")
    folder = DataFolder.claim(tmp_path)
    folder.announce(URL, token=None)
    assert json.loads((tmp_path / "memory_api.json").read_text())["url"] == URL
    folder.release()
