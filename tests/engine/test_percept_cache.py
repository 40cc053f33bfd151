from __future__ import annotations

import numpy as np

from tuili.engine.percepts import PerceptCache
from tuili.reasoning.embedded import Percept


def percept(nbytes: int) -> Percept:
    return Percept(np.zeros((nbytes // 4, 1, 1, 1, 1), np.float32), 1)


def test_the_least_recently_used_percept_goes_first():
    cache = PerceptCache(1000)
    cache.put(b"a", percept(400))
    cache.put(b"b", percept(400))
    assert cache.get(b"a") is not None
    cache.put(b"c", percept(400))
    assert cache.get(b"b") is None
    assert cache.get(b"a") is not None
    assert cache.nbytes == 800


def test_a_percept_larger_than_the_cache_is_not_kept():
    cache = PerceptCache(1000)
    cache.put(b"a", percept(400))
    cache.put(b"b", percept(2000))
    assert cache.get(b"b") is None
    assert cache.get(b"a") is not None


def test_putting_a_key_again_counts_it_once():
    cache = PerceptCache(1000)
    cache.put(b"a", percept(400))
    cache.put(b"a", percept(600))
    assert cache.nbytes == 600


def test_a_kept_percept_does_not_hold_the_batch_it_came_from():
    cache = PerceptCache(10**6)
    batch = np.zeros((50, 10, 1, 1, 1, 1), np.float32)
    cache.put(b"a", Percept(batch[3], 1))
    kept = cache.get(b"a")
    assert kept is not None
    assert kept.states.base is None
