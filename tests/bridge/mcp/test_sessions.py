"""Sealed session ids: who issued them, to whom, and where the secret lies."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bridge.mcp.sessions import SessionIds, derived_secret, kept_secret


def test_an_id_is_known_again_by_every_process_with_the_same_secret() -> None:
    session_id = SessionIds(b"secret").issue("ada")
    assert SessionIds(b"secret").is_valid(session_id, "ada")
    assert not SessionIds(b"another").is_valid(session_id, "ada")


def test_an_id_belongs_to_one_owner() -> None:
    ids = SessionIds(b"secret")
    assert not ids.is_valid(ids.issue("ada"), "bob")
    assert not ids.is_valid(ids.issue("ada"), "")
    assert ids.is_valid(ids.issue(""), "")


def test_ids_fit_a_header_and_never_repeat() -> None:
    ids = SessionIds(b"secret")
    issued = {ids.issue("ada") for _ in range(100)}
    assert len(issued) == 100
    assert all(len(one) == 43 and one.replace("-", "").replace("_", "").isalnum() for one in issued)


def test_no_other_spelling_of_an_id_passes() -> None:
    ids = SessionIds(b"secret")
    session_id = ids.issue("ada")
    # The last character carries two bits that decoding throws away.
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    position = alphabet.index(session_id[-1])
    for other in (position ^ 1, position ^ 2, position ^ 3):
        assert not ids.is_valid(session_id[:-1] + alphabet[other], "ada")
    for spelling in (session_id + "=", session_id[:-1], f" {session_id}", "é" * 43, "*" * 43, "", "0" * 32):
        assert not ids.is_valid(spelling, "ada")


def test_an_ended_id_is_not_valid_and_only_the_latest_ends_are_remembered() -> None:
    ids = SessionIds(b"secret", max_ended=2)
    issued = [ids.issue("ada") for _ in range(3)]
    for session_id in issued:
        ids.end(session_id)
        assert not ids.is_valid(session_id, "ada")
    assert [ids.is_valid(session_id, "ada") for session_id in issued] == [True, False, False]


def test_the_same_keys_give_the_same_secret_whatever_their_order() -> None:
    assert derived_secret(["a", "b"]) == derived_secret(["b", "a"])
    assert derived_secret(["a", "b"]) != derived_secret(["ab"])
    assert derived_secret(["a"]) != derived_secret(["a", "b"])


def test_a_secret_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    secret = kept_secret(folder)
    assert len(secret) == 32
    assert kept_secret(folder) == secret
    assert [path.name for path in folder.iterdir()] == ["session-secret"]
    assert (folder / "session-secret").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


def test_processes_that_start_together_share_one_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        secrets = set(pool.map(lambda _: kept_secret(tmp_path), range(64)))
    assert len(secrets) == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_a_damaged_secret_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "session-secret").write_bytes(b"short")
    with pytest.raises(OSError, match="remove it"):
        kept_secret(tmp_path)


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        kept_secret(tmp_path / "file")
