"""A judge and a file of labelled pairs in, a report out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tuili.data.chunks import chunks
from tuili.data.read import open_examples
from tuili.engine.usual import features
from tuili.errors import DataError, InvalidPair, UsageError
from tuili.evaluation.answers import Collector
from tuili.evaluation.scoring import report_on
from tuili.evaluation.shift import compare

if TYPE_CHECKING:
    from pathlib import Path

    from tuili.calibration import Usual
    from tuili.data.example import Example
    from tuili.evaluation.arrays import FloatArray
    from tuili.evaluation.report import Report
    from tuili.types import Judge, Label, Verdict

BATCH = 1024


def evaluate(
    judge: Judge,
    path: str | Path,
    *,
    batch: int = BATCH,
    intervals: bool = False,
    usual: Usual | None = None,
) -> Report:
    """How good a judge is on a file of labelled pairs.

    The file is streamed; only a few numbers a pair are kept. Rows with the label `-` are skipped and counted.
    A file whose labels hold no contradiction is scored two-way, see `two_way.scored`.

    Args:
        judge: Anything with `judge(pairs) -> list[Verdict]`.
        path: Columns `premise`, `hypothesis` and `label`, or SNLI's and MNLI's own; see `data.read.open_examples`.
        batch: How many pairs the judge is handed at once, fewer where they are long. It should be larger than the
            judge's own batch, since equal premises are read once only where they are handed in together.
        intervals: Whether to say how far figures may be off: 95 %, bootstrap over premises. Takes some seconds.
        usual: What pairs the judge was calibrated on; by default, what its own `calibration` says, if it has one. The
            report then says whether these look like them.

    Raises:
        DataError: The file or a row of it can't be read or judged, or no row has a gold label.
        UsageError: A batch of less than 1.
        ModelError: The judge gave something other than one verdict for each pair.
        MissingExtra: The file is Parquet, and pyarrow is not installed.
    """
    if batch < 1:
        raise UsageError(f"batch must be at least 1, got {batch}")
    collector = Collector()
    usual = usual if usual is not None else getattr(getattr(judge, "calibration", None), "usual", None)
    seen: list[FloatArray] = []
    premises: list[int] = []
    with open_examples(path, labels="required") as examples:
        n = 0
        for chunk in chunks(examples, batch):
            verdicts = _judged(judge, chunk, path)
            collector.add(verdicts, [_gold(example, path) for example in chunk])
            n += len(chunk)
            if intervals or usual is not None:
                premises += [hash(example.premise) for example in chunk]
            if usual is not None:
                seen.append(features([(example.premise, example.hypothesis) for example in chunk], verdicts))
        skipped = examples.skipped
    if not n:
        raise DataError(f"holds no labelled pairs; {skipped} rows without a gold label were skipped", path=path)
    report = report_on(collector.answers(), skipped=skipped, groups=premises if intervals else None)
    if usual is None:
        return report
    return replace(report, shift=compare(usual, np.concatenate(seen), premises))


def _judged(judge: Judge, chunk: list[Example], path: str | Path) -> list[Verdict]:
    """The verdicts on a chunk; a pair that can't be judged is named by its row of the file."""
    try:
        return judge.judge([(example.premise, example.hypothesis) for example in chunk])
    except InvalidPair as error:
        raise DataError(error.reason, path=path, row=chunk[error.index].row, field=error.field) from error


def _gold(example: Example, path: str | Path) -> Label:
    if example.label is None:
        raise DataError("the label is missing", path=path, row=example.row, field="label")
    return example.label
