# `make check` is what CI runs. VENV may point to an environment that exists already.

VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
FLAGS ?=

.PHONY: check setup style types layers test docs lock vulnerabilities wheel

check: setup style types layers test

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[audit,browser,docs,explain,graph,hf,llm,lora,otel,parquet,plots,ray-serve,recommend,serve,sklearn,tensorboard,train,tune,test]"
	touch $@

style: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

layers: setup
	$(BIN)/lint-imports

test: setup
	$(BIN)/python -m pytest $(FLAGS)

# The site, into build/site. `zensical build` builds the same mkdocs.yml.
docs: setup
	$(BIN)/python docs/site/prepare.py
	$(BIN)/python -m mkdocs build --strict

# What a plain install brings, pinned and hashed, for every system and Python. Needs the network, and uv.
lock:
	uv pip compile pyproject.toml --universal --generate-hashes --python-version 3.11 \
		--custom-compile-command "make lock" --quiet --output-file requirements.lock

# Whether anything of the lock has a known vulnerability. Needs the network, and pip-audit; no part of `check`.
vulnerabilities:
	pip-audit --requirement requirements.lock --require-hashes --disable-pip --strict

# The same bytes from the same sources, with the bill of materials inside.
wheel:
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(PYTHON) -m pip wheel --no-deps --wheel-dir dist .
