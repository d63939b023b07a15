# Needs Python 3.11 or newer with venv; everything else is installed into .venv from the lock.
# PYTHON=... picks another Python, PORT=... the port to serve on, ARGS=... adds to serve or pytest.

VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest
LOCKED := $(VENV)/.locked-packages
READY := $(VENV)/.project
SERVES := $(VENV)/.serves

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Images of containers set it, and each process that is started then compiles what it imports anew.
export PYTHONDONTWRITEBYTECODE :=

NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for each in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$each" -c '$(NEW_ENOUGH)' 2>/dev/null && { echo "$$each"; break; }; done)

.DEFAULT_GOAL := help
# What runs at the same time slows what is timed, and mixes what is printed.
.NOTPARALLEL:
# A stamp whose recipe was interrupted must not count.
.DELETE_ON_ERROR:

.PHONY: help
help: ## List what there is to make
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1#\2/p' Makefile | \
		while IFS='#' read -r name text; do printf '%-16s%s\n' "$$name" "$$text"; done

.PHONY: serve
serve: $(SERVES) ## Start the mock server (PORT=9000 make serve: on another port)
	@exec $(BIN)/mockserver serve $(if $(PORT),--port '$(PORT)') $(ARGS)

.PHONY: install
install: $(READY) ## Install everything: both commands, and what the tests need

.PHONY: test
test: $(READY) ## Run the tests that need nothing but Python
	@$(PYTEST) -n auto --dist worksteal -m 'not browser and not clients' $(ARGS); status=$$?; \
		echo 'Left out: the tests in Chromium (make browser) and of generated clients (make clients).'; \
		exit $$status

.PHONY: browser
browser: $(READY) ## Run the tests in Debian's Chromium, headless
	@command -v chromium >/dev/null || { \
		echo 'make browser needs chromium (Debian: apt-get install chromium)' >&2; exit 1; }
	@$(PYTEST) -n auto --maxprocesses 3 --dist worksteal tests/browser $(ARGS)

.PHONY: clients
clients: $(READY) ## Lint the contract, and try clients generated from it (needs Node 20.19 and npm)
	@$(BIN)/python clients/run.py
	@$(PYTEST) -n auto --maxprocesses 4 --dist worksteal -m clients $$(grep -rl --include='*.py' 'mark\.clients' tests) $(ARGS)

.PHONY: recipes
recipes: $(READY) ## Run the recipes of docs/testing as they stand there (needs Node 20.19, npm, Chromium)
	@$(BIN)/python recipes/run.py $(ARGS)

.PHONY: selftest
selftest: $(READY) ## Show that the conformance suite finds planted defects, and accuses nothing legal
	@$(BIN)/python -m conformance.selftest.command $(ARGS)

.PHONY: check
check: style types test browser recipes clients selftest ## All that CI checks

.PHONY: style
style: $(READY) ## Check formatting, lint and the order of imports
	@$(BIN)/ruff format --check --quiet . || { \
		echo 'Not formatted: `make format` does it.' >&2; exit 1; }
	@$(BIN)/ruff check --quiet .
	@told=$$($(BIN)/lint-imports --no-logo --no-cache) || { echo "$$told" >&2; exit 1; }

.PHONY: types
types: $(READY) ## Check types
	@$(BIN)/mypy --num-workers auto

.PHONY: format
format: $(READY) ## Format, and mend what the linter can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

.PHONY: bench
bench: $(READY) ## Measure the mock server against its peers
	@$(BIN)/python -m bench $(ARGS)

.PHONY: fleet
fleet: $(READY) ## Try three replicas behind HAProxy, and kill one (ARGS='--balancer nginx' behind nginx)
	@$(BIN)/python deploy/fleet.py $(ARGS)

.PHONY: pictures
pictures: $(READY) ## Take the pictures of docs/pictures anew (needs Chromium)
	@$(BIN)/python docs/pictures.py

.PHONY: docs
docs: $(READY) ## Build the documentation as a site, into build/docs
	@$(BIN)/python docs/build.py $(ARGS)

COMPILE := UV_CUSTOM_COMPILE_COMMAND='make lock' $(BIN)/uv pip compile --universal --python-version 3.11 \
	--generate-hashes --no-annotate --no-emit-index-url --quiet

.PHONY: lock
lock: $(READY) ## Write the locks from pyproject.toml (ARGS=--upgrade: with the newest releases)
	@$(COMPILE) pyproject.toml --group dev --output-file requirements.lock $(ARGS)
	@$(COMPILE) pyproject.toml --group build --constraint requirements.lock --output-file requirements-run.lock
	@$(COMPILE) --group serve --constraint requirements.lock --output-file requirements-serve.lock

.PHONY: clean
clean: ## Remove what was installed or built here
	@rm -rf $(VENV) build dist clients/build clients/node_modules bench/build bench/node_modules \
		recipes/build recipes/node_modules \
		.hypothesis .mypy_cache .pytest_cache .ruff_cache .schemathesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

define MAKE_VENV
@"$(PYTHON)" -c '$(NEW_ENOUGH)' 2>/dev/null || { \
	echo 'Python 3.11 or newer is needed and was not found: name it, as in `make PYTHON=/path/to/python3.12`' >&2; \
	exit 1; }
@echo 'Making $(VENV) (once)'
@"$(PYTHON)" -m venv --clear $(1) $(VENV)
endef

INSTALL := "$(PYTHON)" deploy/install.py

# From an empty environment, so that nothing stays that the lock no longer names.
$(LOCKED): requirements.lock
	$(call MAKE_VENV)
	@$(INSTALL) requirements.lock
	@touch $@

$(READY): pyproject.toml $(LOCKED)
	@$(INSTALL) .
	@touch $@ $(SERVES)

# What serving needs, and no more: not even a pip, if there is one elsewhere.
$(SERVES): pyproject.toml requirements-serve.lock
	$(if $(wildcard $(READY)),,$(call MAKE_VENV,--without-pip))
	@$(INSTALL) requirements-serve.lock .
	@touch $@
