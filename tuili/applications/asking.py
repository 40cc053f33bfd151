"""What every application does with a judge and its verdicts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tuili.data.shown import shown
from tuili.data.text import check_text
from tuili.errors import InvalidPair, InvalidText, ModelError, UsageError
from tuili.types import Judge, Label, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAST = 1e-6
"""Probabilities are held this far from 0 and 1, so that their log-odds are finite."""


def judged(judge: Judge, pairs: Sequence[tuple[str, str]]) -> list[Verdict]:
    """The verdicts on the pairs, asked for in one call; equal pairs are asked once.

    Raises:
        UsageError: `judge` is not a judge.
        InvalidText: A text that it can't read.
        ModelError: It gave another number of verdicts than there are pairs.
    """
    if not isinstance(judge, Judge):
        raise UsageError(f"the first argument is a judge, such as tuili.load() gives; got {type(judge).__name__}")
    distinct = list(dict.fromkeys(pairs))
    if not distinct:
        return []
    try:
        verdicts = judge.judge(distinct)
    except InvalidPair as error:
        # Its index counts pairs that the caller never saw.
        side = distinct[error.index][error.field == "hypothesis"]
        raise InvalidText(f"{shown(side)} can't be judged: {error.reason}") from error
    if len(verdicts) != len(distinct):
        raise ModelError(f"the judge gave {len(verdicts)} verdicts on {len(distinct)} pairs")
    of = dict(zip(distinct, verdicts, strict=True))
    return [of[pair] for pair in pairs]


def judged_if_readable(judge: Judge, pairs: Sequence[tuple[str, str]]) -> list[Verdict | None]:
    """As `judged`, with None for pairs that the judge refuses: a line of emoji must not spoil the whole text.

    Raises:
        UsageError, ModelError: As `judged`.
    """
    waiting = list(dict.fromkeys(pairs))
    found: dict[tuple[str, str], Verdict] = {}
    while waiting:
        try:
            found = dict(zip(waiting, judged(judge, waiting), strict=True))
        except InvalidText as error:
            if not isinstance(error.__cause__, InvalidPair):
                raise
            refused = {error.__cause__.index, *(other.index for other in error.__cause__.also)}
            waiting = [pair for index, pair in enumerate(waiting) if index not in refused]
        else:
            break
    return [found.get(pair) for pair in pairs]


def entailment(verdict: Verdict) -> float:
    """Probability that the hypothesis follows."""
    return verdict.probabilities[Label.ENTAILMENT]


def contradiction(verdict: Verdict) -> float:
    """Probability that the hypothesis can't be; 0 from a judge that knows two labels only."""
    return verdict.probabilities.get(Label.CONTRADICTION, 0.0)


def log_odds(probability: float) -> float:
    """ln(p / (1 - p)), with p held `LEAST` away from 0 and 1."""
    held = min(max(probability, LEAST), 1 - LEAST)
    return math.log(held / (1 - held))


def check_share(value: float, what: str) -> float:
    """`value`, once it is known to be a number from 0 to 1.

    Raises:
        UsageError: It is not.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise UsageError(f"{what} must be from 0 to 1, got {value!r}")
    return float(value)


def check_count(value: int, what: str) -> int:
    """`value`, once it is known to be a whole number, 1 or more.

    Raises:
        UsageError: It is not.
    """
    if type(value) is not int or value < 1:
        raise UsageError(f"{what} must be a whole number, 1 or more, got {value!r}")
    return value


def check_texts(texts: Sequence[str], what: str) -> list[str]:
    """The texts, once each is known to be one that can be judged.

    Raises:
        UsageError: It is a single string, or nothing that can be gone through.
        InvalidText: One of them can't be judged; the message says which.
    """
    if isinstance(texts, str | bytes) or not hasattr(texts, "__iter__"):
        raise UsageError(f"{what}s are a list of texts, got {type(texts).__name__}")
    return [check_text(text, f"{what} {number}") for number, text in enumerate(texts, 1)]
