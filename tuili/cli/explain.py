"""`tuili explain`: one pair, and why the verdict on it is what it is."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tuili.cli.options import Audit, AuditTexts, Json, LabelOrder, Model, TextForm, Threads, audited, open_engine
from tuili.errors import InputError, InvalidPair


class Method(StrEnum):
    """How words are weighed."""

    EVIDENCE = "evidence"
    LEAVE_ONE_OUT = "leave_one_out"
    SHAPLEY = "shapley"
    INTEGRATED_GRADIENTS = "integrated_gradients"


def explain(
    premise: Annotated[str, typer.Argument(metavar="PREMISE", help="The text that is given.")],
    hypothesis: Annotated[str, typer.Argument(metavar="HYPOTHESIS", help="The sentence put to it.")],
    method: Annotated[
        Method, typer.Option("--method", help="How words are weighed; integrated gradients need a checkpoint.")
    ] = Method.EVIDENCE,
    html: Annotated[Path | None, typer.Option("--html", help="Write a page that stands by itself.")] = None,
    markdown: Annotated[Path | None, typer.Option("--markdown", help="Write Markdown.")] = None,
    edit: Annotated[
        bool, typer.Option("--edit/--no-edit", help="Look for the smallest edit that flips the verdict.")
    ] = True,
    draws: Annotated[int, typer.Option("--draws", help="Random words to compare with, so many times.")] = 5,
    seed: Annotated[int, typer.Option("--seed", help="Of whatever is drawn.")] = 0,
    model: Model = None,
    labels: LabelOrder = None,
    threads: Threads = None,
    audit: Audit = None,
    audit_texts: AuditTexts = TextForm.PLAIN,
    as_json: Json = False,
) -> None:
    """Explain the verdict on a pair: evidence on both sides, tested by deleting it, and the edit that flips it."""
    from tuili.data.atomic import refuse_as_output, write_file
    from tuili.explanation.render_html import render_html
    from tuili.explanation.render_text import render_markdown, render_terminal
    from tuili.explanation.with_evidence import WithEvidence

    for output in filter(None, (html, markdown)):
        refuse_as_output(output)
    explainer = WithEvidence(
        open_engine(model, threads, labels), method=method.value, draws=draws, edit=edit, seed=seed
    )
    try:
        with audited(explainer, audit, audit_texts) as judge:
            judge.judge([(premise, hypothesis)])
    except InvalidPair as error:
        raise InputError(f"{error.field}: {error.reason}") from None
    explanation = explainer.explained[0]
    for path, render in ((html, render_html), (markdown, render_markdown)):
        if path is not None:
            write_file(path, render(explanation).encode())
    if as_json:
        typer.echo(json.dumps(explanation.to_dict(), ensure_ascii=False))
    else:
        typer.echo(render_terminal(explanation, colour=sys.stdout.isatty()))
