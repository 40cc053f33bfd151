from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from tuili.reasoning.entity_decoding import Decoder, WordSpan, columns, spans_of, tags_of, transitions

TYPES = 2


def is_legal(tags: tuple[int, ...]) -> bool:
    """Said another way than in the module: as letters."""
    open_type = None
    for tag in tags:
        kind, letter = (None, "O") if tag == 0 else ((tag - 1) // 4, "BIES"[(tag - 1) % 4])
        if open_type is None and letter in "IE":
            return False
        if open_type is not None and (letter not in "IE" or kind != open_type):
            return False
        open_type = kind if letter in "BI" else None
    return open_type is None


def sentences(count: int, words: int) -> list[np.ndarray]:
    rng = np.random.default_rng(words)
    scores = rng.standard_normal((count, words, columns(TYPES))).astype(np.float32) * 2
    return list(scores - np.log(np.exp(scores).sum(-1, keepdims=True)))


def every_sequence(log_probs: np.ndarray) -> list[tuple[float, tuple[int, ...]]]:
    words, tags = log_probs.shape
    return [
        (float(log_probs[np.arange(words), list(sequence)].astype(np.float64).sum()), sequence)
        for sequence in product(range(tags), repeat=words)
        if is_legal(sequence)
    ]


@pytest.mark.parametrize("words", [1, 2, 3, 4])
def test_the_best_sequence_is_that_of_a_search_through_all(words):
    decoder = Decoder(TYPES)
    illegal = 0
    for log_probs in sentences(12, words):
        best = max(every_sequence(log_probs))[1]
        illegal += not is_legal(tuple(log_probs.argmax(-1).tolist()))
        assert decoder.best(log_probs) == spans_of(np.array(best))
    assert illegal > 2  # so that the rules had something to do


@pytest.mark.parametrize("words", [1, 2, 4])
def test_posteriors_are_sums_over_all_sequences(words):
    decoder = Decoder(TYPES)
    spans = [WordSpan(0, 1, 0), WordSpan(0, words, 1), WordSpan(words - 1, words, 1)]
    for log_probs in sentences(5, words):
        paths = every_sequence(log_probs)
        total = sum(np.exp(score) for score, _ in paths)
        wanted = [sum(np.exp(s) for s, path in paths if span in spans_of(np.array(path))) / total for span in spans]
        assert decoder.posteriors(log_probs, spans) == pytest.approx(wanted, abs=1e-9)


def test_tags_and_spans_are_each_others_inverse():
    spans = [WordSpan(0, 1, 1), WordSpan(1, 3, 0), WordSpan(4, 7, 1)]
    assert tags_of(spans, 8).tolist() == [8, 1, 3, 0, 5, 6, 7, 0]
    assert spans_of(tags_of(spans, 8)) == spans


def test_which_tag_may_follow_which():
    allowed = transitions(TYPES)
    for first, second in product(range(columns(TYPES)), repeat=2):
        opened = first != 0 and (first - 1) % 4 < 2
        start = (first,) if not opened or (first - 1) % 4 == 0 else (first - 1, first)
        if not opened and (first - 1) % 4 == 2 and first:
            start = (first - 2, first)
        end = (second,) if second == 0 or (second - 1) % 4 > 1 else (second, (second - 1) // 4 * 4 + 3)
        assert allowed[first, second] == is_legal((*start, *end)), (first, second)
