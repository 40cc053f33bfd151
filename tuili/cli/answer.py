"""`tuili answer`: a question to files and directories."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tuili.cli.options import Json, LabelOrder, Model, Threads, open_engine
from tuili.cli.terminal import one_line
from tuili.errors import DataError

if TYPE_CHECKING:
    from tuili.applications.answer import Answer


def answer(
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="What is asked.")],
    source: Annotated[
        list[Path],
        typer.Option(
            "--source",
            metavar="PATH",
            help="A text file, or a directory of .txt, .md and .rst; may be given several times.",
        ),
    ],
    index: Annotated[
        Path | None,
        typer.Option("--index", help="Keep an index of the sources in this file; only what changed is read again."),
    ] = None,
    threshold: Annotated[
        float | None, typer.Option("--threshold", help="Probability from which on something is an answer.")
    ] = None,
    model: Model = None,
    labels: LabelOrder = None,
    threads: Threads = None,
    as_json: Json = False,
) -> None:
    """Answer QUESTION with quotes from the sources, or say that the answer isn't there."""
    from tuili.applications.answer import THRESHOLD
    from tuili.applications.answer import answer as find_answers
    from tuili.applications.passages import SUFFIXES, PassagesInMemory, documents
    from tuili.applications.passages_index import PassageIndex

    with nullcontext() if index is None else PassageIndex(index) as kept:
        if kept is None:
            texts = list(documents(source))
            if not texts:
                names = ", ".join(map(str, source))
                raise DataError(f"there is no text in {names}; a directory is searched for {', '.join(SUFFIXES)}")
            passages: PassagesInMemory | PassageIndex = PassagesInMemory(texts)
        else:
            done = kept.refresh(source)
            typer.echo(f"{index}: {done.added} added, {done.changed} changed, {done.removed} removed", err=True)
            passages = kept
        engine = open_engine(model, threads, labels)
        answers = find_answers(engine, passages, question, threshold=THRESHOLD if threshold is None else threshold)
    if as_json:
        found = {"question": question, "answers": [item.to_dict() for item in answers]}
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        _print(answers)


def _print(answers: list[Answer]) -> None:
    if not answers:
        typer.echo("no answer in these passages")
    for item in answers:
        typer.echo(f"{item.probability:.3f}  {one_line(item.text)}")
        place = f"{one_line(item.source)}:{item.quote_span.start}-{item.quote_span.end}"
        typer.echo(f"    {place}  {one_line(item.quote)}")
