# What a newcomer needs: make demo, make test. `make` alone lists the targets.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
DATA ?=
MINUTES ?= 3
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help venv demo test test-all test-browser check format bench fuzz docs clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

$(VENV)/.made: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip setuptools wheel
	$(BIN)/pip install --quiet -c constraints.txt torch
	$(BIN)/pip install --quiet -c constraints.txt --no-build-isolation -e '.[test]'
	@touch $@

venv: $(VENV)/.made  ## make the environment (a few minutes, once)

demo: venv  ## the main job on built-in phantoms, or on your images: make demo DATA=folder
	$(BIN)/python examples/demo.py --minutes $(MINUTES) $(if $(DATA),--data '$(DATA)')

test: venv  ## the tests (minutes)
	OMP_NUM_THREADS=1 $(BIN)/pytest -n $(WORKERS) -m 'not large and not browser and not gpu'

test-all: venv  ## the tests, the large ones included
	OMP_NUM_THREADS=1 $(BIN)/pytest -n $(WORKERS) -m 'not browser and not gpu'

test-browser: venv  ## the report in a real headless browser (needs chromium)
	$(BIN)/pytest -m browser

check: venv  ## format, lint, types, architecture, in seconds
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: venv  ## bring the code into form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: venv  ## one benchmark: make bench NAME=hippocampus
	$(BIN)/python benchmarks/$(NAME).py

fuzz: venv  ## three minutes of bad bytes for one reader: make fuzz NAME=nifti; without a name, which there are
	$(BIN)/python tests/fuzz/fuzz_reader.py $(NAME)

docs: venv  ## where the documents are
	@ls docs/*.md docs/*/*.md

clean:  ## remove what the targets made, but for the environment
	rm -rf demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
