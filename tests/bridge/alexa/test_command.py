"""`memory-bridge alexa pair | list | unpair`."""

from pathlib import Path

import pytest

from bridge.alexa.pairing import Pairings
from bridge.alexa.turn import Speaker
from bridge.cli import main
from tests.bridge.alexa.amazon import ACCOUNT, ADA


@pytest.fixture
def pairings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pairings:
    monkeypatch.setenv("MCP_API_KEYS", "ada:ada-p4ss,bob:bob-p4ss")
    monkeypatch.setenv("AUTOMEM_API_TOKEN", "owner-p4ss")
    return Pairings(tmp_path / "bridge")


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["alexa", *arguments]) == 0
    return capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["alexa", *arguments]) != 0
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1
    return output.err


@pytest.mark.parametrize("name", ["ada", "default"])
def test_the_code_that_is_shown_pairs(capsys: pytest.CaptureFixture[str], pairings: Pairings, name: str) -> None:
    out = printed(capsys, "pair", name)
    code = out[:11].replace(" ", "")
    assert f'say: "Alexa, tell memory my code is {out[:11]}"' in out
    assert "p4ss" not in out
    assert pairings.redeem(code, Speaker(ACCOUNT, ADA)) == name


def test_pairings_are_listed_and_undone(capsys: pytest.CaptureFixture[str], pairings: Pairings) -> None:
    assert printed(capsys, "list") == "Nobody is paired.\n"
    for name, speaker in (("bob", Speaker(ACCOUNT)), ("ada", Speaker(ACCOUNT, ADA))):
        pairings.redeem(pairings.issue(name), speaker)
    first, second = printed(capsys, "list").splitlines()
    assert first.split()[:3] == ["2", "ada", "person"]
    assert second.split()[:3] == ["1", "bob", "account"]
    assert "amzn1" not in first + second
    assert refused(capsys, "unpair", "ada", "1") == "memory-bridge: nobody is paired with ada under 1\n"
    assert printed(capsys, "unpair", "ada", "2") == "Unpaired: 1\n"
    assert printed(capsys, "unpair", "bob") == "Unpaired: 1\n"
    assert refused(capsys, "unpair", "bob") == "memory-bridge: nobody is paired with bob\n"


def test_only_names_that_have_a_key_are_paired(capsys: pytest.CaptureFixture[str], pairings: Pairings) -> None:
    assert refused(capsys, "pair", "eve") == "memory-bridge: no key is named eve: there are ada, bob, default\n"
    assert pairings.listed() == []


def test_pairings_that_cannot_be_kept_are_one_line(
    capsys: pytest.CaptureFixture[str], pairings: Pairings, tmp_path: Path
) -> None:
    (tmp_path / "bridge").write_text("a file where the folder should be")
    assert "cannot be used" in refused(capsys, "pair", "ada")


def test_an_action_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["alexa"])
    assert "action" in capsys.readouterr().err
