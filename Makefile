# Everything runs in .venv, made on first use. Only Python 3.11+ and make are needed.
PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: demo test lint types docs bench clean
.DEFAULT_GOAL := demo

.venv/base: pyproject.toml constraints.txt plugins/seqkit-models-en/pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "seqkit needs Python 3.11 or newer: make PYTHON=python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(INSTALL) "torch>=2.4"
	$(INSTALL) -e . -e plugins/seqkit-models-en
	touch $@

.venv/tools: .venv/base
	$(INSTALL) -e ".[test,dev,docs]"
	touch $@

demo: .venv/base
	@sh docs/demo.sh $(BIN)/seqkit

test: .venv/tools
	$(BIN)/python -m pytest

lint: .venv/tools
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: .venv/tools
	$(BIN)/mypy

docs: .venv/tools
	$(BIN)/mkdocs build --strict

bench: .venv/tools
	$(BIN)/python -m benchmarks

clean:
	rm -rf .venv site dist build
