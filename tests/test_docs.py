"""The documentation names what exists: every setting, tool, argument, endpoint and command, and nothing else."""

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic_settings import BaseSettings

from bridge.mcp.tools.table import TOOLS
from bridge.mcp.tools.tool import Tool
from bridge.settings import Settings as BridgeSettings
from memory_api.operations import OPERATIONS
from memory_api.settings import Settings as MemorySettings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
API = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
TOOLS_DOC = (ROOT / "docs" / "tools.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def settings_table(service: str) -> str:
    """The rows of the README's table of one service."""
    begin = README.index(f"| {service} | default |")
    return README[begin : README.index("\n\n", begin)]


@pytest.mark.parametrize(("service", "settings"), [("bridge", BridgeSettings), ("memory_api", MemorySettings)])
def test_the_readme_has_every_setting_and_no_other(service: str, settings: type[BaseSettings]) -> None:
    documented = set(re.findall(r"`([A-Z][A-Z0-9_]{3,})`", README[README.index("## Settings") :]))
    names = {name.upper() for name in settings.model_fields}
    assert names - documented == set()
    in_table = set(re.findall(r"`([A-Z][A-Z0-9_]{3,})`", settings_table(service)))
    everything = {name.upper() for each in (BridgeSettings, MemorySettings) for name in each.model_fields}
    assert in_table - everything == set()


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_the_tool_reference_has_every_argument(tool: Tool[Any]) -> None:
    assert f"| `{tool.name}` |" in README
    begin = TOOLS_DOC.index(f"## {tool.name}")
    section = TOOLS_DOC[begin : TOOLS_DOC.find("\n## ", begin + 1)]
    assert [argument for argument in tool.input_schema["properties"] if f"`{argument}`" not in section] == []


def test_the_api_reference_has_every_endpoint() -> None:
    served = [(operation.method.upper(), operation.path) for operation in OPERATIONS]
    documented = {
        (method, re.sub(r"\{\w+\}", "{}", path.split("?")[0]))
        for method, path in re.findall(r"`(GET|POST|PATCH|DELETE) (/[^`]*)`", API)
    }
    assert {(method, re.sub(r"\{[^}]*\}", "{}", path)) for method, path in served} == documented


def test_every_make_target_that_the_readme_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
    assert set(re.findall(r"`?make ([a-z]+)", README)) <= targets


def test_every_link_between_documents_leads_somewhere() -> None:
    for document in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        links = re.findall(r"\]\((?!https?://)([^)#]+)", document.read_text(encoding="utf-8"))
        assert [link for link in links if not (document.parent / link).exists()] == []


def test_every_test_that_the_security_document_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "security.md").read_text(encoding="utf-8")))
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    assert len(named) > 15
    assert {name for name in named if f"def {name}(" not in source} == set()
