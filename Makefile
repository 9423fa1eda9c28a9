# Every command works on a fresh clone: uv is fetched into .tools when it is not on the PATH.
SHELL := /bin/bash
.DEFAULT_GOAL := help
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
RUN := $(UV) run --no-sync
# The tests start hundreds of processes; each would compile anew what the one before has compiled.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test lab check docs bench-defects bench-audit bench-guard bench-throttle bench-chat bench-faults bench-community clean

help: ## say what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

.tools/bin/uv:
	python3 -m venv .tools
	.tools/bin/pip install --quiet --disable-pip-version-check uv

.venv/.synced: pyproject.toml uv.lock $(filter .tools/bin/uv,$(UV))
	$(UV) sync --quiet --all-extras
	@touch $@

setup: .venv/.synced ## install everything into .venv

demo: setup ## start an embedded launch with fifteen defects and audit it
	@$(RUN) launchready demo || [ $$? -eq 1 ]

lab: setup ## install the servers that the lab's tests run against (apt, root)
	bash tests/lab/install.sh

test: setup lab ## run the whole suite, the lab included where it can run
	$(RUN) pytest -n 2 --dist loadgroup

check: setup ## types, style, layers, docs
	$(RUN) ruff check
	$(RUN) ruff format --check
	$(RUN) mypy
	$(RUN) lint-imports
	$(RUN) python docs/generate.py --check
	$(RUN) mkdocs build --quiet --strict --site-dir .site

docs: setup ## write the generated pages and build the site into .site
	$(RUN) python docs/generate.py
	$(RUN) mkdocs build --quiet --strict --site-dir .site

bench-defects: setup ## switch on each defect alone and print the matrix
	$(RUN) python bench/defects.py --write

bench-audit: setup lab ## measure the audit against the usual tools, with latency, with 100 hosts
	$(RUN) python bench/audit.py --write

bench-guard: setup ## measure a guarded app against the bare one and against a package a feature
	$(RUN) python bench/guard.py --write

bench-throttle: setup ## measure the rate limits against the limits library, in memory and with Valkey
	$(RUN) python bench/throttling.py --write

bench-chat: setup ## measure what guard's chat adds to the first word, at 1 and at 200 streams
	$(RUN) python bench/chat.py --write

bench-faults: setup ## measure what members see while a provider, a store or the app itself fails
	PYTHONPATH=. $(RUN) python bench/faults.py --write

bench-community: setup ## measure the guarded community under load, on SQLite and PostgreSQL
	$(RUN) python bench/community.py --write

clean: ## remove everything that the commands above made
	rm -rf .venv .tools .site .launchready .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
