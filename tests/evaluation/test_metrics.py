from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from made_up import judged, random_gold, random_rows, shuffled
from sklearn import metrics as sklearn_metrics

from tuili.errors import InputError, UsageError
from tuili.evaluation.metrics import accuracy, brier, class_scores, confusion_matrix, log_loss, macro_f1, occurring

ALL = [accuracy, macro_f1, brier, log_loss]
ROWS = np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.5, 0.3, 0.2], [0.2, 0.2, 0.6]])
GOLD = np.array([0, 1, 2, 2])


def test_values_worked_out_by_hand() -> None:
    assert accuracy(ROWS, GOLD) == 0.75
    assert confusion_matrix(ROWS, GOLD).tolist() == [[1, 0, 0], [0, 1, 0], [1, 0, 1]]
    assert macro_f1(ROWS, GOLD) == pytest.approx((2 / 3 + 1 + 2 / 3) / 3)
    assert brier(ROWS, GOLD) == pytest.approx((0.14 + 0.26 + 0.98 + 0.24) / 4)
    assert log_loss(ROWS, GOLD) == pytest.approx(-math.log(0.7 * 0.6 * 0.2 * 0.6) / 4)


@pytest.mark.parametrize("k", [2, 3])
def test_all_measures_agree_with_scikit_learn(k: int) -> None:
    rows, gold = random_rows(500, k), random_gold(500, k)
    predicted = rows.argmax(axis=1)
    assert accuracy(rows, gold) == pytest.approx(sklearn_metrics.accuracy_score(gold, predicted))
    assert macro_f1(rows, gold) == pytest.approx(sklearn_metrics.f1_score(gold, predicted, average="macro"))
    assert log_loss(rows, gold) == pytest.approx(sklearn_metrics.log_loss(gold, rows))
    assert (confusion_matrix(rows, gold) == sklearn_metrics.confusion_matrix(gold, predicted)).all()
    expected = sklearn_metrics.precision_recall_fscore_support(gold, predicted)
    found = [(s.precision, s.recall, s.f1, s.support) for s in class_scores(rows, gold)]
    np.testing.assert_allclose(found, np.transpose(expected))


def test_brier_on_two_labels_is_the_binary_form_of_scikit_learn() -> None:
    rows, gold = random_rows(200, 2), random_gold(200, 2)
    assert brier(rows, gold) == pytest.approx(sklearn_metrics.brier_score_loss(gold, rows[:, 1]))
    assert brier(np.array([[0.8, 0.2]]), np.array([0])) == pytest.approx(0.2**2)


def test_brier_on_three_labels_sums_over_the_labels() -> None:
    assert brier(np.array([[0.0, 1.0, 0.0]]), np.array([0])) == 2.0


def test_macro_f1_leaves_out_labels_that_never_occur() -> None:
    rows, gold = np.array([[0.9, 0.1, 0.0], [0.2, 0.8, 0.0]]), np.array([0, 1])
    assert occurring(rows, gold) == [0, 1]
    assert macro_f1(rows, gold) == 1.0


def test_macro_f1_counts_a_label_that_is_only_predicted() -> None:
    rows, gold = np.array([[0.9, 0.1, 0.0], [0.2, 0.1, 0.7]]), np.array([0, 0])
    expected = sklearn_metrics.f1_score(gold, rows.argmax(axis=1), average="macro")
    assert macro_f1(rows, gold) == pytest.approx(expected) == pytest.approx((2 / 3 + 0) / 2)


def test_an_impossible_gold_label_costs_much_and_not_infinity() -> None:
    assert 36 < log_loss(np.array([[1.0, 0.0]]), np.array([1])) < 37


def test_float32_probabilities_do_as_well() -> None:
    rows, gold = random_rows(50, 3), random_gold(50, 3)
    for metric in ALL:
        assert metric(rows.astype(np.float32), gold) == pytest.approx(metric(rows, gold), rel=1e-5)


@given(judged())
def test_measures_stay_in_their_range_whatever_comes(data: tuple[np.ndarray, np.ndarray]) -> None:
    rows, _ = data
    assert 0 <= accuracy(*data) <= 1
    assert 0 <= macro_f1(*data) <= 1
    assert 0 <= brier(*data) <= (1 if rows.shape[1] == 2 else 2)
    assert 0 <= log_loss(*data) < math.inf
    assert confusion_matrix(*data).sum() == len(rows)


@given(judged())
def test_the_order_of_pairs_changes_nothing(data: tuple[np.ndarray, np.ndarray]) -> None:
    other = shuffled(data)
    for metric in ALL:
        assert metric(*other) == pytest.approx(metric(*data), abs=1e-12)


@pytest.mark.parametrize("metric", [*ALL, confusion_matrix, class_scores])
def test_no_pairs_are_an_input_error(metric) -> None:
    with pytest.raises(InputError, match="no labelled pairs"):
        metric(np.zeros((0, 3)), np.zeros(0, dtype=np.int64))


@pytest.mark.parametrize(
    ("rows", "gold", "message"),
    [
        (np.ones((2, 3)), np.array([0]), r"shapes \(n, k\) and \(n,\), got \(2, 3\) and \(1,\)"),
        (np.ones(3), np.array([0, 1, 2]), "shapes"),
        (np.array([[0.5, 0.5], [np.nan, 0.5]]), np.array([0, 1]), "row 1 holds a value that is not finite"),
        (np.ones((1, 2)), np.array([0.0]), "integer type; got float64"),
        (np.ones((1, 2)), np.array([2]), "run from 0 to 1; got 2"),
        (np.ones((1, 2)), np.array([-1]), "run from 0 to 1; got -1"),
    ],
)
def test_arrays_that_no_metric_is_defined_on_are_refused(rows: np.ndarray, gold: np.ndarray, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        accuracy(rows, gold)
