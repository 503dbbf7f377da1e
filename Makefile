# Nothing has to be set up first: each target makes the virtual environments it needs.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: install demo room check check-oldest test lint format lock docs clean

install: .venv/.installed .venv-archive/.installed

# The lock is exact and hashed; the build backend is in it, so nothing is fetched past it.
.venv/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "clausewatch needs Python 3.11 or newer; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

# The oldest versions of the dependencies that pyproject.toml allows, on the oldest Python it allows.
.venv-oldest/.installed: requirements-oldest.lock pyproject.toml
	$(PYTHON) -m venv --clear .venv-oldest
	.venv-oldest/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-oldest.lock
	.venv-oldest/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

# pywb, the archive of the demo and the tests, lives apart: it pins versions that conflict with ours.
.venv-archive/.installed: requirements-archive.lock
	$(PYTHON) -m venv --clear .venv-archive
	.venv-archive/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-archive.lock
	touch $@

# What the tests of the reading room's pages take from npm. Without it, these tests are skipped. By itself, npm trusts
# only the certificate authorities that Node.js brings along, and not those that the machine trusts.
NODE := tests/browser/node_modules
$(NODE)/.installed: export NODE_EXTRA_CA_CERTS ?= /etc/ssl/certs/ca-certificates.crt
$(NODE)/.installed: tests/browser/package-lock.json
	@if ! command -v npm >/dev/null; then echo "npm is missing: the tests of accessibility and valid HTML are skipped" >&2; \
	elif npm ci --silent --prefix tests/browser; then touch $@; \
	else echo "npm can't install its packages: the tests of accessibility and valid HTML are skipped" >&2; fi

demo: install
	$(BIN)/python -m demo

# Opens the history that the demo has stored in a browser.
room: install
	$(BIN)/python -m demo.room

# The inner loop: what needs no server, no PostgreSQL and none of the captures in ../shared, and is quick.
CHECK := --numprocesses 2 --dist worksteal -r fE --ignore tests/servers -m "not server and not shared and not slow"
check: .venv/.installed
	env -u CLAUSEWATCH_TEST_POSTGRESQL_URL $(BIN)/pytest $(CHECK)

check-oldest: .venv-oldest/.installed
	env -u CLAUSEWATCH_TEST_POSTGRESQL_URL .venv-oldest/bin/python -m pytest $(CHECK)

# Everything this machine can run. In four processes, since much of the time is spent waiting for servers; a file's
# tests share their servers, so they stay in one process. The files keep their order, in which the server tests are
# first: see tests/servers/conftest.py.
test: install $(NODE)/.installed
	$(BIN)/pytest --numprocesses 4 --dist loadfile --no-loadscope-reorder

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Refreshes the locks, for every Python from 3.11 on and every platform: to the newest versions that pyproject.toml and
# requirements-archive.in allow, and for requirements-oldest.lock to the oldest versions of what pyproject.toml names.
# The locks name no index: pip takes the one it is configured with.
LOCK := uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"
lock: .venv/.installed
	$(BIN)/$(LOCK) --extra dev pyproject.toml --output-file requirements.lock
	$(BIN)/$(LOCK) --extra dev --resolution lowest-direct pyproject.toml --output-file requirements-oldest.lock
	npm update --silent --package-lock-only --prefix tests/browser
	$(BIN)/$(LOCK) --no-emit-package brotlipy requirements-archive.in --output-file requirements-archive.lock

# The command reference is made from the commands' own help; a test fails when it is out of date.
docs: install
	$(BIN)/python -m scripts.reference > docs/commands.md

clean:
	rm -rf .venv .venv-archive .venv-oldest $(NODE) demo/output
