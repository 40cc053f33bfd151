"""`tuili predict`: a finished model of another task than pairs, put to a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from tuili.cli.options import Threads

Choice = typer.Option


def predict(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="What tuili train --task wrote: ./directory, /directory or hf:name.")
    ],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Rows: .jsonl, .csv, .tsv or .parquet, also .gz.")],
    output: Annotated[
        Path | None, Choice("--output", help="JSON lines, one a row; on standard output by default.")
    ] = None,
    task: Annotated[
        Path | None, Choice("--task", help="Task card, where FILE has other columns than the training file.")
    ] = None,
    device: Annotated[str | None, Choice("--device", help="cpu, cuda, cuda:1, ...; cpu by default.")] = None,
    threads: Threads = None,
) -> None:
    """Say of each row of FILE what MODEL learnt to say: a label with probabilities, a score, a text, or names."""
    from tuili.learning.predict import load_predictor, predict_file, predictions

    predictor = load_predictor(model, task=task, device=device, threads=threads)
    if output is None:
        for found in predictions(predictor, file):
            typer.echo(json.dumps(found, ensure_ascii=False))
        return
    from tuili.cli.progress import rows_bar

    with rows_bar() as show:
        count = predict_file(predictor, file, output, progress=show)
    typer.echo(f"{output}: {count:,} rows", err=True)
