"""A teacher: any judge, whose probabilities are learnt beside the gold labels, or in their place.

With q the teacher's distribution, g that of the gold label (all of it on one column) and w the teacher's weight, a
labelled row is to become `w q + (1 - w) g` and a row without a label q, by cross-entropy up to a constant (Hinton et
al. 2015, section 2, at temperature 1: calibrated judges need no softening). Where gold says "not entailment" and there
are three columns, g is q on the other two, made to sum to 1. Where the teacher abstained, as a language model may, gold
alone counts, and a row without it is left out.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tuili.data.atomic import write_files
from tuili.engine.load import load
from tuili.errors import DataError, InvalidPair, UsageError
from tuili.learning.pairs import LabelledPair, LabelScheme, TaughtPair
from tuili.types import THREE_WAY, TWO_WAY, Label

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tuili.learning.config import TrainConfig
    from tuili.learning.pairs import GivenPair
    from tuili.learning.processes import Processes

RECORD = "teacher.json"
EMBEDDED = "embedded"
"""How the embedded model, which has no address, is named as a teacher."""

CHUNK = 2048
"""Pairs that are judged, and put on disk, together."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a teacher made of training pairs.

    Attributes:
        teacher: Its name, as verdicts carry it.
        labelled: The pairs with a gold label, to be measured at the end.
        pairs: All of them, with what they are to become.
        scheme: What the columns mean.
    """

    teacher: str
    labelled: Sequence[LabelledPair]
    pairs: Sequence[TaughtPair]
    scheme: LabelScheme


@dataclass(frozen=True, slots=True)
class Judged:
    """A teacher's probabilities, for each pair one for each label; None where it abstained."""

    teacher: str
    labels: tuple[Label, ...]
    probabilities: Sequence[Sequence[float] | None]


def taught(config: TrainConfig, given: Sequence[GivenPair], place: Path, processes: Processes) -> Lesson:
    """The teacher's word on the training pairs, from the run's directory if it was asked before.

    Raises:
        DataError: A pair that the teacher can't judge, or nothing is left to learn from.
        UsageError: A teacher that is two-way, where labels are three-way.
        BundleError, ModelError, MissingExtra: A teacher that can't be used.
    """
    if processes.is_first:
        judged = _judged(config, given, place)
        processes.wait()
    else:
        processes.wait()
        judged = _judged(config, given, place)
    labelled = [LabelledPair(pair.premise, pair.hypothesis, pair.label) for pair in given if pair.label is not None]
    scheme = _scheme(config, labelled, judged.labels)
    pairs = []
    for pair, said in zip(given, judged.probabilities, strict=True):
        if said is None and pair.label is None:
            continue
        weight = 0.0 if said is None else config.weight_of_teacher
        even = [1 / len(judged.labels)] * len(judged.labels)
        soft = _columns(dict(zip(judged.labels, said or even, strict=True)), scheme.labels)
        gold = soft if pair.label is None else _gold(scheme.column(pair.label), soft)
        mixed = [weight * q + (1 - weight) * g for q, g in zip(soft, gold, strict=True)]
        pairs.append(TaughtPair(pair.premise, pair.hypothesis, tuple(mixed)))
    if not pairs:
        raise DataError(f"holds no gold label, and {judged.teacher} abstained from every pair", path=config.file)
    return Lesson(judged.teacher, labelled, pairs, scheme)


def _scheme(config: TrainConfig, labelled: Sequence[LabelledPair], teacher: Sequence[Label]) -> LabelScheme:
    """The columns that gold labels call for; where there are none, or too few, the teacher's."""
    if len({pair.label for pair in labelled}) > 1:
        found = LabelScheme.of(labelled, config.objective, config.file)
    else:
        three = len(teacher) == len(THREE_WAY) and config.objective != "binary"
        found = LabelScheme(THREE_WAY if three else TWO_WAY, config.objective)
    if len(found.labels) > len(teacher):
        raise UsageError(
            f"{config.teacher} judges two-way, and the labels of {config.file} are three-way; take another --teacher"
        )
    return found if found.objective == "binary" else replace(found, objective="soft")


def _columns(said: Mapping[Label, float], labels: Sequence[Label]) -> list[float]:
    if set(said) == set(labels):
        return [said[label] for label in labels]
    yes = said[Label.ENTAILMENT]
    return [yes, 1 - yes]


def _gold(column: int, soft: Sequence[float]) -> list[float]:
    if column < len(soft):
        return [float(place == column) for place in range(len(soft))]
    rest = sum(soft[1:])
    others = [q / rest for q in soft[1:]] if rest > 0 else [1 / (len(soft) - 1)] * (len(soft) - 1)
    return [0.0, *others]


def _judged(config: TrainConfig, given: Sequence[GivenPair], place: Path) -> Judged:
    """What the record holds, and what is still to be asked; the record grows by a chunk at a time."""
    texts = json.dumps([[pair.premise, pair.hypothesis] for pair in given]).encode()
    identity = {"address": config.teacher, "pairs": hashlib.sha256(texts).hexdigest()}
    found = _read(place / RECORD, identity)
    if found is not None and len(found.probabilities) == len(given):
        return found
    judge = load(None if config.teacher == EMBEDDED else config.teacher, threads=config.threads)
    labels = tuple(judge.labels)
    rows: list[Sequence[float] | None] = []
    if found is not None and (found.teacher, found.labels) == (judge.model, labels):
        rows = list(found.probabilities)
    while len(rows) < len(given):
        here = given[len(rows) : len(rows) + CHUNK]
        try:
            verdicts = judge.judge([(pair.premise, pair.hypothesis) for pair in here])
        except InvalidPair as error:
            problem = f"the teacher can't judge this pair: {error.reason}"
            raise DataError(problem, path=config.file, row=here[error.index].row, field=error.field) from error
        rows += [[v.probabilities[label] for label in labels] if v.coverage > 0 else None for v in verdicts]
        record = {"identity": identity, "teacher": judge.model, "labels": labels, "probabilities": rows}
        write_files(place, {RECORD: json.dumps(record).encode() + b"\n"})
    return Judged(judge.model, labels, rows)


def _read(path: Path, identity: Mapping[str, str | None]) -> Judged | None:
    """The record, if it is of these pairs and this teacher; one that is not is written anew."""
    try:
        value = json.loads(path.read_text("utf-8"))
        if value["identity"] != identity:
            return None
        labels = tuple(Label(label) for label in value["labels"])
        rows = [None if row is None else [float(x) for x in row] for row in value["probabilities"]]
        return Judged(str(value["teacher"]), labels, rows)
    except (OSError, ValueError, KeyError, TypeError):
        return None
