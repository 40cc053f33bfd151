"""`tuili tune`: training options searched for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from tuili.cli.options import Json, Threads

Choice = typer.Option


def tune(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Labelled pairs to learn from.")],
    dev: Annotated[Path, Choice("--dev", help="Labelled pairs that say which options are best.")],
    base: Annotated[str, Choice("--base", help="./directory, /directory or hf:organisation/name.")],
    study: Annotated[Path, Choice("--study", help="SQLite file; one that is there is gone on with.")],
    trials: Annotated[int, Choice("--trials", help="How many more trials to make.")] = 12,
    space: Annotated[Path | None, Choice("--space", help="TOML: what to search; see docs/tune.md.")] = None,
    recipe: Annotated[Path | None, Choice("--recipe", help="TOML: options that all trials have.")] = None,
    task: Annotated[Path | None, Choice("--task", help="Task card of kind pair or text; see docs/training.md.")] = None,
    plots: Annotated[
        Path | None, Choice("--plots", help="Directory for history.png and importance.png (extra plots).")
    ] = None,
    threads: Threads = None,
    as_json: Json = False,
) -> None:
    """Search for the training options with the best accuracy on --dev; STUDY.toml is then a recipe for `train`."""
    from tuili.learning.config import read_recipe
    from tuili.learning.train import require_torch
    from tuili.learning.tune import read_space
    from tuili.learning.tune import tune as run

    require_torch()
    common = {**(read_recipe(recipe) if recipe is not None else {}), "file": file, "dev": dev, "base": base}
    if task is not None:
        common["task"] = task
    if threads is not None:
        common["threads"] = threads
    found = run(common, study, space=None if space is None else read_space(space), trials=trials, plots=plots)
    if as_json:
        typer.echo(json.dumps(found.to_dict()))
        return
    shown = ", ".join(
        f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}" for name, value in found.best.items()
    )
    typer.echo(f"{found.accuracy:.1%} of dev right ({found.finished} trials, {found.pruned} pruned): {shown}")
    card = "" if task is None else f" --task {task}"
    typer.echo(f"tuili train {file} --dev {dev} --base {base}{card} --recipe {found.recipe} --output ...", err=True)
