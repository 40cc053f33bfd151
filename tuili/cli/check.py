"""`tuili check`: a text against its sources."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tuili.cli.options import Json, LabelOrder, Model, Threads, open_engine
from tuili.cli.terminal import one_line
from tuili.errors import DataError

if TYPE_CHECKING:
    from tuili.applications.check_report import CheckReport


def check(
    source: Annotated[
        list[Path],
        typer.Option(
            "--source", metavar="FILE", help="A source, UTF-8 text; give the option again for each further one."
        ),
    ],
    text: Annotated[Path, typer.Option("--text", help="The text that is checked, UTF-8.")],
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a page with both sides marked to this file.")
    ] = None,
    threshold: Annotated[
        float | None, typer.Option("--threshold", help="Probability from which on a claim is supported.")
    ] = None,
    model: Model = None,
    labels: LabelOrder = None,
    threads: Threads = None,
    as_json: Json = False,
) -> None:
    """Check every claim of a text against its sources: supported, contradicted, or not found.

    Exit code 0 whatever was found; it is in the output.
    """
    from tuili.applications.check import THRESHOLD
    from tuili.applications.check import check as check_text
    from tuili.applications.passages import read_text
    from tuili.data.atomic import refuse_as_output

    def read(path: Path) -> str:
        content = read_text(path)
        if content is None:
            raise DataError("is blank", path=path)
        return content

    if html is not None:
        refuse_as_output(html, [*source, text])
    sources = {str(path): read(path) for path in source}
    checked = read(text)
    engine = open_engine(model, threads, labels)
    report = check_text(engine, sources, checked, threshold=THRESHOLD if threshold is None else threshold)
    if html is not None:
        report.write_html(html)
    if as_json:
        typer.echo(json.dumps(report.to_dict(), ensure_ascii=False))
    else:
        _print(report)


def _print(report: CheckReport) -> None:
    for claim in report.claims:
        typer.echo(f"{claim.status:<12}  {claim.probability:.3f}  {one_line(claim.statement)}")
        for quote in claim.quotes:
            focus = report.sources[quote.source].text[quote.focus.start : quote.focus.end]
            place = f"{one_line(quote.name)}:{quote.focus.start}-{quote.focus.end}"
            typer.echo(f"    {place}  {one_line(focus)}")
    typer.echo(f"{report.supported_rate:.0%} of {len(report.claims)} claims supported")
