# Two commands matter: `make up` runs the product, `make test` tests it.
PYTHON ?= python3
BIN := .venv/bin
MODEL_MANIFEST := memory_api/embedders/minilm/manifest.json
# Whoever asks for the embedder that needs no model is not made to fetch one.
MODEL := $(if $(filter hashing,$(EMBEDDING_PROVIDER)),,$(MODEL_MANIFEST))

.PHONY: up install test check format bench clean

up: install
	@exec $(BIN)/memory-bridge up

install: .venv/.installed $(MODEL)

test: .venv/.dev $(MODEL_MANIFEST)
	@$(BIN)/python -m pytest

check: .venv/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest tests/test_architecture.py

format: .venv/.dev
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: .venv/.dev $(MODEL)
	@$(BIN)/python -m benchmarks

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache memory_api/embedders/minilm

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
