"""`tuili robustness` and `tuili bias`: what changes a model's mind and should not."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from tuili.cli.options import Json, LabelOrder, Model, Threads, open_engine
from tuili.errors import DataError


def robustness(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Pairs, labelled or not: .jsonl, .csv, .tsv or .parquet, also .gz.")
    ],
    model: Model = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many pairs are tried, from the first on.")] = 500,
    labels: LabelOrder = None,
    threads: Threads = None,
    as_json: Json = False,
) -> None:
    """How often labels change over unrelated sentences, slips of the pen, and characters that can't be seen."""
    from tuili.data.read import open_examples
    from tuili.evaluation.robustness import check_robustness

    with open_examples(file, labels="ignored") as examples:
        pairs = [(example.premise, example.hypothesis) for example in islice(examples, limit)]
    if not pairs:
        raise DataError("holds no pairs", path=file)
    report = check_robustness(open_engine(model, threads, labels), pairs)
    if as_json:
        typer.echo(json.dumps(report.to_dict()))
        return
    typer.echo(f"{report.n:,} pairs\n{'change':<14} {'pairs':>6} {'label changed':>14} {'flagged':>8} {'unseen':>7}")
    for change in report.changes:
        shares = f"{change.label_changed:>14.1%} {change.flagged:>8.1%} {change.unseen:>7.1%}"
        typer.echo(f"{change.name:<14} {change.n:>6,} {shares}")


def bias(
    model: Model = None,
    occupations: Annotated[int | None, typer.Option("--occupations", min=1, help="How many; all by default.")] = None,
    labels: LabelOrder = None,
    threads: Threads = None,
    as_json: Json = False,
) -> None:
    """How often swapping one group of people for another changes the label; takes a few minutes."""
    from tuili.evaluation.bias import OCCUPATIONS, check_bias

    report = check_bias(open_engine(model, threads, labels), occupations=occupations or len(OCCUPATIONS))
    if as_json:
        typer.echo(json.dumps(report.to_dict()))
        return
    typer.echo(f"{report.n:,} sentences, {report.swaps:,} swaps: {report.unchanged:.2%} left the label as it was")
    for family in report.families:
        shares = ", ".join(f"{group} {share:.1%}" for group, share in family.right.items())
        typer.echo(f"{family.family}, {family.kind}: unchanged {family.unchanged:.2%}, gap {family.gap:.1%} ({shares})")
