# Everything sets up what it needs by itself: a virtual environment with pinned, hashed packages.

VENV := .venv
BIN := $(VENV)/bin
COMPAT := .venv-compat
CONTRACT := .venv-contract
STAMP := $(VENV)/.installed-$(shell cat requirements/test.txt 2>/dev/null | cksum | cut -d' ' -f1)

# A shim of a version manager may exist and not run: each candidate is tried.
PYTHON := $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; raise SystemExit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	2>/dev/null && echo $$p && break; done)

unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV PIP_REQUIRE_VIRTUALENV

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format lock bench browser compat contract chaos soak clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMP) ## Make the virtual environment (the other targets do so by themselves)

$(STAMP):
	@test -n "$(PYTHON)" || { echo "expected Python 3.11, 3.12 or 3.13 on PATH, found none: apt install python3" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "expected Python's venv module, found none: apt install python3-venv" >&2; exit 1; }
	@echo "making $(VENV) with $$($(PYTHON) --version)"
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/test.txt
	@echo "$(CURDIR)" > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/heliograph-checkout.pth"
	@printf '#!/bin/sh\nexec "%s/python" -m heliograph "$$@"\n' "$(CURDIR)/$(BIN)" > $(BIN)/heliograph
	@chmod +x $(BIN)/heliograph
	@touch $@

demo: $(STAMP) ## The main job on this machine, in under a minute, without an account
	@$(BIN)/python -m heliograph demo

test: lint ## What CI runs: lint, types, contracts, and all quick tests
	@$(BIN)/python -m pytest -m "not bench and not chaos and not soak"

lint: $(STAMP) ## Format, lint, strict types, import contracts, Dockerfile
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/hadolint Dockerfile
	@! grep -nE '(https?|file)://' requirements/*.txt || { echo "expected no address in requirements" >&2; exit 1; }

format: $(STAMP) ## Let ruff format and fix
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: $(STAMP) ## Compile requirements/*.txt from pyproject.toml, for all Python versions at once
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url \
	  --no-emit-find-links --python-version 3.11 --upgrade pyproject.toml -o requirements/run.txt
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url \
	  --no-emit-find-links --python-version 3.11 --upgrade --group test pyproject.toml \
	  -c requirements/run.txt -o requirements/test.txt
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url \
	  --no-emit-find-links --python-version 3.11 --upgrade --group compat -o requirements/compat.txt
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url \
	  --no-emit-find-links --python-version 3.11 --upgrade --group contract -o requirements/contract.txt

bench: $(STAMP) ## Speed and scale, each figure beside a baseline of the same run
	@$(BIN)/python -m pytest -m bench -s --timeout 1800

browser: $(STAMP) ## The pages in a real Chromium, which is installed where there is none
	@command -v chromium >/dev/null || { echo "installing chromium"; apt-get update -qq && apt-get install -y -qq chromium >/dev/null; }
	@$(BIN)/python -m pytest tests/browser

compat: $(STAMP) $(COMPAT)/.installed ## Microsoft's own Python SDK against the simulator, in an environment of its own
	@$(COMPAT)/bin/python -m pytest --confcutdir tests/compat -W ignore tests/compat

$(COMPAT)/.installed: requirements/compat.txt
	@echo "making $(COMPAT), which weighs 470 MB"
	@rm -rf $(COMPAT)
	@$(PYTHON) -m venv $(COMPAT)
	@$(COMPAT)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

contract: $(STAMP) $(CONTRACT)/.installed ## The admin API held against its own OpenAPI description by schemathesis
	@$(BIN)/python -m pytest tests/contract

$(CONTRACT)/.installed: requirements/contract.txt
	@echo "making $(CONTRACT)"
	@rm -rf $(CONTRACT)
	@$(PYTHON) -m venv $(CONTRACT)
	@$(CONTRACT)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

chaos: $(STAMP) ## Faults, half an hour at most
	@$(BIN)/python -m pytest -m chaos -s --timeout 1800

soak: $(STAMP) ## Simulated years and long runs
	@$(BIN)/python -m pytest -m soak -s --timeout 36000

clean: ## Remove what the other targets made
	rm -rf $(VENV) $(COMPAT) $(CONTRACT) build .mypy_cache .ruff_cache .import_linter_cache .hypothesis
