# The whole of it: make demo | test | check | lint | bench | clean
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check lint bench clean

demo: .venv/installed  ## narrate the example with the embedded voice
	$(BIN)/narrate run examples/matrix/script.json

test: .venv/tested lint  ## all tests; installs what they need
	$(BIN)/python -m pytest

check: .venv/tested lint  ## the quick loop
	$(BIN)/python -m pytest -m "not slow" -x -q

lint: .venv/tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/tested  ## the table of the README
	PATH="$(CURDIR)/$(BIN):$$PATH" scripts/benchmark.sh

clean:
	rm -rf .venv build dist examples/matrix/build examples/matrix/storyboard.csv
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("narrate needs Python 3.11 or newer; try: make PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

.venv/tested: .venv/installed
	$(BIN)/python -m pip install --quiet --group test
	touch $@
