"""Bytes of strangers, changed at random, break no parser (trust.md, I3). By coverage: `python tests/byte_fuzz.py`."""

from __future__ import annotations

import time
from random import Random

import byte_fuzz
import pytest


def attempt(name, cases, seed):
    random = Random(seed)
    target = byte_fuzz.TARGETS[name]
    for number in range(cases):
        content = byte_fuzz.changed(name, random)
        started = time.process_time()
        try:
            target(content)
        except Exception as error:
            raise AssertionError(f"case {number} of {name}: {type(error).__name__} at {content[:300]!r}") from error
        assert time.process_time() - started < 1, content[:300]


@pytest.mark.parametrize("name", sorted(byte_fuzz.TARGETS))
def test_what_is_well_formed_is_read(name):
    for seed in byte_fuzz.seeds(name):
        byte_fuzz.TARGETS[name](seed)


@pytest.mark.parametrize("name", sorted(byte_fuzz.TARGETS))
def test_changed_bytes_give_a_documented_error_or_none(name):
    """I3"""
    attempt(name, 150, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(byte_fuzz.TARGETS))
def test_many_changed_bytes_give_a_documented_error_or_none(name):
    """I3"""
    attempt(name, 10_000, seed=2)
