# The commands of pocweb. Each calls one script in .ci/, which says what it does.
.PHONY: help setup run test bench lint

help: ## list these commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

setup: ## make the Python environment in .venv, with the tools for tests
	@.ci/setup.sh dev

run: ## start pocweb with its demo mission at http://127.0.0.1:8000 (PORT=8001 for another port)
	@.ci/run.sh

test: ## run every check: lint, types, the suite on PostgreSQL and on SQLite, the browser
	@.ci/test.sh

bench: ## measure pages, imports and documents, as ratios
	@.ci/bench.sh

lint: ## check style, format and types only
	@.ci/lint.sh

.DEFAULT_GOAL := help
