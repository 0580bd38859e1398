# Perene's commands. `make` lists them.
# The first one sets up .venv from requirements.lock, and so does the next after the lock has
# changed. No root, no key and no system package is needed beyond Python 3.11 to 3.13.

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# What `make check` leaves behind; data/ is never committed.
CHECKS := data/check

# Compiled modules are kept: importing everything anew would cost each command several seconds.
unexport PYTHONDONTWRITEBYTECODE
# The C library would keep a heap for each of a run's many threads, a tenth of all its memory.
export MALLOC_ARENA_MAX := 2
export DAGSTER_DISABLE_TELEMETRY := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo run dev test check docs bench

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: $(STAMP) ## Run everything with a made-up company, in data/demo
	@$(BIN)/python -m orchestration demo

run: $(STAMP) ## Load the configured sources, build, check and publish
	@$(BIN)/python -m orchestration run

dev: $(STAMP) ## Open Dagster's interface at http://127.0.0.1:3000
	@$(BIN)/python -m orchestration dev

test: $(STAMP) ## Run every test
	@$(BIN)/python -m pytest -n 2

check: export PERENE_HOME := $(CHECKS)
check: export PERENE_WAREHOUSE := $(CHECKS)/lint.duckdb
check: $(STAMP) ## Check style, types, models and conventions
	@mkdir -p $(CHECKS)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint dbt_project --disable-progress-bar
	$(BIN)/dbt --quiet --warn-error-options '{"error": ["Deprecations"]}' parse \
		--project-dir dbt_project --profiles-dir dbt_project --no-partial-parse \
		--target-path ../$(CHECKS)/dbt --log-path $(CHECKS)/dbt-logs --no-version-check
	$(BIN)/dagster definitions validate --workspace workspace.yaml --log-level warning
	$(BIN)/python -m pytest -q tests/test_project.py tests/dbt_project/test_conventions.py \
		tests/dbt_project/test_plans.py tests/orchestration/test_definitions.py

docs: export PERENE_WAREHOUSE := $(CHECKS)/docs.duckdb
docs: DBT_OPTIONS := --project-dir dbt_project --profiles-dir dbt_project --no-version-check \
	--target-path ../$(CHECKS)/dbt-docs --log-path $(CHECKS)/dbt-logs
docs: $(STAMP) ## Write data/docs.html: every model and column, and what it is made of
	@mkdir -p $(CHECKS) && rm -f $(PERENE_WAREHOUSE)
	@$(BIN)/dbt --quiet run-operation create_empty_marts $(DBT_OPTIONS)
	@$(BIN)/dbt --quiet docs generate --static $(DBT_OPTIONS)
	@mv $(CHECKS)/dbt-docs/static_index.html data/docs.html
	@echo "data/docs.html"

bench: $(STAMP) ## Measure models and loading against plain DuckDB, and a large company's reports
	@$(BIN)/python -m benchmarks
	@$(BIN)/python -m benchmarks.reports

$(STAMP): requirements.lock
	@set -eu; \
	usable='import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'; \
	python=''; \
	for candidate in $(or $(PYTHON),python3.11 python3.12 python3.13 python3); do \
		if "$$candidate" -c "$$usable" >/dev/null 2>&1; then python="$$candidate"; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo "Perene needs Python 3.11, 3.12 or 3.13 with its module venv; none of these is one:" >&2; \
		echo "  $(or $(PYTHON),python3.11 python3.12 python3.13 python3)" >&2; \
		echo "Install one of them, or name it: make demo PYTHON=/path/to/python3.12" >&2; \
		exit 1; \
	fi; \
	if ! $(BIN)/python -c "$$usable" >/dev/null 2>&1; then \
		echo "Setting up $(VENV) with $$("$$python" --version)"; \
		"$$python" -m venv --clear $(VENV); \
	fi; \
	echo "Installing requirements.lock into $(VENV); the first time takes some minutes"; \
	$(BIN)/python -m pip install --quiet 'pip>=23.3.2'; \
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock; \
	touch $@
