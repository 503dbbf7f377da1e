# `make demo` and `make test` are all the set-up there is: both make what they need.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: install demo test lint format lock docs clean

install: .venv/.installed .venv-archive/.installed

# The lock is exact and hashed; the build backend is in it, so nothing is fetched past it.
.venv/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "clausewatch needs Python 3.11 or newer; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

# pywb, the archive of the demo and the tests, lives apart: it pins versions that conflict with ours.
.venv-archive/.installed: requirements-archive.lock
	$(PYTHON) -m venv --clear .venv-archive
	.venv-archive/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-archive.lock
	touch $@

demo: install
	$(BIN)/python -m demo

# In three processes: much of the time is spent waiting for servers. A file's tests share theirs.
test: install
	$(BIN)/pytest -n 3 --dist loadfile

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Refreshes both locks to the newest versions pyproject.toml and requirements-archive.in allow, for every Python from
# 3.11 on and every platform. The locks name no index: pip takes the one it is configured with.
LOCK := uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"
lock: .venv/.installed
	$(BIN)/$(LOCK) --extra dev pyproject.toml --output-file requirements.lock
	$(BIN)/$(LOCK) --no-emit-package brotlipy requirements-archive.in --output-file requirements-archive.lock

# The command reference is made from the commands' own help; a test fails when it is out of date.
docs: install
	$(BIN)/python -m scripts.reference > docs/commands.md

clean:
	rm -rf .venv .venv-archive demo/output
