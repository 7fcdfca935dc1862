# Every target that a person or a machine needs; `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help setup demo test test-slow test-deep check format bench docs clean

help: ## Show what there is to make
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

setup: $(READY) ## Make .venv with everything pinned in constraints.txt

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt "pip>=25.1"
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable . --group dev
	@touch $@

demo: setup ## The demo store, loaded, modelled, published and reported
	$(BIN)/kassavirta demo

test: setup ## The fast tests: four minutes on two cores
	$(BIN)/pytest -n 2 -m "not slow and not deep"

test-slow: setup ## The whole journeys, which CI runs too: a quarter of an hour on two cores
	$(BIN)/pytest -n 2 -m "slow and not deep"

test-deep: setup ## Hundreds of histories, kills and loads: hours
	$(BIN)/pytest -m deep

check: setup ## Format, lint, types, import floors, SQL
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	cd sql && ../$(BIN)/sqlfluff lint --processes 2 models tests

format: setup ## Put everything into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	cd sql && ../$(BIN)/sqlfluff fix models tests

bench: setup ## Measure beside other ways into docs/benchmarks.md; SIZES="20000 100000 1000000" TIMES=3
	$(BIN)/python -m tests.bench --times $(or $(TIMES),3) --page $(or $(PAGE),docs/benchmarks.md) \
		$(if $(SIZES),--sizes $(SIZES),--demand)

docs: setup ## docs/metrics.md, and dbt's own pages into docs/dbt; PLATFORMS=mycashflow,cscart
	$(BIN)/python -m pipelines.docs
	cd sql && ../$(BIN)/dbt docs generate --profiles-dir . --target-path ../docs/dbt --log-path ../data/dbt/logs \
		$(if $(PLATFORMS),--vars 'platforms: [$(PLATFORMS)]')

clean: ## Remove what can be made again, except data
	rm -rf $(VENV) dist docs/dbt .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
