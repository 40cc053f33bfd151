"""A temperature that rises with unknown words: what was put in comes out, and what was not seen is not extrapolated."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tuili.bundle import Bundle
from tuili.calibration import Calibration, Familiar, Map, Source, Temperature
from tuili.engine.calibrate import calibrated
from tuili.engine.familiar import unknown_words, word_marks
from tuili.engine.load import load
from tuili.errors import BundleError, UsageError
from tuili.evaluation.calibrate import calibrate
from tuili.evaluation.cross_fit import cross_fitted
from tuili.evaluation.familiarity import fit_familiar
from tuili.evaluation.fit import fit_map

if TYPE_CHECKING:
    from pathlib import Path

COMMON = [f"w{i}" for i in range(40)]
ONE = np.ones(1, np.int64)


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def sample(n: int, slope: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray, list[tuple[str, str]], np.ndarray]:
    """Pairs with 0 to 6 words that stand nowhere else, gold labels drawn at the temperature 1.2 · e^(slope · u)."""
    rng = np.random.default_rng(seed)
    unknown = rng.integers(0, 7, n)
    pairs = []
    for row, count in enumerate(unknown.tolist()):
        rare = [f"r{row}x{place}" for place in range(count)]
        pairs.append((" ".join([*rng.choice(COMMON, 5), f"p{row}", *rare]), " ".join(rng.choice(COMMON, 4))))
    z = np.log(softmax(rng.normal(scale=3, size=(n, 3))))
    true = softmax(z / (1.2 * np.exp(slope * (unknown + 1)))[:, None])  # p… makes each premise its own, and is unknown
    gold = (true.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)
    return z, gold, pairs, unknown + 1


def test_what_was_put_in_comes_out():
    z, gold, pairs, unknown = sample(5000, 0.1)
    familiar, counted = fit_familiar(z, gold, pairs)
    np.testing.assert_array_equal(counted, unknown)
    assert familiar.slope == pytest.approx(0.1, abs=0.03)
    assert familiar.most == 7
    assert familiar.words == {mark for word in COMMON for mark in word_marks(word)}
    how = fit_map(z, gold, np.ones(len(z), np.int64), method="familiarity", pairs=pairs)
    assert how.temperatures[0].temperature == pytest.approx(1.2, rel=0.1)


def test_where_unknown_words_say_nothing_the_slope_is_near_nothing():
    z, gold, pairs, _ = sample(5000, 0.0)
    assert fit_familiar(z, gold, pairs)[0].slope < 0.03


def test_a_word_of_one_premise_alone_is_unknown_however_often_it_stands_there():
    z, gold, *_ = sample(4, 0.0)
    pairs = [("rare a b", "rare a"), ("rare a b", "rare b"), ("a b", "a"), ("b a", "b")]
    familiar, counted = fit_familiar(z, gold, pairs)
    assert counted.tolist() == [2, 2, 0, 0]
    assert unknown_words([("rare A", "new, new!")], familiar).tolist() == [3]


def test_words_may_be_known_from_other_pairs():
    z, gold, *_ = sample(2, 0.0)
    known = [("red", "blue"), ("red one", "blue"), ("red two three", "blue")]
    familiar, counted = fit_familiar(z, gold, [("red green four five", "blue"), ("red", "blue")], known=known)
    assert counted.tolist() == [2, 0]  # three are unknown, and no known pair has more than two
    assert familiar.words == {*word_marks("red blue")}
    assert familiar.most == 2


def test_more_unknown_words_than_were_ever_seen_count_as_the_most_that_were():
    how = Map("familiarity", (Temperature(1, 2.0),), familiar=Familiar(frozenset({1}), 0.1, 3))
    z = np.log([[0.7, 0.2, 0.1]])
    np.testing.assert_allclose(calibrated(z, ONE, how, np.array([3])), softmax(z / (2 * np.exp(0.3))))
    np.testing.assert_array_equal(calibrated(z, ONE, how, np.array([3])), calibrated(z, ONE, how, np.array([90])))
    with pytest.raises(UsageError, match="unknown words"):
        calibrated(z, ONE, how)


def test_cross_fitting_counts_the_words_of_the_other_folds():
    z, gold, pairs, _ = sample(1000, 0.1)
    windows = np.ones(len(z), np.int64)
    found = cross_fitted(z, gold, windows, [p for p, _ in pairs], method="familiarity", pairs=pairs)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert (found.argmax(axis=1) == z.argmax(axis=1)).all()


def test_a_record_comes_back_from_json_and_what_is_wrong_is_refused():
    how = Map("familiarity", (Temperature(1, 1.5),), familiar=Familiar(frozenset({7, 2**32 - 1}), 0.04, 12))
    record = Calibration(how, Source("pairs.jsonl", "a" * 64, 900, 430)).to_dict()
    assert Calibration.from_dict(json.loads(json.dumps(record)), 3).map == how
    for key, value, message in [
        ("words", "", "8 hex digits"),
        ("words", "0000000", "8 hex digits"),
        ("words", "0000000200000001", "rise"),
        ("words", "0000000100000001", "rise"),
        ("slope", -0.1, "from 0 to 1"),
        ("most", -1, "from 0 to 1000"),
    ]:
        wrong = json.loads(json.dumps(record))
        wrong["map"]["familiar"][key] = value
        with pytest.raises(BundleError, match=message):
            Calibration.from_dict(wrong, 3)
    with pytest.raises(BundleError, match="only there"):
        Calibration.from_dict({**record, "map": {**record["map"], "method": "temperature"}}, 3)
    without = {key: value for key, value in record["map"].items() if key != "familiar"}
    with pytest.raises(BundleError, match="only there"):
        Calibration.from_dict({**record, "map": without}, 3)


def test_pairs_without_a_common_word_are_refused():
    z, gold, *_ = sample(2, 0.0)
    with pytest.raises(UsageError, match="use temperature"):
        fit_familiar(z, gold, [("a", "b"), ("c", "d")])
    with pytest.raises(UsageError, match="one pair for each row"):
        fit_familiar(z, gold, [])


def test_a_bundle_so_calibrated_is_less_sure_of_words_that_it_does_not_know(tiny_directory: Path, tmp_path: Path):
    rng = np.random.default_rng(0)
    words = "a the man woman dog cat is are was not sleeping running".split()
    rows = [
        {
            "premise": " ".join(rng.choice(words, 6)) + f" {row}",
            "hypothesis": " ".join(rng.choice(words, 4)),
            "label": ("entailment", "neutral", "contradiction")[int(rng.integers(3))],
        }
        for row in range(400)
    ]
    data = tmp_path / "pairs.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    bundle = calibrate(tiny_directory, data, tmp_path / "out", method="familiarity", threads=1)
    record = bundle.manifest.calibration
    assert record is not None
    assert record.map.familiar is not None
    steep = replace(record.map, familiar=replace(record.map.familiar, slope=0.2, most=5))
    from tuili.bundle import write_bundle

    manifest = replace(bundle.manifest, calibration=replace(record, map=steep))
    write_bundle(tmp_path / "steep", manifest, bundle.files)
    engine = load(tmp_path / "steep", threads=1)
    pair = ("the man is running outside", "a woman is sleeping there")
    z = engine.uncalibrated([pair])[0].log_probs
    said = list(engine.judge([pair])[0].probabilities.values())
    np.testing.assert_allclose(said, calibrated(z[None], ONE, steep, np.array([2]))[0])
    hidden = np.exp(engine.occlude(pair, [()])[0])
    np.testing.assert_allclose(hidden, said, rtol=1e-5)
    assert Bundle.open(tmp_path / "steep").manifest.calibration == replace(record, map=steep)
