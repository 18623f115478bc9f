# One rule, one place: hooks and CI call these targets. `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON := .venv/bin/python
export PYTHONDONTWRITEBYTECODE := 1

.PHONY: help setup run demo check test verify bench eval chaos docs format clean lint types imports generated pins

help: ## List the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

setup: ## Virtual environment, pinned dependencies, broker and database programs
	@sh deploy/setup.sh

run: setup ## Start everything with a demo account, until Ctrl-C
	@$(PYTHON) -m deploy.local.run

demo: setup ## Play one conversation from webhook to close and print its timeline
	@$(PYTHON) -m deploy.local.demo

lint: ## Formatting and ruff's rules
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m ruff check .

types: ## mypy, strict
	@$(PYTHON) -m mypy

imports: ## The dependency rules between services, layers and libraries
	@.venv/bin/lint-imports --no-cache

# The revision whose consumers must still be served: the last commit, unless a review names where its branch began.
BASE ?=

generated: ## Committed schemas and AsyncAPI documents are those of the code, and break nothing since BASE
	@$(PYTHON) -m cli.schemas check
	@$(PYTHON) -m cli.schemas compat $(if $(BASE),--base $(BASE))
	@$(PYTHON) -m cli.asyncapi check

check: setup lint types imports generated ## Everything that needs no broker

test: check ## The whole suite, against a real broker and a real database
	@sh deploy/setup.sh clients
	@$(PYTHON) -m tests.suite
	@$(PYTHON) -m tests.coverage_limits build/coverage.json

verify: test ## make test, and what takes longer: slow tests and the long form of the chaos table
	@$(PYTHON) -m pytest -q -m slow
	@$(PYTHON) -m tests.chaos --long

bench: setup ## Measure the figures and write build/bench.json
	@$(PYTHON) -m tests.bench

eval: setup ## Measure answers on public sets (where they are) and our own, to build/eval.json
	@$(PYTHON) -m tests.eval

chaos: setup ## Kill each service under load and write build/chaos.json
	@$(PYTHON) -m tests.chaos

docs: setup ## Write the JSON Schemas and the AsyncAPI documents
	@$(PYTHON) -m cli.schemas write
	@$(PYTHON) -m cli.asyncapi write

format: setup ## Put the code into shape
	@$(PYTHON) -m ruff check --fix .
	@$(PYTHON) -m ruff format .

pins: ## Pin the dependencies of pyproject.toml again (needs uv)
	@uv pip compile pyproject.toml --extra gateway --extra conversation --extra delivery --extra ai --extra dev --generate-hashes \
		--no-header --python-version 3.11 -o requirements/dev.txt

clean: ## Remove the local data of make run, and what builds left
	@rm -rf var build .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
