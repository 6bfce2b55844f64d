"""The house rules that can be checked: who may import whom, who reads the environment, how long things may get."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("bridge", "memory_api")
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60

# Module (or folder) -> what of ours it may import. A folder stands for everything in it.
ALLOWED = {
    "bridge.__main__": {"bridge.cli"},
    "bridge.cli": {
        "bridge.alexa.command",
        "bridge.doctor",
        "bridge.keys",
        "bridge.serve",
        "bridge.stdio",
        "bridge.up",
        "bridge.settings",
        "bridge.log",
        "bridge.errors",
    },
    "bridge.alexa.command": {"bridge.alexa.pairing", "bridge.settings", "bridge.errors"},
    "bridge.alexa": {"bridge.alexa", "bridge.client", "bridge.errors"},
    "bridge.keys": set(),
    "bridge.serve": {"bridge.app", "bridge.protocol", "bridge.settings", "bridge.sockets"},
    "bridge.protocol": {"bridge.upgrades"},
    "bridge.upgrades": set(),
    "bridge.stdio": {
        "bridge.app",
        "bridge.client",
        "bridge.local_memory",
        "bridge.mcp.server",
        "bridge.mcp.transports",
        "bridge.settings",
    },
    "bridge.local_memory": {"bridge.upstream", "bridge.errors"},
    "bridge.up": {
        "bridge.local_memory",
        "bridge.serve",
        "bridge.settings",
        "bridge.sockets",
        "bridge.errors",
    },
    "bridge.app": {
        "bridge.alexa",
        "bridge.mcp.transports",
        "bridge.mcp.calls",
        "bridge.mcp.legacy",
        "bridge.mcp.streams",
        "bridge.mcp.sessions",
        "bridge.mcp.server",
        "bridge.auth",
        "bridge.sign_in",
        "bridge.door",
        "bridge.middleware",
        "bridge.admin",
        "bridge.metrics",
        "bridge.gauges",
        "bridge.turns",
        "bridge.client",
        "bridge.upstream",
        "bridge.health",
        "bridge.settings",
        "bridge.log",
        "bridge.errors",
    },
    "bridge.doctor": {"bridge.auth.public_addresses", "bridge.networks"},
    "bridge.sign_in": {
        "bridge.auth",
        "bridge.mcp.sessions",
        "bridge.networks",
        "bridge.settings",
        "bridge.errors",
    },
    "bridge.door": {
        "bridge.auth",
        "bridge.middleware",
        "bridge.metrics",
        "bridge.networks",
        "bridge.rates",
        "bridge.settings",
        "bridge.errors",
    },
    "bridge.admin": {"bridge.auth.admin", "bridge.mcp.sessions", "bridge.metrics"},
    "bridge.gauges": {
        "bridge.health",
        "bridge.metrics",
        "bridge.mcp.transports",
        "bridge.mcp.legacy",
        "bridge.mcp.streams",
        "bridge.turns",
    },
    "bridge.metrics": set(),
    "bridge.networks": set(),
    "bridge.rates": set(),
    "bridge.turns": set(),
    "bridge.mcp.transports": {
        "bridge.mcp.channels",
        "bridge.mcp.sessions",
        "bridge.mcp.events",
        "bridge.mcp.lines",
        "bridge.mcp.streams",
    },
    "bridge.mcp.legacy": {"bridge.mcp.sessions", "bridge.mcp.streams"},
    "bridge.mcp.streams": set(),
    "bridge.mcp.server": {
        "bridge.mcp.tools",
        "bridge.mcp.calls",
        "bridge.auth.rights",
        "bridge.client",
        "bridge.turns",
        "bridge.errors",
    },
    "bridge.mcp.calls": {"bridge.errors"},
    "bridge.mcp.tools": {
        "bridge.mcp.tools",
        "bridge.client",
        "bridge.mcp.budget",
        "bridge.mcp.formatting",
        "bridge.errors",
    },
    "bridge.mcp.budget": {"bridge.mcp.formatting"},
    "bridge.client": {"bridge.upstream", "bridge.errors"},
    "bridge.upstream": {"bridge.errors"},
    "bridge.health": {"bridge.client", "bridge.errors"},
    "bridge.auth": {"bridge.auth", "bridge.networks", "bridge.errors"},
    "bridge.middleware": {"bridge.networks"},
    "bridge.mcp.formatting": set(),
    "bridge.mcp.events": set(),
    "bridge.mcp.channels": set(),
    "bridge.mcp.lines": set(),
    "bridge.mcp.sessions": set(),
    "bridge.sockets": {"bridge.errors"},
    "bridge.errors": set(),
    "bridge.settings": {"bridge.networks"},
    "bridge.log": set(),
    "memory_api.__main__": {"memory_api.app", "memory_api.settings", "memory_api.log", "memory_api.errors"},
    "memory_api.app": {
        "memory_api.settings",
        "memory_api.routes",
        "memory_api.health",
        "memory_api.enrichment",
        "memory_api.admin",
        "memory_api.openapi",
        "memory_api.protocol",
        "memory_api.middleware",
        "memory_api.bodies",
        "memory_api.metrics",
        "memory_api.service",
        "memory_api.tenants",
        "memory_api.models",
        "memory_api.recall.scoring",
        "memory_api.data_folder",
        "memory_api.idle",
        "memory_api.storage",
        "memory_api.embedders",
        "memory_api.log",
        "memory_api.errors",
    },
    "memory_api.routes": {
        "memory_api.models",
        "memory_api.recall.answer",
        "memory_api.service",
        "memory_api.bodies",
        "memory_api.responses",
        "memory_api.errors",
    },
    "memory_api.health": {
        "memory_api.routes",
        "memory_api.enrichment",
        "memory_api.responses",
        "memory_api.embedders.base",
        "memory_api.errors",
    },
    "memory_api.enrichment": {"memory_api.routes", "memory_api.responses"},
    "memory_api.admin": {"memory_api.metrics", "memory_api.tenants", "memory_api.responses"},
    "memory_api.openapi": {"memory_api.models", "memory_api.operations"},
    "memory_api.operations": {"memory_api.models"},
    "memory_api.protocol": {"memory_api.responses"},
    "memory_api.metrics": {"memory_api.tenants"},
    "memory_api.bodies": {"memory_api.errors"},
    "memory_api.middleware": {"memory_api.middleware", "memory_api.responses", "memory_api.errors"},
    "memory_api.responses": set(),
    "memory_api.service": {
        "memory_api.models",
        "memory_api.classifier",
        "memory_api.recall.pipeline",
        "memory_api.recall.scoring",
        "memory_api.tenants",
        "memory_api.storage.base",
        "memory_api.embedders.base",
        "memory_api.errors",
    },
    "memory_api.tenants": {"memory_api.storage.base", "memory_api.errors"},
    "memory_api.recall": {
        "memory_api.recall",
        "memory_api.models",
        "memory_api.storage.base",
        "memory_api.embedders.base",
        "memory_api.errors",
    },
    "memory_api.storage.sqlite": {
        "memory_api.storage.sqlite",
        "memory_api.storage.base",
        "memory_api.models",
        "memory_api.errors",
    },
    "memory_api.storage.base": {"memory_api.models"},
    "memory_api.embedders": {"memory_api.embedders", "memory_api.errors"},
    "memory_api.models": {"memory_api.models"},
    "memory_api.classifier": set(),
    "memory_api.data_folder": {"memory_api.errors"},
    "memory_api.idle": set(),
    "memory_api.settings": {"memory_api.errors"},
    "memory_api.errors": set(),
    "memory_api.log": set(),
}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def sources() -> dict[str, Path]:
    return {module_name(path): path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))}


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def covering(module: str, rules: object) -> str | None:
    """The longest entry that is the module or a folder above it."""
    parts = module.split(".")
    names = (".".join(parts[:end]) for end in range(len(parts), 0, -1))
    return next((name for name in names if name in rules), None)  # type: ignore[operator]


def imports_of(tree: ast.AST, modules: dict[str, Path]) -> Iterator[str]:
    """Every module of ours that the tree imports, wherever the import stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] in PACKAGES)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in PACKAGES:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in modules else str(node.module)


@pytest.mark.parametrize("module", sources())
def test_every_module_imports_only_what_the_picture_draws(module: str) -> None:
    modules = sources()
    place = covering(module, ALLOWED)
    if modules[module].name == "__init__.py":
        assert not modules[module].read_text(encoding="utf-8").strip(), f"{module}/__init__.py must stay empty"
        return
    assert place is not None, f"{module} stands nowhere in the picture: add it to ALLOWED"
    for imported in imports_of(parsed(modules[module]), modules):
        allowed = covering(imported, ALLOWED[place])
        assert allowed, f"{module} imports {imported}, but {place} may import only {sorted(ALLOWED[place])}"


def test_the_picture_names_nothing_that_is_gone() -> None:
    assert set(ALLOWED) - set(sources()) == set()


def test_no_modules_import_each_other_in_a_circle() -> None:
    modules = sources()
    graph = {name: set(imports_of(parsed(path), modules)) for name, path in modules.items()}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join([*trail, name])
        if name not in done:
            for imported in graph.get(name, ()):
                visit(imported, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())


@pytest.mark.parametrize("module", sources())
def test_imports_stand_at_the_top_and_only_settings_reads_the_environment(module: str) -> None:
    tree = parsed(sources()[module])
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            inner = [node for node in ast.walk(function) if isinstance(node, ast.Import | ast.ImportFrom)]
            assert not inner, f"{module}.{function.name} imports inside the function"
    if not module.endswith(".settings"):
        readers = {"environ", "getenv", "environb"}
        found = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in readers]
        assert not found, f"{module} reads the environment at lines {found}"


@pytest.mark.parametrize("module", sources())
def test_no_function_or_file_outgrows_its_ceiling(module: str) -> None:
    path = sources()[module]
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MAX_FILE_LINES, f"{module} has {lines} lines"
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= MAX_FUNCTION_LINES, f"{module}.{node.name} has {length} lines"


@pytest.mark.parametrize("module", sources())
def test_every_file_opens_with_a_sentence_that_says_what_it_is_for(module: str) -> None:
    path = sources()[module]
    if path.name != "__init__.py":
        assert ast.get_docstring(parsed(path)), f"{module} has no docstring"


@pytest.mark.parametrize("module", sources())
def test_no_state_lives_in_a_module(module: str) -> None:
    changing = [node.lineno for node in ast.walk(parsed(sources()[module])) if isinstance(node, ast.Global)]
    assert not changing, f"{module} rebinds globals at lines {changing}"
