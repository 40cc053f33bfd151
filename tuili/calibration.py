"""The calibration record of a bundle: how sure a model may be, and on which pairs that was found out.

Plain data. `evaluation` fits it, the manifest keeps it, the engine applies it. It holds numbers, and the name and
SHA-256 of the file that they came from, but no text of it and no date, so that the same file gives the same bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tuili.checked import a_list, a_number, a_sha256, a_text, a_whole, an_object, names, one_of, refuse

if TYPE_CHECKING:
    from collections.abc import Mapping

METHODS = ("temperature", "vector", "isotonic", "familiarity")
TEMPERATURES = (0.01, 100.0)
FEATURES = ("premise_words", "hypothesis_words", "overlap", "unread", "confidence")
"""What is looked at to tell whether a pair is like those of the calibration set; `engine.usual` says how."""
STEPS = 100
"""A feature's distribution is kept as its quantiles at 0, 1/100, ..., 1."""
MOST_KNOTS = 1000
MOST_WORDS = 20_000
MOST_ROWS = 10**9
_MARKS = re.compile(r"(?:[0-9a-f]{8})+")


@dataclass(frozen=True, slots=True)
class Temperature:
    """What log-probabilities are divided by where a premise was read in `windows` windows or more."""

    windows: int
    temperature: float

    @classmethod
    def from_dict(cls, value: object, where: str) -> Temperature:
        keys = an_object(value, where, names(cls))
        windows = a_whole(keys["windows"], f"{where}.windows", 1, MOST_ROWS)
        return cls(windows, float(a_number(keys["temperature"], f"{where}.temperature", *TEMPERATURES)))

    def to_dict(self) -> dict[str, Any]:
        return {"windows": self.windows, "temperature": self.temperature}


@dataclass(frozen=True, slots=True)
class Familiar:
    """Which words the calibration pairs held, and how much less sure a verdict is for each word that they did not.

    Attributes:
        words: A number for each (`engine.familiar.word_marks`), so that the record holds no text.
        slope: What ln T rises by with each unknown word.
        most: More unknown words than this count as this: the most that a calibration pair had.
    """

    words: frozenset[int]
    slope: float
    most: int

    @classmethod
    def from_dict(cls, value: object, where: str) -> Familiar:
        keys = an_object(value, where, names(cls))
        text = keys["words"]
        if not isinstance(text, str) or not _MARKS.fullmatch(text) or len(text) > 8 * MOST_WORDS:
            refuse(None, f"{where}.words", f"1 to {MOST_WORDS} numbers of 8 hex digits, one after the other")
        marks = [text[place : place + 8] for place in range(0, len(text), 8)]
        if marks != sorted(set(marks)):
            refuse(None, f"{where}.words", "numbers that rise")
        slope = float(a_number(keys["slope"], f"{where}.slope", 0.0, 1.0))
        return cls(frozenset(int(mark, 16) for mark in marks), slope, a_whole(keys["most"], f"{where}.most", 0, 1000))

    def to_dict(self) -> dict[str, Any]:
        marks = "".join(f"{mark:08x}" for mark in sorted(self.words))
        return {"words": marks, "slope": self.slope, "most": self.most}


@dataclass(frozen=True, slots=True)
class Map:
    """From a model's log-probabilities to probabilities that can be believed; `engine.calibrate` applies it.

    Attributes:
        method: One of `METHODS`.
        temperatures: By number of windows, rising; the first is for 1. Every method begins with them.
        scale, bias: Of `vector`, one for each label in the manifest's order; else empty.
        knots: Of `isotonic`: (confidence, calibrated confidence), both rising; else empty.
        familiar: Of `familiarity`; else None.
    """

    method: str
    temperatures: tuple[Temperature, ...]
    scale: tuple[float, ...] = ()
    bias: tuple[float, ...] = ()
    knots: tuple[tuple[float, float], ...] = ()
    familiar: Familiar | None = None

    @classmethod
    def plain(cls, temperature: float) -> Map:
        """One temperature for all."""
        return cls("temperature", (Temperature(1, temperature),))

    @classmethod
    def from_dict(cls, value: object, labels: int, where: str = "calibration.map") -> Map:
        listed = isinstance(value, dict) and "familiar" in value
        keys = an_object(value, where, [name for name in names(cls) if listed or name != "familiar"])
        method = one_of(keys["method"], f"{where}.method", METHODS)
        if listed is not (method == "familiarity"):
            refuse(method, f"{where}.method", "familiarity where there is a key `familiar`, and only there")
        rows = a_list(keys["temperatures"], f"{where}.temperatures")
        temperatures = tuple(Temperature.from_dict(row, f"{where}.temperatures[{i}]") for i, row in enumerate(rows))
        windows = [row.windows for row in temperatures]
        if windows[:1] != [1] or windows != sorted(set(windows)):
            refuse(str(windows), f"{where}.temperatures", "numbers of windows that begin with 1 and rise")
        wanted = labels if method == "vector" else 0
        scale, bias = (_row(keys[name], f"{where}.{name}", wanted, -1e6, 1e6) for name in ("scale", "bias"))
        knots = _knots(keys["knots"], f"{where}.knots", method == "isotonic")
        familiar = Familiar.from_dict(keys["familiar"], f"{where}.familiar") if listed else None
        return cls(method, temperatures, scale, bias, knots, familiar)

    def to_dict(self) -> dict[str, Any]:
        keys = {
            "method": self.method,
            "temperatures": [row.to_dict() for row in self.temperatures],
            "scale": list(self.scale),
            "bias": list(self.bias),
            "knots": [list(knot) for knot in self.knots],
        }
        return keys if self.familiar is None else {**keys, "familiar": self.familiar.to_dict()}


@dataclass(frozen=True, slots=True)
class Sets:
    """Prediction sets that hold the right label with probability 1 - alpha; a label is in where 1 - p <= its quantile.

    Attributes:
        alpha: Share of sets that may lack the right label.
        quantiles: One for each label; all the same unless they were found label by label.
        by_label: Whether they were.
        n: How many pairs they were found on.
    """

    alpha: float
    quantiles: tuple[float, ...]
    by_label: bool
    n: int

    @classmethod
    def from_dict(cls, value: object, labels: int, where: str = "calibration.sets") -> Sets:
        keys = an_object(value, where, names(cls))
        if not isinstance(keys["by_label"], bool):
            refuse(keys["by_label"], f"{where}.by_label", "true or false")
        alpha = float(a_number(keys["alpha"], f"{where}.alpha", 0.0, 1.0))
        quantiles = _row(keys["quantiles"], f"{where}.quantiles", labels, 0.0, 1.0)
        return cls(alpha, quantiles, keys["by_label"], a_whole(keys["n"], f"{where}.n", 1, MOST_ROWS))

    def to_dict(self) -> dict[str, Any]:
        return {"alpha": self.alpha, "quantiles": list(self.quantiles), "by_label": self.by_label, "n": self.n}


@dataclass(frozen=True, slots=True)
class Risk:
    """How many pairs reach each of some thresholds, fixed beforehand, and how many of those were judged wrong.

    Attributes:
        thresholds: Of confidence, falling.
        answered: How many pairs are as sure as that, or surer.
        errors: How many of those were judged wrong.
        n: How many pairs there were.
    """

    thresholds: tuple[float, ...]
    answered: tuple[int, ...]
    errors: tuple[int, ...]
    n: int

    @classmethod
    def from_dict(cls, value: object, where: str = "calibration.risk") -> Risk:
        keys = an_object(value, where, names(cls))
        size = len(a_list(keys["thresholds"], f"{where}.thresholds"))
        thresholds = _row(keys["thresholds"], f"{where}.thresholds", size, 0.0, 1.0)
        if not thresholds or list(thresholds) != sorted(set(thresholds), reverse=True):
            refuse(None, f"{where}.thresholds", "a list of one or more numbers that fall")
        n = a_whole(keys["n"], f"{where}.n", 1, MOST_ROWS)
        answered = _counts(keys["answered"], f"{where}.answered", size, n)
        errors = _counts(keys["errors"], f"{where}.errors", size, n)
        if any(wrong > of for wrong, of in zip(errors, answered, strict=True)):
            refuse(None, f"{where}.errors", "a list of numbers none of which is above that of `answered`")
        return cls(thresholds, answered, errors, n)

    def to_dict(self) -> dict[str, Any]:
        columns = {name: list(getattr(self, name)) for name in ("thresholds", "answered", "errors")}
        return {**columns, "n": self.n}


@dataclass(frozen=True, slots=True)
class Usual:
    """What the pairs of the calibration set are like.

    Attributes:
        quantiles: Of each of `FEATURES`, rising, at 0, 1/100, ..., 1.
        n: How many pairs.
        premises: How many different premises they have.
    """

    quantiles: Mapping[str, tuple[float, ...]]
    n: int
    premises: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "quantiles", MappingProxyType(dict(self.quantiles)))

    @classmethod
    def from_dict(cls, value: object, where: str = "calibration.usual") -> Usual:
        keys = an_object(value, where, names(cls))
        features = an_object(keys["quantiles"], f"{where}.quantiles", FEATURES)
        rows = {name: _row(row, f"{where}.quantiles.{name}", STEPS + 1, 0.0, 1e9) for name, row in features.items()}
        for name, row in rows.items():
            if list(row) != sorted(row):
                refuse(None, f"{where}.quantiles.{name}", "a list of numbers that rise")
        n = a_whole(keys["n"], f"{where}.n", 1, MOST_ROWS)
        return cls(rows, n, a_whole(keys["premises"], f"{where}.premises", 1, n))

    def to_dict(self) -> dict[str, Any]:
        return {
            "quantiles": {name: list(row) for name, row in self.quantiles.items()},
            "n": self.n,
            "premises": self.premises,
        }

    def __reduce__(self) -> tuple[Any, ...]:
        return Usual, (dict(self.quantiles), self.n, self.premises)  # a mapping proxy does not pickle


@dataclass(frozen=True, slots=True)
class Source:
    """The file that a record was made from: name, SHA-256, labelled pairs, and how many of them fitted the map."""

    name: str
    sha256: str
    n: int
    fitted: int

    @classmethod
    def from_dict(cls, value: object, where: str = "calibration.source") -> Source:
        keys = an_object(value, where, names(cls))
        n = a_whole(keys["n"], f"{where}.n", 1, MOST_ROWS)
        sha256 = a_sha256(keys["sha256"], f"{where}.sha256")
        return cls(a_text(keys["name"], f"{where}.name"), sha256, n, a_whole(keys["fitted"], f"{where}.fitted", 1, n))

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name, "sha256": self.sha256, "n": self.n, "fitted": self.fitted}


@dataclass(frozen=True, slots=True)
class Calibration:
    """The whole record. `sets` and `risk` are None where the pairs did not have the model's own labels."""

    map: Map
    source: Source
    sets: Sets | None = None
    risk: Risk | None = None
    usual: Usual | None = None

    @classmethod
    def from_dict(cls, value: object, labels: int, where: str = "calibration") -> Calibration:
        """The record that `to_dict` wrote, for a model of so many labels.

        Raises:
            BundleError: A key is missing, unknown, of the wrong type or out of range; the message names it.
        """
        keys = an_object(value, where, names(cls))
        return cls(
            map=Map.from_dict(keys["map"], labels),
            source=Source.from_dict(keys["source"]),
            sets=None if keys["sets"] is None else Sets.from_dict(keys["sets"], labels),
            risk=None if keys["risk"] is None else Risk.from_dict(keys["risk"]),
            usual=None if keys["usual"] is None else Usual.from_dict(keys["usual"]),
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "map": self.map.to_dict(),
            "source": self.source.to_dict(),
            "sets": None if self.sets is None else self.sets.to_dict(),
            "risk": None if self.risk is None else self.risk.to_dict(),
            "usual": None if self.usual is None else self.usual.to_dict(),
        }


def _row(value: object, where: str, size: int, low: float, high: float) -> tuple[float, ...]:
    row = a_list(value, where)
    if len(row) != size or size > MOST_KNOTS:
        refuse(len(row), f"the length of {where}", f"{min(size, MOST_KNOTS)}")
    return tuple(float(a_number(number, f"{where}[{i}]", low, high)) for i, number in enumerate(row))


def _counts(value: object, where: str, size: int, most: int) -> tuple[int, ...]:
    row = a_list(value, where)
    if len(row) != size:
        refuse(len(row), f"the length of {where}", f"{size}")
    counts = tuple(a_whole(number, f"{where}[{i}]", 0, most) for i, number in enumerate(row))
    if list(counts) != sorted(counts):
        refuse(None, where, "a list of numbers that rise")
    return counts


def _knots(value: object, where: str, wanted: bool) -> tuple[tuple[float, float], ...]:  # noqa: FBT001
    rows = a_list(value, where)
    if bool(rows) is not wanted or len(rows) > MOST_KNOTS:
        refuse(len(rows), f"the length of {where}", f"1 to {MOST_KNOTS} for isotonic, and 0 for the other methods")
    knots = [_row(row, f"{where}[{i}]", 2, 0.0, 1.0) for i, row in enumerate(rows)]
    rising = all(a[0] < b[0] and a[1] <= b[1] for a, b in pairwise(knots))
    return tuple((x, y) for x, y in knots) if rising else refuse(None, where, "a list of pairs that rise")
