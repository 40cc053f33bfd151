"""From what a model said of labelled pairs to its whole calibration record."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from tuili.calibration import FEATURES, METHODS, Calibration, Map, Source
from tuili.engine.calibrate import calibrated
from tuili.engine.familiar import unknown_words
from tuili.errors import InputError, UsageError
from tuili.evaluation.arrays import confidences, hits
from tuili.evaluation.calibration import fit_temperatures
from tuili.evaluation.conformal import fit_sets
from tuili.evaluation.familiarity import fit_familiar
from tuili.evaluation.isotonic import fit_isotonic
from tuili.evaluation.risk import fit_risk
from tuili.evaluation.shift import usual_of
from tuili.evaluation.vector import fit_vector

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuili.evaluation.arrays import BoolArray, FloatArray, Floats, IntArray, Integers

Method = Literal["temperature", "vector", "isotonic", "familiarity"]
LEAST_PAIRS = 50
_DIGITS = 6


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """What a model said of labelled pairs before it was calibrated, as arrays.

    Attributes:
        log_probs: Of the model's labels, windows combined. *Shape:* `(n, k)`.
        gold: Column of the gold label, or k for "not entailment", which a model of three labels has no column for.
            *Shape:* `(n,)`.
        windows: How many windows each premise was read in. *Shape:* `(n,)`.
        whole: Whether all of the hypothesis was read; where not, nothing is ever decided. *Shape:* `(n,)`.
        pairs: The pairs themselves: premise, hypothesis. `n` of them.
        features: What shift is looked for in, columns `FEATURES`. *Shape:* `(n, len(FEATURES))`.
        entailment: The column of entailment.
    """

    log_probs: FloatArray
    gold: IntArray
    windows: IntArray
    whole: BoolArray
    pairs: Sequence[tuple[str, str]]
    features: FloatArray
    entailment: int


def fit_map(
    log_probs: Floats,
    gold: Integers,
    windows: Integers,
    *,
    method: Method = "temperature",
    entailment: int = 0,
    pairs: Sequence[tuple[str, str]] = (),
    known: Sequence[tuple[str, str]] | None = None,
) -> Map:
    """A map from log-probabilities to probabilities that can be believed; `engine.calibrate.calibrated` applies it.

    Every method begins with `fit_temperatures`; `vector` and `isotonic` are fitted on what that gives. `familiarity`
    looks at words, so it needs the pairs too, and others if it is their words that are `known`.

    *Shape:* `(n, k)`, `(n,)` and `(n,)`; see `fit_temperature`.

    Raises:
        UsageError: A method that is none of these; isotonic on labels that a model of three has no column for.
    """
    if method not in METHODS:
        raise UsageError(f"unknown method {method!r}; it must be one of {', '.join(METHODS)}")
    if method == "familiarity":
        familiar, unknown = fit_familiar(log_probs, gold, pairs, entailment=entailment, known=known)
        flatter = log_probs * np.exp(-familiar.slope * unknown)[:, None]
        temperatures = fit_temperatures(flatter, gold, windows, entailment=entailment)
        return Map(method, temperatures, familiar=familiar)
    temperatures = fit_temperatures(log_probs, gold, windows, entailment=entailment)
    first = Map("temperature", temperatures)
    if method == "temperature":
        return first
    tempered = calibrated(log_probs, windows, first)
    if method == "isotonic":
        if (gold >= log_probs.shape[1]).any():
            raise UsageError("isotonic needs the model's own labels, and these pairs say only not_entailment")
        return Map(
            method, temperatures, knots=fit_isotonic(confidences(tempered), hits(tempered, gold).astype(np.float64))
        )
    found = fit_vector(np.log(np.maximum(tempered, 1e-30)), gold, entailment=entailment)
    return Map(method, temperatures, scale=_rounded(found.scale), bias=_rounded(found.bias))


def fit_record(
    observed: Observed,
    *,
    name: str,
    sha256: str,
    method: Method = "temperature",
    alpha: float = 0.1,
    by_label: bool = False,
    known: Sequence[tuple[str, str]] | None = None,
) -> Calibration:
    """The whole record. Half the pairs fit the map; on the other half sets, risk and what is usual are found.

    What is promised of sets and risk needs pairs that the map has not seen. Pairs of one premise stay in one half;
    which half follows from the premise alone, so that nothing is random.

    Args:
        observed: What the model said.
        name: The file that the pairs came from.
        sha256: Its SHA-256.
        method: `temperature`, `vector`, `isotonic` or `familiarity`.
        alpha: Share of prediction sets that may lack the right label.
        by_label: Whether sets promise that for each gold label, see `fit_sets`.
        known: Of `familiarity`: pairs whose words are familiar; by default those that fit the map.

    Raises:
        UsageError: Too few pairs, or an option that can't be.
        InputError: There are none.
    """
    n = len(observed.gold)
    if not n:
        raise InputError("nothing to calibrate on: there are no labelled pairs")
    fits = np.array([fits_the_map(premise) for premise, _ in observed.pairs], dtype=np.bool_)
    least = min(int(fits.sum()), int((~fits).sum()))
    if least < LEAST_PAIRS:
        raise UsageError(
            f"{n} labelled pairs are too few to calibrate on: they are halved by premise, and the smaller half holds "
            f"{least}; it must hold at least {LEAST_PAIRS}"
        )
    how = fit_map(
        observed.log_probs[fits],
        observed.gold[fits],
        observed.windows[fits],
        method=method,
        entailment=observed.entailment,
        pairs=[pair for pair, fit in zip(observed.pairs, fits, strict=True) if fit],
        known=known,
    )
    unknown = None if how.familiar is None else unknown_words(observed.pairs, how.familiar)
    probabilities = calibrated(observed.log_probs, observed.windows, how, unknown)
    features = observed.features.copy()
    features[:, FEATURES.index("confidence")] = confidences(probabilities)
    rest = ~fits & observed.whole
    full = bool((observed.gold < probabilities.shape[1]).all()) and bool(rest.any())
    return Calibration(
        map=how,
        source=Source(name, sha256, n, int(fits.sum())),
        sets=fit_sets(probabilities[rest], observed.gold[rest], alpha=alpha, by_label=by_label) if full else None,
        risk=fit_risk(probabilities[rest], observed.gold[rest]) if full else None,
        usual=usual_of(features[~fits], [p for (p, _), fit in zip(observed.pairs, fits, strict=True) if not fit]),
    )


def fits_the_map(premise: str) -> bool:
    """Which half a premise falls in. Not the byte that a recipe may have split its data by, the first, but the next."""
    return hashlib.sha256(premise.encode("utf-8", "surrogatepass")).digest()[1] % 2 == 0


def _rounded(values: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(round(value, _DIGITS) for value in values)
