"""The card of a model of another task than pairs, and the record beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tuili.learning.config import WITHOUT_EFFECT
from tuili.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tuili.learning.config import TrainConfig
    from tuili.learning.tasks.card import TaskCard
    from tuili.learning.tasks.report import GenerationReport, RegressionReport, TextReport

PAGE = """# {name}

{what}, trained with `tuili train --task`.
Base: {base} ({base_licence}).

## Figures

Dev chose the weights, so its figures flatter; those on the training sample do so more.

| set | {heads} |
|---|{rules}|
{rows}

## Training

{count:,} rows, {steps:,} steps (the best after {best_step}), seed {seed}, precision {precision},
{trained:.3g} % of the weights trained. {cut:,} rows were longer than the model reads and lost their ends.
Licence of the data: {data_licence}.

## Use

    tuili predict ./{name} FILE

or without tuili:

{use}

## Limits

It knows what its training rows taught it; on other texts measure it first.
"""


def page(
    config: TrainConfig,
    reports: Mapping[str, TextReport | RegressionReport | GenerationReport],
    facts: Mapping[str, Any],
    *,
    what: str,
    use: str,
) -> str:
    """Markdown. `facts`: base, count, steps, best_step, trained (a share), precision, cut."""
    figures = {name: report.figures() for name, report in reports.items()}
    heads = list(next(iter(figures.values())))
    rows = [
        f"| {name} | {' | '.join(f'{x:,}' if isinstance(x, int) else f'{x:.3f}' for x in found.values())} |"
        for name, found in figures.items()
    ]
    return PAGE.format(
        name=config.model_name,
        what=what,
        use=use,
        base_licence=config.base_licence,
        data_licence=config.data_licence,
        seed=config.seed,
        heads=" | ".join(head.replace("_", " ") for head in heads),
        rules="|".join(["---:"] * len(heads)),
        rows="\n".join(rows),
        **{**facts, "trained": 100 * facts["trained"]},
    )


def record(
    config: TrainConfig, card: TaskCard, reports: Mapping[str, TextReport | RegressionReport | GenerationReport]
) -> dict[str, Any]:
    """What `training.json` says."""
    recipe = {name: value for name, value in config.to_dict().items() if name not in WITHOUT_EFFECT}
    return {
        "name": config.model_name,
        "kind": card.kind,
        "task": card.to_dict(),
        "recipe": {**recipe, "tuili": __version__},
        "metrics": {name: report.figures() for name, report in reports.items()},
    }
