# `make check` is what CI runs. VENV may point to an environment that exists already.

VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
FLAGS ?=

.PHONY: check setup style types layers test

check: setup style types layers test

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[audit,browser,explain,graph,hf,llm,lora,parquet,plots,recommend,serve,sklearn,tensorboard,train,tune,test]"
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
