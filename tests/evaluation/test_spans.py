"""Span F1 against cases worked by hand, and against seqeval, which is checked against conlleval itself."""

from __future__ import annotations

import random
import warnings

import pytest

from tuili.errors import DataError, UsageError
from tuili.evaluation.spans import chunks, score_spans, score_tags


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        ("O B-PER I-PER O", {(1, 3, "PER")}),
        ("B-PER B-PER", {(0, 1, "PER"), (1, 2, "PER")}),
        ("I-PER I-PER O I-LOC", {(0, 2, "PER"), (3, 4, "LOC")}),  # IOB1, or a scheme that is not kept
        ("B-PER I-LOC", {(0, 1, "PER"), (1, 2, "LOC")}),
        ("B-PER E-PER S-PER", {(0, 2, "PER"), (2, 3, "PER")}),
        ("E-PER E-PER", {(0, 1, "PER"), (1, 2, "PER")}),
        ("B-PER I-PER L-PER U-LOC O", {(0, 3, "PER"), (3, 4, "LOC")}),
        ("S-PER I-PER", {(0, 1, "PER"), (1, 2, "PER")}),
        ("B-new-type I-new-type", {(0, 2, "new-type")}),
        ("O O", set()),
    ],
)
def test_the_entities_of_tags(tags, spans):
    assert chunks(tags.split()) == spans


def test_a_report_worked_by_hand():
    gold = [["B-PER", "I-PER", "O", "B-LOC"], ["B-ORG", "O"]]
    found = [["B-PER", "I-PER", "O", "B-ORG"], ["B-ORG", "I-ORG"]]
    report = score_tags(gold, found)
    assert (report.overall.correct, report.overall.found, report.overall.gold) == (1, 3, 3)
    assert report.f1 == pytest.approx(1 / 3)
    assert report.per_type["PER"].f1 == 1
    assert report.per_type["LOC"].to_dict() == {
        "precision": 0.0, "recall": 0.0, "f1": 0.0, "correct": 0, "found": 0, "gold": 1
    }  # fmt: skip
    assert report.per_type["ORG"].precision == 0
    assert report.to_dict()["overall"]["recall"] == pytest.approx(1 / 3)


def test_precision_and_recall_differ_where_too_much_is_found():
    score = score_spans([[(0, 1, "A")]], [[(0, 1, "A"), (2, 3, "A"), (4, 5, "A")]]).overall
    assert (score.precision, score.recall, score.f1) == (pytest.approx(1 / 3), 1.0, pytest.approx(0.5))


def test_nothing_found_and_nothing_there_is_zero():
    assert score_tags([["O"]], [["O"]]).f1 == 0
    assert score_spans([], []).overall.gold == 0


@pytest.mark.parametrize("scheme", ["BI", "I", "BIES", "BIE"])
def test_seqeval_agrees_on_random_tags(scheme):
    seqeval = pytest.importorskip("seqeval.metrics")
    rng = random.Random(scheme)
    tags = ["O", "O", *(f"{letter}-{kind}" for letter in scheme for kind in ("PER", "LOC", "ORG"))]
    gold = [[rng.choice(tags) for _ in range(rng.randint(1, 12))] for _ in range(300)]
    found = [[tag if rng.random() < 0.7 else rng.choice(tags) for tag in sentence] for sentence in gold]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # seqeval's own, on letters that don't keep to a scheme
        theirs = seqeval.classification_report(gold, found, output_dict=True)
    ours = score_tags(gold, found)
    assert 0.1 < ours.f1 < 0.9
    for kind, score in [("micro avg", ours.overall), *ours.per_type.items()]:
        for name in ("precision", "recall"):
            assert getattr(score, name) == pytest.approx(theirs[kind][name], abs=1e-12)
        assert score.f1 == pytest.approx(theirs[kind]["f1-score"], abs=1e-12)
        assert score.gold == theirs[kind]["support"]


@pytest.mark.parametrize("tag", ["", "B", "B-", "X-PER", "PER", "-PER"])
def test_what_is_no_tag(tag):
    with pytest.raises(DataError, match=r"word 1.*is no tag"):
        chunks(["O", tag])


def test_other_counts_of_sentences_or_words():
    with pytest.raises(UsageError, match="as many sentences"):
        score_tags([["O"]], [])
    with pytest.raises(DataError, match="sentence 0: 1 tags found for 2 words"):
        score_tags([["O", "O"]], [["O"]])
