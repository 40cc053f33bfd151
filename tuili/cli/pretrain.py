"""`tuili pretrain`: a base from raw text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from tuili.cli.options import Json
from tuili.errors import UsageError

Choice = typer.Option


def pretrain(
    text: Annotated[list[Path], typer.Argument(metavar="TEXT...", help="UTF-8 files, or directories of .txt and .md.")],
    output: Annotated[Path, Choice("--output", help="Directory for the base.")],
    base: Annotated[str | None, Choice("--base", help="Go on from ./directory or hf:organisation/name.")] = None,
    from_scratch: Annotated[bool, Choice("--from-scratch", help="Train a tokenizer and a new encoder.")] = False,
    vocabulary: Annotated[int | None, Choice("--vocabulary", help="Word pieces, from scratch; 30,522.")] = None,
    hidden: Annotated[int | None, Choice("--hidden", help="Width, from scratch; 384.")] = None,
    layers: Annotated[int | None, Choice("--layers", help="Layers, from scratch; 6.")] = None,
    heads: Annotated[int | None, Choice("--heads", help="Attention heads, from scratch; 12.")] = None,
    block: Annotated[int | None, Choice("--block", help="Tokens of a row; 128.")] = None,
    batch: Annotated[int | None, Choice("--batch", help="Rows of a batch; 16.")] = None,
    accumulate: Annotated[int | None, Choice("--accumulate", help="Batches a step; 1.")] = None,
    epochs: Annotated[int | None, Choice("--epochs", help="Passes over the text; 1.")] = None,
    rate: Annotated[float | None, Choice("--rate", help="Peak learning rate; 1e-4.")] = None,
    held: Annotated[float | None, Choice("--held", help="Share of the lines kept back; 0.02.")] = None,
    seed: Annotated[int | None, Choice("--seed", help="Of everything that is drawn; 1.")] = None,
    precision: Annotated[str | None, Choice("--precision", help="auto, fp32, bf16 or fp16.")] = None,
    device: Annotated[str | None, Choice("--device", help="auto, cpu, cuda, cuda:1, ...")] = None,
    resume: Annotated[bool, Choice("--resume", help="Go on from the last checkpoint, if there is one.")] = False,
    as_json: Json = False,
) -> None:
    """Train a masked language model on raw text, for `tuili train --base`."""
    given: dict[str, Any] = {name: value for name, value in locals().items() if value is not None}
    new = {"vocabulary", "hidden", "layers", "heads"} & given.keys()
    if from_scratch == (base is not None):
        raise UsageError("give either --base, to go on from it, or --from-scratch")
    if base is not None and new:
        raise UsageError(f"--{sorted(new)[0]} goes with --from-scratch; a base has its own")
    from tuili.learning.train import require_torch

    require_torch()
    from tuili.cli.progress import training_bar
    from tuili.learning.pretrain import PretrainConfig
    from tuili.learning.pretrain import pretrain as run

    for name in ("from_scratch", "as_json"):
        del given[name]
    config = PretrainConfig(**{**given, "text": tuple(map(str, text)), "output": str(output)})
    try:
        with training_bar() as show:
            found = run(config, watch=show)
    except KeyboardInterrupt:
        typer.echo("tuili: interrupted; the same command with --resume goes on from the last checkpoint", err=True)
        raise typer.Exit(130) from None
    if as_json:
        typer.echo(json.dumps(found.to_dict()))
        return
    typer.echo(
        f"{found.path}: {found.rows:,} rows, {found.steps:,} steps; perplexity of {found.held_rows:,} held-back rows "
        f"{found.before:,.2f} before, {found.after:,.2f} after"
    )
