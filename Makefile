# `make run` and `make test` install what they need from the hash-pinned locks; the second time they start at once.
PYTHON ?= python3
VENV   := .venv
PY     := $(VENV)/bin/python
SITE   := .cache/docs
AUDIT  := .cache/audit
UV     := $(shell command -v uv 2>/dev/null)

ALONE  := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1  # processes share the cores, each with one thread for its sums
SEED   := $(or $(SEED),$(shell date +%s))

.DEFAULT_GOAL := run
.PHONY: help run doctor test tests soak mutants coverage browser check bench reference messages docs pictures audit lock clean

help: ## list what make can do
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile

run: $(VENV)/run.stamp ## run your bot if a token is set, otherwise the sandbox
	@$(PY) -m bot.environment; case $$? in 0) exec $(PY) -m bot;; 1) exec $(PY) -m sandbox;; *) exit 2;; esac

doctor: $(VENV)/run.stamp ## check settings, services and disk, and say what to fix
	@$(PY) -m bot doctor

test: $(VENV)/test.stamp browser ## run lint, type checks and the quick tests (CI=true: all of them)
	@$(MAKE) -s -j 2 check tests

tests:
	@$(ALONE) $(PY) -m pytest $(if $(filter true,$(CI)),,--quick) -n 3 --dist loadgroup --durations=25  # more than two cores: tests wait for processes

soak: $(VENV)/test.stamp browser ## test every point and fuzz for hours (SEED=… repeats a run)
	@echo "To repeat this run: make soak SEED=$(SEED)"
	@$(ALONE) $(PY) -m pytest --soak --hypothesis-seed=$(SEED) -n 2 --dist loadgroup --durations=25

mutants: $(VENV)/test.stamp ## break each promise in a copy: its tests must notice (ONLY=p13 for one)
	@$(ALONE) $(PY) -m tests.mutants $(ONLY)

coverage: $(VENV)/test.stamp ## which lines the unit and contract tests run
	@$(ALONE) $(PY) -m coverage run -m pytest tests/unit tests/contract && $(PY) -m coverage report

browser: $(VENV)/test.stamp ## find or install a browser for the tests
	@$(PY) -m sandbox.browser

check: $(VENV)/test.stamp ## run lint and type checks
	@$(VENV)/bin/ruff check -q . && $(VENV)/bin/ruff format -q --check . && $(VENV)/bin/mypy

bench: $(VENV)/test.stamp ## measure speed and memory; takes minutes
	@for each in $(filter-out __init__ measure libraries rivals indexes crowd,$(basename $(notdir $(wildcard benchmarks/*.py)))) load; do \
	  echo "\n$$each"; $(ALONE) $(PY) -m benchmarks.$$each || exit 1; done

reference: $(VENV)/test.stamp ## write docs/commands.md, configuration.md and faults.md from the code
	@$(PY) -m docs.reference

docs: $(SITE)/docs.stamp ## build the docs as a site and check every link
	@NO_MKDOCS_2_WARNING=1 $(SITE)/bin/mkdocs build -q && echo "Open .cache/site/index.html"

messages: $(VENV)/test.stamp ## bring the translations up to date with the code
	@$(PY) -m bot.locales

pictures: $(VENV)/test.stamp browser ## take the docs' screenshots and record the README's animation
	@$(PY) -m sandbox.screenshots docs/pictures && $(PY) -m docs.record docs/pictures/loop.webp

audit: $(AUDIT)/audit.stamp ## ask whether a pinned package has a known vulnerability
	@for each in requirements*.lock; do $(AUDIT)/bin/pip-audit --strict --disable-pip --require-hashes -r $$each || exit 1; done

$(VENV)/run.stamp: requirements.lock
	$(call install,$(VENV),requirements.lock)

$(VENV)/test.stamp: requirements-dev.lock
	$(call install,$(VENV),requirements-dev.lock)
	@touch $(VENV)/run.stamp

$(SITE)/docs.stamp: requirements-docs.lock
	$(call install,$(SITE),requirements-docs.lock)

$(AUDIT)/audit.stamp: requirements-audit.lock
	$(call install,$(AUDIT),requirements-audit.lock)

define install
	@command -v $(PYTHON) >/dev/null || { echo "Cratekeeper needs Python 3.11 or newer, and there's no $(PYTHON)"; exit 1; }
	@$(PYTHON) bot/supported.py
	@if [ -n "$(UV)" ]; then \
	  { [ -x $(1)/bin/python ] || uv venv -q --python "$$(command -v $(PYTHON))" $(1); } \
	  && uv pip install -q --python $(1)/bin/python --require-hashes -r $(2); \
	else \
	  { [ -x $(1)/bin/python ] && [ -x $(1)/bin/pip ] || $(PYTHON) -m venv $(1) \
	    || { echo "Cratekeeper needs Python's venv: apt-get install python3-venv"; exit 1; }; } \
	  && $(1)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r $(2); \
	fi || { echo "Couldn't install $(2); the lines above say why. Often the network is down."; exit 1; }
	@touch $@
endef

lock: ## renew the locks from pyproject.toml (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml -o requirements.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --group docs -o requirements-docs.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --group audit -o requirements-audit.lock

clean: ## remove .venv and all caches
	rm -rf $(VENV) .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis
