"""P7: a batch that looks unlike the calibration set is told from one that does not."""

from __future__ import annotations

import json

import numpy as np
import pytest
from made_up import verdict

from tuili.calibration import FEATURES, STEPS
from tuili.engine.usual import features, unusual
from tuili.errors import InputError, UsageError
from tuili.evaluation.shift import check, compare, usual_of


def drawn(n: int, rng: np.random.Generator, *, longer: float = 1.0) -> tuple[np.ndarray, list[int]]:
    """Features, three pairs a premise, and the premises. Word counts, unread shares and overlaps are full of ties."""
    premises = np.repeat(np.arange(n // 3 + 1), 3)[:n]
    of_premise = rng.poisson(14 * longer, size=n // 3 + 1)[premises]
    columns = [
        of_premise,
        rng.poisson(7, size=n),
        rng.binomial(6, 0.5, size=n) / 6,
        np.where(of_premise > 20, 0.1, 0.0),
        rng.beta(6, 2, size=n),
    ]
    return np.stack(columns, axis=1).astype(float), premises.tolist()


def test_false_alarms_are_no_more_than_asked_for():
    rng = np.random.default_rng(0)
    alarms = 0
    for _ in range(60):
        usual = usual_of(*drawn(2000, rng))
        alarms += sum(compare(usual, *drawn(size, rng), alpha=0.05).shifted for size in (30, 300, 1500))
    assert alarms <= 180 * 0.05


def test_longer_premises_and_lower_confidence_are_noticed():
    rng = np.random.default_rng(1)
    usual = usual_of(*drawn(2000, rng))
    longer = compare(usual, *drawn(600, rng, longer=1.5))
    assert {feature.feature for feature in longer.features if feature.shifted} >= {"premise_words"}
    assert "premise words (median 2" in (longer.warning() or "")
    features_, premises = drawn(600, rng)
    features_[:, FEATURES.index("confidence")] *= 0.8
    unsure = compare(usual, features_, premises)
    assert [feature.feature for feature in unsure.features if feature.shifted] == ["confidence"]
    assert json.loads(json.dumps(unsure.to_dict()))["shifted"] is True


def test_nothing_to_warn_of_gives_no_warning():
    rng = np.random.default_rng(2)
    assert compare(usual_of(*drawn(1000, rng)), *drawn(300, rng)).warning() is None


def test_many_pairs_on_one_premise_count_as_one_premise():
    rng = np.random.default_rng(3)
    usual = usual_of(*drawn(2000, rng))
    same, _ = drawn(500, rng)
    same[:, 0] = 30
    same[:, 3] = 0
    assert not compare(usual, same, ["one"] * 500).features[0].shifted


def test_features_are_counted_in_words():
    row = features([("A man, a plan!", "The man has a plan.")], [verdict(0.2, 0.7, 0.1, coverage=0.75)])[0]
    np.testing.assert_allclose(row, [4, 5, 3 / 5, 0.25, 0.7])


def test_quantiles_are_values_that_occur_and_enclose_all():
    rows, premises = drawn(777, np.random.default_rng(4))
    usual = usual_of(rows, premises)
    assert all(len(row) == STEPS + 1 for row in usual.quantiles.values())
    assert usual.quantiles["confidence"][0] <= rows[:, 4].min()
    assert usual.quantiles["confidence"][-1] >= rows[:, 4].max()
    assert set(usual.quantiles["hypothesis_words"]) <= set(rows[:, 1])


def test_a_single_pair_is_unusual_outside_all_that_was_seen():
    pairs = [(f"A man of {n} sleeps on a bench.", "He sleeps.") for n in range(200)]
    verdicts = [verdict(0.6 + n / 1000, 0.3 - n / 1000, 0.1) for n in range(200)]
    usual = usual_of(features(pairs, verdicts), [premise for premise, _ in pairs])
    assert unusual(pairs[7], verdicts[7], usual) == ()
    assert unusual(("word " * 400, "He sleeps."), verdicts[7], usual) == ("premise_words", "overlap")
    assert unusual(pairs[0], verdict(0.6, 0.3, 0.1, coverage=0.2), usual) == ("unread",)


def test_what_can_not_be_compared_is_refused():
    usual = usual_of(*drawn(100, np.random.default_rng(5)))
    with pytest.raises(InputError):
        check(usual, [], [])
    with pytest.raises(UsageError, match="one verdict for each pair"):
        check(usual, [("a", "b")], [])
    with pytest.raises(UsageError, match="alpha"):
        check(usual, [("a", "b")], [verdict(0.8, 0.1, 0.1)], alpha=0)
