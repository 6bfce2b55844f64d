"""The deployment files start what exists, with settings that exist."""

import importlib.util
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bridge.settings import Settings as BridgeSettings
from memory_api.settings import Settings as MemorySettings

ROOT = Path(__file__).parent.parent


@pytest.fixture
def services() -> dict[str, Any]:
    spec = importlib.util.spec_from_file_location("railway_plan", ROOT / ".railway" / "railway.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    graph = module.main().to_graph()
    return {resource["name"]: resource for resource in graph["resources"] if resource["type"] == "service"}


def test_railway_starts_both_services_from_one_image_and_waits_for_their_health(services: dict[str, Any]) -> None:
    starts = {name: service["deploy"]["startCommand"] for name, service in services.items()}
    assert starts == {"memory-api": "python -m memory_api", "bridge": "memory-bridge serve"}
    for service in services.values():
        assert service["build"]["dockerfilePath"] == "Dockerfile"
        assert service["deploy"]["healthcheckPath"] == "/health"
        assert service["deploy"]["drainingSeconds"] == 15


def test_railway_keeps_the_memory_on_a_volume_where_the_service_looks_for_it(services: dict[str, Any]) -> None:
    (attachment,) = services["memory-api"]["volumeAttachments"].values()
    assert attachment["mountPath"] == services["memory-api"]["variables"]["MEMORY_API_DATA_DIR"]["value"]
    assert "volumeAttachments" not in services["bridge"]


@pytest.mark.parametrize(("name", "settings"), [("memory-api", MemorySettings), ("bridge", BridgeSettings)])
def test_railway_sets_only_variables_that_the_service_reads(
    services: dict[str, Any], name: str, settings: type[MemorySettings | BridgeSettings]
) -> None:
    known = {field.upper() for field in settings.model_fields} | {"RAILWAY_RUN_UID"}
    for field in settings.model_fields.values():
        choices = getattr(field.validation_alias, "choices", ())
        known |= {str(choice).upper() for choice in choices}
    assert services[name]["variables"].keys() <= known


def test_both_services_share_the_key_without_it_standing_in_a_file(services: dict[str, Any]) -> None:
    assert services["memory-api"]["variables"]["AUTOMEM_API_TOKEN"] == {"type": "preserve"}
    assert services["bridge"]["variables"]["AUTOMEM_API_TOKEN"]["type"] == "reference"


def test_railway_toml_agrees_with_the_plan_for_the_bridge(services: dict[str, Any]) -> None:
    toml = tomllib.loads((ROOT / "railway.toml").read_text(encoding="utf-8"))
    assert toml["build"] == services["bridge"]["build"]
    assert toml["deploy"] == services["bridge"]["deploy"]


def test_the_image_can_share_its_record_of_sign_ins() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (extra,) = [name for name, needs in project["project"]["optional-dependencies"].items() if needs == ["redis>=6,<9"]]
    assert f"pip install '.[{extra}]'" in (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_the_image_takes_in_every_file_that_the_package_is_built_from() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    copied = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    let_in = (ROOT / ".dockerignore").read_text(encoding="utf-8")
    needed = [
        "pyproject.toml",
        project["project"]["readme"],
        *project["project"]["license-files"],
        *project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"],
        "scripts",
        "licenses",
    ]
    assert [name for name in needed if name not in copied or f"!{name}" not in let_in] == []
