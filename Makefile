# The developer's commands. Everything runs in .venv, which `make setup` and `make demo` create.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip --quiet --disable-pip-version-check
# One thread a process: several that share the cores would wait for each other in busy loops.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/pytest -n auto

.PHONY: setup demo docs test check fix test-all bench clean

setup: .venv/.dev

.venv/bin/pip:
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "This Python has no venv; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "Creating .venv ..."
	@$(PYTHON) -m venv .venv

.venv/.base: pyproject.toml constraints.txt | .venv/bin/pip
	@echo "Installing the base (no torch; about half a minute) ..."
	@$(PIP) install -c constraints.txt -e .
	@touch $@

.venv/.dev: .venv/.base
	@echo "Installing everything for development (torch included: about 5.5 GB, two minutes) ..."
	@$(PIP) install -c constraints.txt -e '.[dev]'
	@touch $@

demo: .venv/.base
	@$(BIN)/python examples/demo.py

docs: .venv/.dev
	$(BIN)/mkdocs build --strict
	@echo "the site is in site/index.html"

test: .venv/.dev
	$(PYTEST)

check: .venv/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/codespell src tests docs examples benchmarks integrations README.md CONTRIBUTING.md CHANGELOG.md
	$(BIN)/mypy
	$(PYTEST)

fix: .venv/.dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

test-all: .venv/.dev
	$(PYTEST) -m "not gpu and not browser" --durations 40
	$(PYTEST) -m browser  # apart: a page waits for a server, which waits for processors

bench: .venv/.dev
	@for script in benchmarks/*_*.py; do echo "== $$script"; $(BIN)/python $$script --quick || exit 1; done

clean:
	rm -rf .venv demo-output build dist site .mypy_cache .ruff_cache .pytest_cache
