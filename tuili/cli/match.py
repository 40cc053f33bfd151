"""`tuili match`: how two texts, or the lines of a file, stand to each other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from tuili.cli.options import Json, LabelOrder, Model, Threads, open_engine
from tuili.cli.terminal import one_line
from tuili.errors import DataError, UsageError


def match(
    a: Annotated[str | None, typer.Argument(metavar="A", help="The one text.")] = None,
    b: Annotated[str | None, typer.Argument(metavar="B", help="The other.")] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="Texts, one a line: find duplicates and conflicts.")
    ] = None,
    model: Model = None,
    labels: LabelOrder = None,
    threads: Threads = None,
    as_json: Json = False,
) -> None:
    """Say whether A and B are equivalent, one includes the other, they are in conflict, or unrelated."""
    if file is not None:
        if a is not None:
            raise UsageError("give either A and B, or --file, not both")
        _match_file(file, model, threads, labels, as_json=as_json)
        return
    if a is None or b is None:
        raise UsageError("give two texts, A and B, or --file")
    from tuili.applications.match import match as match_texts

    result = match_texts(open_engine(model, threads, labels), a, b)
    if as_json:
        typer.echo(json.dumps(result.to_dict(), ensure_ascii=False))
        return
    typer.echo(f"{result.relation}  {result.probability:.3f}")
    width = max(len(relation) for relation in result.probabilities)
    for relation, probability in result.probabilities.items():
        typer.echo(f"  {relation:<{width}}  {probability:.3f}  {'█' * round(30 * probability)}")


def _match_file(file: Path, model: str | None, threads: int | None, labels: str | None, *, as_json: bool) -> None:
    from tuili.applications.match import find_matches
    from tuili.applications.text_lines import text_lines

    texts = list(text_lines(file))
    if not texts:
        raise DataError("holds no texts; write one a line", path=file)
    found = find_matches(open_engine(model, threads, labels), texts)
    if as_json:
        typer.echo(json.dumps({"texts": len(texts), "matches": [m.to_dict() for m in found]}, ensure_ascii=False))
        return
    for m in found:
        typer.echo(
            f"{m.match.relation}  {m.match.probability:.3f}\n    {one_line(m.match.a)}\n    {one_line(m.match.b)}"
        )
    typer.echo(f"{len(found)} matches among {len(texts)} texts", err=True)
