"""What a model of another task than pairs says of the rows of a file. Importing this loads no torch."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuili.data.atomic import refuse_as_output, write_file
from tuili.errors import DataError, InvalidPair
from tuili.learning.predictors.record import task_record
from tuili.learning.tasks.card import read_card
from tuili.learning.tasks.rows import read_rows
from tuili.reasoning.model_directory import find_model
from tuili.reasoning.pair_network import import_libraries
from tuili.types import Pair

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tuili.learning.predictors.results import Predictor
    from tuili.learning.tasks.card import TaskCard
    from tuili.learning.tasks.rows import Row

CHUNK = 64
"""Rows that are read by a model in one go."""


def load_predictor(
    model: str | Path, *, task: str | Path | None = None, device: str | None = None, threads: int | None = None
) -> Predictor:
    """The model that `tuili train --task` wrote, ready for new rows.

    Args:
        model: `./directory`, `/directory` or `hf:organisation/name`.
        task: A task card, to read other columns than those of the training file; of the same kind. A finder of names
            reads the column `text`, and takes none.
        device: Of torch; None: the processor.
        threads: Of the processor; None: torch's own number, and one for a finder of names.

    Raises:
        UsageError: No such address or device, a card of another kind, or a judge of pairs.
        BundleError, ModelError: The model is damaged, or not one that `tuili train` wrote.
        MissingExtra: torch or transformers is not installed.
    """
    declared = None if task is None else read_card(task)
    if (place := _bundle(model)) is not None:
        from tuili.learning.predictors.names import NamesPredictor

        return NamesPredictor(place, declared, threads=threads)
    directory = find_model(model)
    record = task_record(directory, declared)
    import_libraries()
    if record.card.kind == "generate":
        from tuili.learning.predictors.writer import WriterPredictor

        return WriterPredictor(directory, record, device=device, threads=threads)
    from tuili.learning.predictors.encoder import EncoderPredictor

    return EncoderPredictor(directory, record, device=device, threads=threads)


def predictions(
    predictor: Predictor, path: str | Path, *, progress: Callable[[int], None] = lambda _: None
) -> Iterator[dict[str, Any]]:
    """What the model says of each row, in order: `row`, and what the kind of task gives.

    All rows are read, and checked, before the first one is put to the model.

    Args:
        predictor: See `load_predictor`.
        path: JSON lines, CSV, TSV or Parquet, also `.gz`, with the columns that the task's card names.
        progress: Called with the number of rows that are done.

    Raises:
        DataError: The file or a row can't be read; says which, and which column.
        NumericalError, ModelError: The model can't be used.
    """
    rows = read_rows(path, predictor.card.read)
    texts = [_text(row, predictor.card) for row in rows]
    waiting = iter(zip(rows, texts, strict=True))
    done = 0
    while chunk := list(islice(waiting, CHUNK)):
        try:
            found = predictor.predict([text for _, text in chunk])
        except InvalidPair as error:
            row = chunk[error.index][0]
            field = None if error.field is None else predictor.card.texts[error.field].columns[0]
            raise DataError(error.reason, path=path, row=row.number, field=field) from None
        for (row, _), prediction in zip(chunk, found, strict=True):
            yield {"row": row.number, **prediction.to_dict()}
        done += len(chunk)
        progress(done)


def predict_file(
    predictor: Predictor,
    path: str | Path,
    output: str | Path,
    *,
    progress: Callable[[int], None] = lambda _: None,
) -> int:
    """Write `predictions` as JSON lines, all or none. Returns how many.

    Raises:
        UsageError: The output can't be written, or is the input.
        DataError, NumericalError, ModelError: As for `predictions`.
    """
    refuse_as_output(output, [path])
    lines = [json.dumps(found, ensure_ascii=False) + "\n" for found in predictions(predictor, path, progress=progress)]
    write_file(output, "".join(lines).encode(), inputs=[path])
    return len(lines)


def _bundle(model: str | Path) -> Path | None:
    """The directory, where it is one of a bundle and not of a checkpoint."""
    if isinstance(model, str) and not model.startswith((".", "/")) and not Path(model).is_absolute():
        return None
    return Path(model) if (Path(model) / "bundle.json").exists() else None


def _text(row: Row, card: TaskCard) -> str | Pair:
    texts = [row.text(template) for template in card.texts.values()]
    return texts[0] if len(texts) == 1 else Pair(*texts)
