# The whole of it: make demo | test | faults | engines | check | lint | bench | clean
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test faults tools engines check lint bench clean

# The tests run both cloning engines for real, each in an environment of its own and both in one;
# narrate itself makes them.
ENGINES := NARRATE_TORCH_PYTHON="$(CURDIR)/.envs/engines/torch/bin/python" \
	NARRATE_MLX_PYTHON="$(CURDIR)/.envs/engines/mlx/bin/python" \
	NARRATE_BOTH_PYTHON="$(CURDIR)/.envs/engines/both/bin/python"

demo: .venv/installed  ## narrate the example with the embedded voice
	$(BIN)/narrate run examples/matrix/script.json

# What pip installs beside Python packages, such as ninja, is found there too.
PYTEST := PATH="$(CURDIR)/$(BIN):$$PATH" $(ENGINES) $(BIN)/python -m pytest

test: .venv/tested lint engines tools  ## all tests; installs what they need, both engines included
	NARRATE_REQUIRE_ENGINES=1 $(PYTEST)

HARNESSES := tests/faults tests/fuzz tests/test_edit_matrix.py tests/test_project.py
FIGURES := $(CURDIR)/build/figures

faults: .venv/tested tools  ## the harnesses at full size, and the README's table of promises
	mkdir -p build && rm -f $(FIGURES)
	NARRATE_FAULTS=large NARRATE_FIGURES=$(FIGURES) $(PYTEST) --timeout=7200 $(HARNESSES)
	$(BIN)/python scripts/promises.py $(FIGURES)

tools:
	scripts/fault_tools.sh

engines: $(patsubst %,.envs/engines/%/complete.json,mlx torch both)  ## environments for the engine tests

check: .venv/tested lint  ## the quick loop
	$(PYTEST) -m "not slow" -x -q

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
