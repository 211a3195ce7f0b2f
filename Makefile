# Everything runs in .venv, which is made at first use. Only Python 3.11 or newer, and make, are
# needed; 'make PYTHON=python3.12' takes another than python3.
PYTHON ?= python3
BIN := .venv/bin
RUN := $(BIN)/python
INSTALL = $(RUN) -m pip install --quiet --disable-pip-version-check --no-warn-script-location \
	-c constraints.txt

# An environment remembers where it was made: what is installed in it points there, so that after
# a move it is installed anew.
HERE := $(CURDIR)
MOVED := $(if $(filter-out $(HERE),$(shell cat .venv/base 2>/dev/null)),moved)

.PHONY: help demo test lint types docs bench models clean moved
.DEFAULT_GOAL := help

help:
	@echo 'make demo    install what is needed, then generate, classify and tag'
	@echo 'make test    the whole suite'
	@echo 'make lint    formatting and lint'
	@echo 'make types   types'
	@echo 'make docs    the documentation, into site/'
	@echo 'make bench   measurements, into benchmarks/results/'
	@echo 'make models  train the English models again'
	@echo 'make clean   remove .venv and everything built'

KERNELS := $(wildcard plugins/seqkit-kernels/src/*) plugins/seqkit-kernels/setup.py

.venv/base: pyproject.toml constraints.txt plugins/seqkit-models-en/pyproject.toml $(KERNELS) $(MOVED)
	@test -e .venv || $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "error: $(PYTHON) is no Python 3.11 or newer. Name one that is: make PYTHON=python3.11" >&2; exit 2; }
	@test -e .venv || { echo "making .venv"; $(PYTHON) -m venv .venv; }
	@$(RUN) -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "error: .venv holds no Python 3.11 or newer with pip that runs here. Remove it with 'make clean', and try again" >&2; exit 2; }
	@echo "installing seqkit and what it needs; torch is large"
	@$(INSTALL) -e . -e plugins/seqkit-models-en -e plugins/seqkit-kernels
	@echo '$(HERE)' > $@

.venv/tools: .venv/base
	@echo "installing the test tools"
	@$(INSTALL) -e ".[test,dev,docs]"
	@touch $@

.venv/bench: .venv/tools
	@echo "installing what the benchmarks draw with"
	@$(INSTALL) -e ".[plots]"
	@touch $@

moved:

demo: .venv/base
	@sh docs/demo.sh $(BIN)/seqkit

test: .venv/tools
	$(RUN) -m pytest

lint: .venv/tools
	$(RUN) -m ruff format --check .
	$(RUN) -m ruff check .

types: .venv/tools
	$(RUN) -m mypy

docs: .venv/tools
	$(RUN) -m mkdocs build --strict

bench: .venv/bench
	$(RUN) -m benchmarks

# The corpora must be where 'seqkit corpora fetch' puts them, or in the folder SEQKIT_DATA.
models: .venv/base
	$(RUN) plugins/seqkit-models-en/remake.py

clean:
	rm -rf .venv site dist build plugins/*/build plugins/*/*/*.so
