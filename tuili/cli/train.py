"""`tuili train`: a model from labelled pairs."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tuili.cli.options import Json, Threads

if TYPE_CHECKING:
    from tuili.learning.training_run import Trained

Choice = typer.Option


def train(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="Labelled pairs to learn from: .jsonl, .csv, .tsv or .parquet, also .gz."),
    ] = None,
    dev: Annotated[Path | None, Choice("--dev", help="Labelled pairs that choose the best weights.")] = None,
    test: Annotated[Path | None, Choice("--test", help="Labelled pairs that are only measured, at the end.")] = None,
    base: Annotated[str | None, Choice("--base", help="./directory, /directory or hf:organisation/name.")] = None,
    output: Annotated[Path | None, Choice("--output", help="Directory for the finished model.")] = None,
    task: Annotated[
        Path | None,
        Choice("--task", help="TOML that declares another task or other columns; see docs/training.md."),
    ] = None,
    teacher: Annotated[
        str | None, Choice("--teacher", help="A judge to learn from too: embedded, or an address as for --model.")
    ] = None,
    teacher_weight: Annotated[
        float | None, Choice("--teacher-weight", help="How much it counts against a gold label; 0.5 by default.")
    ] = None,
    form: Annotated[
        str | None,
        Choice("--form", help="prefix: each premise is read once (BERT bases); joint: any sequence classifier."),
    ] = None,
    objective: Annotated[str | None, Choice("--objective", help="auto, softmax, binary or partial.")] = None,
    epochs: Annotated[int | None, Choice("--epochs", help="Passes over FILE; 3 by default.")] = None,
    rate: Annotated[
        float | None,
        Choice(
            "--rate",
            help="Peak learning rate; by default 1e-4 (prefix), 2e-4 (joint), 1.5e-3 (lora), less on large bases.",
        ),
    ] = None,
    batch_tokens: Annotated[
        int | None, Choice("--batch-tokens", help="Tokens of a batch, padding included; 1024 by default.")
    ] = None,
    accumulate: Annotated[int | None, Choice("--accumulate", help="Batches a step; 1 by default.")] = None,
    warmup: Annotated[float | None, Choice("--warmup", help="Share of the run with a rising rate.")] = None,
    decay: Annotated[str | None, Choice("--decay", help="linear, cosine, constant or late.")] = None,
    weight_decay: Annotated[float | None, Choice("--weight-decay", help="Of AdamW, on matrices only.")] = None,
    clip: Annotated[float | None, Choice("--clip", help="Largest norm of a gradient; 0: no limit.")] = None,
    seed: Annotated[int | None, Choice("--seed", help="Of everything that is drawn; 1 by default.")] = None,
    precision: Annotated[
        str | None, Choice("--precision", help="auto, fp32, bf16 or fp16; auto: bf16 where the hardware has it.")
    ] = None,
    patience: Annotated[
        int | None, Choice("--patience", help="Stop after so many evaluations without a better one.")
    ] = None,
    evaluate_every: Annotated[
        int | None, Choice("--evaluate-every", help="Steps between evaluations; each epoch by default.")
    ] = None,
    save_every: Annotated[float | None, Choice("--save-every", help="Seconds between checkpoints.")] = None,
    adapter: Annotated[
        str | None, Choice("--adapter", help="lora: train small matrices beside frozen ones (joint form).")
    ] = None,
    lora_rank: Annotated[int | None, Choice("--lora-rank", help="Inner size of those; 16 by default.")] = None,
    precision_out: Annotated[
        str | None, Choice("--precision-out", help="Numbers of the bundle: int8 or float32 (prefix form).")
    ] = None,
    track: Annotated[str | None, Choice("--track", help="Beside OUTPUT.run/log.jsonl: tensorboard or wandb.")] = None,
    recipe: Annotated[
        Path | None, Choice("--recipe", help="TOML with these options; what is given here comes before it.")
    ] = None,
    name: Annotated[str | None, Choice("--name", help="Of the model, in verdicts.")] = None,
    base_licence: Annotated[str | None, Choice("--base-licence", help="For the card.")] = None,
    data_licence: Annotated[str | None, Choice("--data-licence", help="For the card.")] = None,
    device: Annotated[str | None, Choice("--device", help="auto, cpu, cuda, cuda:1, ...")] = None,
    threads: Threads = None,
    resume: Annotated[bool, Choice("--resume", help="Go on from the last checkpoint, if there is one.")] = False,
    as_json: Json = False,
) -> None:
    """Train a model on labelled pairs: fine-tune BASE on FILE, choose on --dev, calibrate, measure, write OUTPUT.

    With --task it may be another task: texts with labels, scores, or texts to be written.

    OUTPUT.run beside it holds log, reports and, until the run is done, checkpoints. `torchrun -m tuili train ...` runs
    on several processes or GPUs.
    """
    given: dict[str, Any] = {key: value for key, value in locals().items() if value is not None}
    given = {key: value for key, value in given.items() if key not in ("recipe", "as_json")}
    if not resume:
        del given["resume"]  # a recipe may ask for it
    from tuili.learning.config import TrainConfig, read_recipe
    from tuili.learning.train import require_torch

    config = TrainConfig.of({**(read_recipe(recipe) if recipe is not None else {}), **given})
    require_torch()
    from tuili.cli.progress import training_bar
    from tuili.learning.training_run import run_training

    try:
        with training_bar() as show:
            trained = run_training(config, watch=show)
    except KeyboardInterrupt:
        typer.echo("tuili: interrupted; the same command with --resume goes on from the last checkpoint", err=True)
        raise typer.Exit(130) from None
    if os.environ.get("RANK", "0") != "0":
        return
    if as_json:
        typer.echo(json.dumps(trained.to_dict()))
    else:
        _print(trained)


def _print(trained: Trained) -> None:
    for name, report in trained.reports.items():
        typer.echo(f"{name}, {report.n:,} {trained.unit}\n{report.text()}\n")
    if trained.outcome is None:
        typer.echo(f"{trained.path}: was finished before", err=True)
        return
    for damaged in trained.outcome.damaged:
        typer.echo(f"tuili: a damaged checkpoint was passed over: {damaged}", err=True)
    early = ", stopped early" if trained.outcome.stopped_early else ""
    best = trained.outcome.best_step
    typer.echo(f"{trained.path}: {trained.outcome.steps:,} steps{early}, the best weights are of step {best}", err=True)
