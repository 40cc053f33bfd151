"""What checkpoints call their labels."""

from __future__ import annotations

import pytest

from tuili.errors import UsageError
from tuili.reasoning.label_names import labels_named, labels_ordered
from tuili.types import Label

E, N, C, X = Label


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["contradiction", "entailment", "neutral"], (C, E, N)),
        (["ENTAILMENT", "NEUTRAL", "CONTRADICTION"], (E, N, C)),
        (["Entailed", "neutral", "Contradictory"], (E, N, C)),
        (["entailment", "not_entailment"], (E, X)),
        (["not entailment", " Entailment "], (X, E)),
        (["non-entailment", "entailment"], (X, E)),
        (["Not_Entailed", "entails"], (X, E)),
    ],
)
def test_usual_names_are_understood(names, labels):
    assert labels_named(names) == labels


@pytest.mark.parametrize(
    "names",
    [
        ["LABEL_0", "LABEL_1", "LABEL_2"],
        ["entailment", "neutral", "LABEL_2"],
        ["entailment", "neutral", "neutral"],
        ["entailment", "contradiction"],
        ["entailment", "neutral"],
        ["entailment", "neutral", "contradiction", "not_entailment"],
        ["positive", "neutral", "negative"],
        [None, 3, []],
        [],
    ],
)
def test_names_that_leave_a_doubt_say_nothing(names):
    assert labels_named(names) is None


def test_a_caller_may_name_labels_as_checkpoints_do():
    assert labels_ordered(["Contradiction", Label.ENTAILMENT, "neutral"], 3) == (C, E, N)


@pytest.mark.parametrize(
    ("names", "outputs"),
    [
        (["entailment", "neutral", "contradiction"], 2),
        (["entailment", "not_entailment"], 3),
        (["entailment", "neutral"], 2),
        (["yes", "no"], 2),
        ("entailment", 3),
    ],
)
def test_labels_that_do_not_fit_are_refused_with_those_that_would(names, outputs):
    with pytest.raises(UsageError, match="entailment, neutral, contradiction; or entailment, not_entailment"):
        labels_ordered(names, outputs)
