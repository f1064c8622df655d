# Two commands from a fresh checkout: `make demo` and `make test`.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed-$(shell cat requirements.lock pyproject.toml | cksum | cut -d' ' -f1)
DEMO := $(CURDIR)/majlis-data/demo
export HF_HUB_OFFLINE ?= 1

.PHONY: help setup demo test lint clean

help:
	@echo "make setup  install everything, pinned, into $(VENV), and train the models into models/"
	@echo "make demo   run the bundled conversations through the whole system and show their rows"
	@echo "make test   lint, types, import rules, and all tests"
	@echo "make lint   the first three alone"
	@echo "make clean  remove what the others made"

$(STAMP):
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is missing: apt-get install python3.11 python3.11-venv (or set PYTHON=...)" >&2; exit 1; }
	@$(PYTHON) -c 'import ctypes.util, sys; sys.exit(not ctypes.util.find_library("magic"))' || { echo "libmagic is missing: apt-get install libmagic1" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@# torch first and with its dependencies: on some machines its wheel brings system-specific ones that no lock can list.
	$(BIN)/pip install --quiet --disable-pip-version-check -c requirements.lock torch torchvision
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@rm -f $(VENV)/.installed-*
	@touch $@

MODELS := models/manifest.json
LANGUAGE := $(shell find actors/language/corpus actors/language/models actors/language/training -type f -not -name '*.pyc')

$(MODELS): $(STAMP) $(LANGUAGE)
	$(BIN)/majlis train --quick > /dev/null

setup: $(STAMP) $(MODELS)

demo: setup
	$(BIN)/majlis replay actors/whatsapp/example/example.zip --folder $(DEMO) --owner "Palm & Dune Realty"
	$(BIN)/majlis rows --folder $(DEMO) --limit 12

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint $(MODELS)
	$(BIN)/pytest

clean:
	rm -rf $(VENV) majlis-data models build *.egg-info .pytest_cache .mypy_cache .ruff_cache
