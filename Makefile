# `make check` is what CI runs. VENV may point to an environment that exists already.

VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
FLAGS ?=

.PHONY: check setup style types layers test docs

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
