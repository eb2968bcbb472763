# What can be done in this house. `make` alone lists it; each target sets up what it needs and does nothing twice.
#
# PYTHON=/path/to/python3.13 chooses the interpreter; ARGS="…" goes on to the program that a target starts.

.DEFAULT_GOAL := help
.PHONY: help run test check soak bench cards picture letter lock clean programs

ARGS ?=
PY := .venv/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes
NPM := npm ci --no-audit --no-fund --loglevel=error

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' Makefile

run: .venv/.run node_modules/.run  ## set everything up and run the product beside a small ministry; prints one address
	@$(PY) -m sandbox $(ARGS)

test: .venv/.dev node_modules/.dev programs check  ## set everything up, then every check and every test
	$(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder -m "not soak" $(ARGS)

check: .venv/.dev  ## ruff, mypy --strict, import layers, nothing that belongs to one machine
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy
	.venv/bin/lint-imports
	$(PY) scripts/refuse.py

soak: .venv/.dev node_modules/.dev programs  ## the long runs: 20,000 simulated days (SOAK_DAYS=N), kills, fuzz
	$(PY) -m pytest -m soak $(ARGS)

bench: .venv/.dev  ## the ministry's quarter and the comparisons
	$(PY) -m bench $(ARGS)

cards: node_modules/.dev programs  ## draw every card in Chromium, for docs/cards-ar.png and docs/cards-en.png
	node scripts/draw_cards.mjs

picture: .venv/.dev node_modules/.dev programs  ## drive the page in Chromium, for docs/page.png
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
		PAGE_PICTURES="$$folder" $(PY) -m pytest -q tests/acceptance/test_page.py $(ARGS) && cp "$$folder/page.png" docs/page.png

letter: .venv/.dev programs  ## make a letter as it is issued, for docs/letter-ar.png
	LETTER_PICTURE="$(CURDIR)/docs/letter-ar.png" $(PY) -m pytest -q -n 0 tests/documents/test_letter_drawn.py $(ARGS)

lock: .venv/.dev  ## make the lock files again from the short lists that people write
	ARGS="$(ARGS)" sh scripts/lock

clean:  ## remove what the other targets made
	rm -rf .venv node_modules .tarasul .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

programs:
	@sh scripts/install-programs

.venv/bin/python:
	@python=$$(sh scripts/find-python) && "$$python" -m venv .venv

.venv/.run: requirements.txt requirements-sandbox.txt | .venv/bin/python
	@echo "Installing what the product and the sandbox need (a minute or two the first time) …"
	@$(PIP) -r requirements.txt -r requirements-sandbox.txt
	@touch $@

.venv/.dev: .venv/.run requirements-dev.txt
	@echo "Installing what checking and testing need …"
	@$(PIP) -r requirements-dev.txt
	@touch $@

node_modules/.run: package.json package-lock.json
	@sh scripts/find-node
	@[ node_modules/.dev -nt package-lock.json ] || $(NPM) --omit=dev
	@touch $@

node_modules/.dev: package.json package-lock.json
	@sh scripts/find-node
	@echo "Installing what the tests need from npm …"
	@$(NPM)
	@touch $@ node_modules/.run
