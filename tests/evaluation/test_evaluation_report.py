from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from made_up import C, E, N, random_gold, random_rows, verdict
from sklearn.metrics import classification_report

from tuili.evaluation.report import Report
from tuili.evaluation.scoring import score
from tuili.types import THREE_WAY, TWO_WAY

CONTRACT = {"n", "accuracy", "macro_f1", "ece", "brier", "per_class", "answered_share", "model"}


def report_on(n: int, k: int, seed: int = 0) -> Report:
    labels = THREE_WAY if k == 3 else TWO_WAY
    verdicts = [verdict(*row) for row in random_rows(n, k, seed)]
    return score(verdicts, [labels[column] for column in random_gold(n, k, seed)])


def sklearn_text(n: int, k: int, seed: int = 0) -> str:
    labels = THREE_WAY if k == 3 else TWO_WAY
    gold = [labels[column].value for column in random_gold(n, k, seed)]
    predicted = [labels[column].value for column in random_rows(n, k, seed).argmax(axis=1)]
    return classification_report(gold, predicted, digits=4, zero_division=0)


@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("n", [400, 12_345])
def test_the_text_is_what_scikit_learn_prints(n: int, k: int) -> None:
    assert report_on(n, k).text() == sklearn_text(n, k)


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 8), st.integers(0, 1000))
def test_the_text_is_what_scikit_learn_prints_when_labels_are_missing(n: int, seed: int) -> None:
    report = report_on(n, 2, seed)
    assume(report.accuracy > 0)  # where nothing is right, scikit-learn 1.9 writes supports as 1.0
    assert report.text() == sklearn_text(n, 2, seed)


def test_where_nothing_is_right_all_measures_are_zero_and_supports_stay_whole() -> None:
    text = score([verdict(0.9, 0.1)], [N]).text()
    assert "entailment     0.0000    0.0000    0.0000         0\n" in text
    assert "not_entailment     0.0000    0.0000    0.0000         1\n" in text


def test_a_label_that_occurs_nowhere_has_no_line() -> None:
    report = score([verdict(0.9, 0.05, 0.05), verdict(0.1, 0.1, 0.8)], [E, C])
    assert set(report.per_class) == {E, C}
    assert "neutral" not in report.text()
    assert report.confusion == ((1, 0, 0), (0, 0, 0), (0, 0, 1))


def test_shares_of_decided_pairs_and_read_text_are_means() -> None:
    verdicts = [verdict(0.9, 0.1, decided=False, coverage=0.5), verdict(0.9, 0.1), verdict(0.2, 0.8, decided=False)]
    report = score(verdicts, [E, E, N], skipped=7)
    assert report.answered_share == pytest.approx(1 / 3)
    assert report.mean_coverage == pytest.approx(2.5 / 3)
    assert (report.n, report.skipped) == (3, 7)


def test_all_models_that_signed_a_verdict_are_named_once() -> None:
    verdicts = [verdict(0.9, 0.1, model=name) for name in ("small", "large", "small")]
    assert score(verdicts, [E, E, E]).model == "small + large"


def test_the_dictionary_holds_what_was_promised_and_is_json() -> None:
    found = report_on(300, 3).to_dict()
    assert set(found) >= CONTRACT
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert set(found["per_class"]["neutral"]) == {"precision", "recall", "f1", "support"}
    assert len(found["risk_curve"]["risk"]) == 101
    assert sum(group["count"] for group in found["reliability"]) == 300


def test_the_dictionary_tells_all_but_the_length_of_the_curve() -> None:
    report = report_on(50, 2)
    assert set(report.to_dict()) == set(Report.__dataclass_fields__)


def test_a_report_survives_pickling_and_equals_itself_run_again() -> None:
    assert pickle.loads(pickle.dumps(report_on(40, 3))) == report_on(40, 3)


def test_the_order_of_pairs_changes_no_measure() -> None:
    verdicts = [verdict(*row) for row in random_rows(60, 3)]
    gold = [THREE_WAY[column] for column in random_gold(60, 3)]
    order = np.random.default_rng(1).permutation(60)
    before, after = score(verdicts, gold), score([verdicts[i] for i in order], [gold[i] for i in order])
    assert after.text() == before.text()
    for name in ("accuracy", "macro_f1", "ece", "calibration_error", "brier", "log_loss", "aurc"):
        assert getattr(after, name) == pytest.approx(getattr(before, name), abs=1e-12)


def test_markdown_shows_measures_labels_and_confusion() -> None:
    page = score([verdict(0.9, 0.1), verdict(0.2, 0.8)], [E, N], skipped=1).markdown()
    assert page.startswith("# Evaluation of `made-up`\n\nScored two-way: entailment, not_entailment.\n")
    assert "| accuracy | 1.0000 |" in page
    assert "| skipped | 1 |" in page
    assert "| not_entailment | 1.0000 | 1.0000 | 1.0000 | 1 |" in page
    assert "| entailment | 1 | 0 |" in page
