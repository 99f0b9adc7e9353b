# The whole of it: make demo | test | engines | check | lint | bench | clean
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test engines check lint bench clean

# The tests run both cloning engines for real, in environments that narrate itself makes.
ENGINES := NARRATE_TORCH_PYTHON="$(CURDIR)/.envs/engines/torch/bin/python" \
	NARRATE_MLX_PYTHON="$(CURDIR)/.envs/engines/mlx/bin/python"

demo: .venv/installed  ## narrate the example with the embedded voice
	$(BIN)/narrate run examples/matrix/script.json

test: .venv/tested lint engines  ## all tests; installs what they need, both engines included
	$(ENGINES) NARRATE_REQUIRE_ENGINES=1 $(BIN)/python -m pytest

engines: .envs/engines/mlx/complete.json .envs/engines/torch/complete.json  ## environments for the engine tests

check: .venv/tested lint  ## the quick loop
	$(ENGINES) $(BIN)/python -m pytest -m "not slow" -x -q

lint: .venv/tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/tested  ## the table of the README
	PATH="$(CURDIR)/$(BIN):$$PATH" scripts/benchmark.sh

clean:
	rm -rf .venv .envs build dist examples/matrix/build examples/matrix/storyboard.csv
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.envs/engines/%/complete.json: src/narrate/engines/requirements/%.txt | .venv/installed
	NARRATE_DATA_DIR="$(CURDIR)/.envs" $(BIN)/narrate engines install $*
	touch $@

.venv/installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("narrate needs Python 3.11 or newer; try: make PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

.venv/tested: .venv/installed
	$(BIN)/python -m pip install --quiet --group test
	touch $@
