"""`tuili classify`: which of some labels a text has, without examples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tuili.cli.options import Json, Model, Threads, open_engine
from tuili.cli.terminal import one_line
from tuili.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuili.applications.classify import Classification

_SHOWN = 5
_TEXTS_AT_ONCE = 32


def classify(
    text: Annotated[str | None, typer.Argument(metavar="TEXT", help="What is classified.")] = None,
    labels: Annotated[str | None, typer.Option("--labels", help="What it may be, such as sport,politics.")] = None,
    labels_file: Annotated[Path | None, typer.Option("--labels-file", help="Labels, one a line.")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="Texts, one a line, also .gz; one result a line.")] = None,
    template: Annotated[
        str | None, typer.Option("--template", help="The statement that a label makes, with {} for the label.")
    ] = None,
    multi_label: Annotated[bool, typer.Option("--multi-label", help="Several labels may hold at once.")] = False,
    model: Model = None,
    threads: Threads = None,
    as_json: Json = False,
) -> None:
    """Say which labels a text has. A label may have levels: `sport > football`."""
    from tuili.applications.classify import TEMPLATE, classify_many
    from tuili.applications.text_lines import text_lines

    if (labels is None) == (labels_file is None):
        raise UsageError("give either --labels or --labels-file")
    if (text is None) == (file is None):
        raise UsageError("give either TEXT or --file")
    if labels_file is not None:
        names = list(text_lines(labels_file))
    else:
        names = [label.strip() for label in (labels or "").split(",")]
    engine = open_engine(model, threads, None)
    texts = iter([text]) if text is not None else text_lines(file or Path())
    done = 0
    for batch in _batches(texts):
        done += len(batch)
        results = classify_many(
            engine, batch, names, TEMPLATE if template is None else template, multi_label=multi_label
        )
        for result in results:
            typer.echo(
                json.dumps(result.to_dict(), ensure_ascii=False) if as_json else _told(result, of_many=text is None)
            )
    if not done:
        raise DataError("holds no texts; write one a line", path=file)


def _batches(texts: Iterator[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    for text in texts:
        batch.append(text)
        if len(batch) == _TEXTS_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def _told(result: Classification, *, of_many: bool) -> str:
    if of_many:
        return f"{result.probability:.3f}  {one_line(result.label)}\t{one_line(result.text)}"
    pairs = list(zip(result.labels, result.probabilities, strict=True))[:_SHOWN]
    return "\n".join(f"{probability:.3f}  {one_line(label)}" for label, probability in pairs)
