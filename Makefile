# Everything a newcomer needs. `make help` lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OURS := marketeer_dagster assets sensors resources
CODE := $(OURS) tests benchmarks

.PHONY: help install install-dev demo test check format bench bench-engines up clean lock

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# A stamp per extra: pip runs again only when the declared or locked dependencies change.
$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || (echo "marketeer-dagster needs Python 3.11 or newer; set PYTHON=..." && exit 2)
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

# Every run is a process of its own that loads all of this: compiled once, also where Python may not write bytecode.
install: $(VENV)/.installed ## install into .venv
	@$(BIN)/python -m compileall -q $(OURS)

install-dev: $(VENV)/.installed-dev ## install with what development and tests need
	@$(BIN)/python -m compileall -q $(OURS)

demo: install ## run the whole loop on a sample tenant in the sandbox, then keep the UI open (HEADLESS=1 ends instead)
	@$(BIN)/marketeer demo $(if $(HEADLESS),--headless) $(if $(SEED),--seed $(SEED)) $(if $(JSON),--json $(JSON))

up: install ## start webserver, daemon and, when nothing is connected, the sandbox
	@$(BIN)/marketeer up

# In the order of their folders: sorted by their number of tests, the few long ones would all come last.
test: install-dev ## run all tests
	$(BIN)/python -m pytest -n 2 --dist loadscope --no-loadscope-reorder $(ARGS)

check: install-dev ## format, lint, types, import rules
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/pyright
	PYTHONPATH=. $(BIN)/lint-imports --no-cache

format: install-dev ## format the code and mend what the linter can
	$(BIN)/ruff format $(CODE)
	$(BIN)/ruff check --fix $(CODE)

bench: install-dev ## run the benchmarks that compare the platform with its bounds
	$(BIN)/python -m benchmarks

bench-engines: install-dev ## run the engines' benchmark against their peers (installs the peers in environments of their own)
	$(BIN)/python -m benchmarks.engines

lock: ## write constraints.txt anew from the newest versions that resolve
	rm -rf .venv-lock && $(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet --upgrade pip
	.venv-lock/bin/python -m pip install --quiet -e '.[dev]'
	.venv-lock/bin/python -m pip freeze --exclude-editable | sort -f > constraints.txt
	rm -rf .venv-lock

clean: ## remove the environment, caches and the default home
	rm -rf $(VENV) .venv-lock .marketeer .pytest_cache .ruff_cache .hypothesis build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
