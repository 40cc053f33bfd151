"""How labels are written in files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuili.data.labels import is_missing, is_without_gold, parse_label
from tuili.errors import InputError
from tuili.types import Label


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("entailment", Label.ENTAILMENT),
        ("NEUTRAL", Label.NEUTRAL),
        (" Contradiction ", Label.CONTRADICTION),
        ("not_entailment", Label.NOT_ENTAILMENT),
        ("non-entailment", Label.NOT_ENTAILMENT),
        ("e", Label.ENTAILMENT),
        ("N", Label.NEUTRAL),
        ("c", Label.CONTRADICTION),
    ],
)
def test_a_spelling_is_understood_in_any_case(written: str, label: Label) -> None:
    assert parse_label(written) is label


@pytest.mark.parametrize("number", [0, 1, 2, "0", "1", " 2 ", 1.0, "1.0", -2, 7])
def test_a_number_is_refused_since_data_sets_disagree_on_its_meaning(number: object) -> None:
    with pytest.raises(InputError, match=r"is a number, and data sets disagree .* write one of entailment, neutral"):
        parse_label(number)


@pytest.mark.parametrize(
    "value", ["yes", "supports", True, False, ["entailment"], {"label": 1}, "entailment\x00", "？"]
)
def test_anything_else_is_refused_with_what_is_allowed(value: object) -> None:
    with pytest.raises(InputError, match=r"unknown label .* entailment, neutral, contradiction, not_entailment"):
        parse_label(value)


def test_a_value_is_cut_and_escaped_in_the_message() -> None:
    with pytest.raises(InputError) as caught:
        parse_label("\x1b[31m" + "x" * 1_000_000)
    assert "'\\x1b[31mxxx" in str(caught.value)
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize("value", ["-", " - ", -1, "-1"])
def test_a_row_can_say_that_it_has_no_gold_label(value: object) -> None:
    assert is_without_gold(value)


@pytest.mark.parametrize("value", [None, "", "entailment", 1, "--", True, -1.5])
def test_other_values_do_not_say_that_there_is_no_gold_label(value: object) -> None:
    assert not is_without_gold(value)


def test_only_null_and_the_empty_string_are_missing_labels() -> None:
    assert is_missing(None)
    assert is_missing("")
    assert not is_missing(0)
    assert not is_missing("-")


@given(st.one_of(st.text(st.characters()), st.integers(), st.floats(), st.booleans(), st.none(), st.binary()))
def test_any_value_is_a_label_or_an_input_error(value: object) -> None:
    """I2: nothing else comes out."""
    try:
        label = parse_label(value)
    except InputError as error:
        assert len(str(error)) < 300  # either outcome is right
    else:
        assert label in Label
