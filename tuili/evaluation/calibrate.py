"""A bundle and a file of labelled pairs in, a calibrated bundle out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tuili.bundle import Bundle, write_bundle
from tuili.data.chunks import chunks
from tuili.data.fingerprint import fingerprint
from tuili.data.read import open_examples
from tuili.engine.load import bundle_directory, load
from tuili.engine.usual import features
from tuili.errors import DataError, InvalidPair
from tuili.evaluation.fit import Observed, fit_record
from tuili.types import TWO_WAY, Label

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from tuili.calibration import Calibration
    from tuili.data.example import Example
    from tuili.engine.engine import Engine
    from tuili.engine.reading import Uncalibrated
    from tuili.evaluation.fit import Method

BATCH = 1024


def calibrate(
    model: str | os.PathLike[str] | None,
    path: str | Path,
    output: str | Path,
    *,
    method: Method = "temperature",
    alpha: float = 0.1,
    by_label: bool = False,
    threads: int | None = None,
) -> Bundle:
    """Write a bundle with the same weights as `model` and a calibration found on the pairs of a file.

    The old bundle at `output`, if there is one, stays until the new one is on disk and checked.

    Args:
        model: The address of a bundle; None for the embedded model.
        path: Labelled pairs, at least a hundred, and like those that the model will meet.
        output: The directory of the new bundle.
        method: `temperature` (the safest), `vector`, `isotonic` (for a thousand pairs or more), or `familiarity` (less
            sure of words that the pairs did not hold; for a thousand pairs or more).
        alpha: Share of prediction sets that may lack the right label.
        by_label: Whether that is promised for each right label, and not only on average.
        threads: Processor threads; by default those that this process may use.

    Raises:
        DataError: The file or a row of it can't be read or judged, or no row has a gold label.
        UsageError: Too few pairs, an option that can't be, a model that is no bundle, an output that can't be written.
        BundleError: The bundle is missing or damaged.
    """
    directory = bundle_directory(model)
    before = Bundle.open(directory)
    record = calibration_of(
        load(directory, threads=threads, cache_bytes=0), path, method=method, alpha=alpha, by_label=by_label
    )
    temperature = record.map.temperatures[0].temperature
    manifest = replace(before.manifest, calibration=record, temperature=temperature)
    return write_bundle(output, manifest, before.files)


def calibration_of(
    engine: Engine,
    path: str | Path,
    *,
    method: Method = "temperature",
    alpha: float = 0.1,
    by_label: bool = False,
    known: Sequence[tuple[str, str]] | None = None,
) -> Calibration:
    """The calibration record of an engine on the labelled pairs of a file. The engine stays as it is.

    Where labels are two-way and the engine has three, only the map is fitted: of sets and risk nothing can be said.
    With `known`, familiarity counts words that these other pairs did not hold.

    Raises:
        DataError, UsageError: As `calibrate`.
    """
    sha256 = fingerprint(path)
    examples, said = _observe(engine, path)
    columns = [_column(engine.labels, example, path) for example in examples]
    observed = Observed(
        log_probs=np.array([row.log_probs for row in said], np.float64).reshape(len(said), len(engine.labels)),
        gold=np.array(columns, np.int64),
        windows=np.array([row.windows for row in said], np.int64),
        whole=np.array([row.hypothesis_read for row in said], np.bool_),
        pairs=(pairs := [(example.premise, example.hypothesis) for example in examples]),
        features=features(pairs, [row.verdict for row in said]),
        entailment=engine.labels.index(Label.ENTAILMENT),
    )
    return fit_record(
        observed,
        name=_printable(Path(path).name),
        sha256=sha256,
        method=method,
        alpha=alpha,
        by_label=by_label,
        known=known,
    )


def _observe(engine: Engine, path: str | Path) -> tuple[list[Example], list[Uncalibrated]]:
    examples: list[Example] = []
    said: list[Uncalibrated] = []
    with open_examples(path, labels="required") as rows:
        for chunk in chunks(rows, BATCH):
            try:
                said += engine.uncalibrated([(example.premise, example.hypothesis) for example in chunk])
            except InvalidPair as error:
                raise DataError(error.reason, path=path, row=chunk[error.index].row, field=error.field) from error
            examples += chunk
        skipped = rows.skipped
    if not examples:
        raise DataError(f"holds no labelled pairs; {skipped} rows without a gold label were skipped", path=path)
    return examples, said


def _column(labels: Sequence[Label], example: Example, path: str | Path) -> int:
    """The gold label's column; k where it is "not entailment" and the model has no column for that."""
    label = example.label
    if label is None:
        raise DataError("the label is missing", path=path, row=example.row, field="label")
    if label in labels:
        return labels.index(label)
    return labels.index(Label.NOT_ENTAILMENT) if set(labels) == set(TWO_WAY) else len(labels)


def _printable(name: str) -> str:
    return name[:200] if name.isprintable() else ascii(name)[:200]
