"""The card of a trained model: what it is, what it was measured at, what it was trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tuili.evaluation.report import Report
    from tuili.learning.config import TrainConfig
    from tuili.learning.pairs import LabelScheme

CARD = """# {name}

A {ways}-way judge of sentence pairs in the {form} form, trained with `tuili train`.
Base: {base} ({base_licence}). Labels: {labels}. Objective: {objective}.{teacher}

## Figures

{calibration} ECE: expected calibration error, 15 bins of equal mass. Dev chose the weights{fitted}, so
its figures flatter; those on the training sample do so more.

| set | pairs | labels | accuracy | macro-F1 | ECE |
|---|---:|---:|---:|---:|---:|
{figures}

## Training

{pairs:,} pairs, {steps:,} steps (the best after {best_step}), seed {seed}, precision {precision},
{trained:.3g} % of the weights trained. {cut:,} pairs were longer than the windows and lost their ends.
Licence of the data: {data_licence}.

## Limits

It knows what its training pairs taught it; on other texts measure it first (`tuili evaluate`).
"""


def model_card(
    config: TrainConfig,
    scheme: LabelScheme,
    reports: Mapping[str, Report],
    facts: Mapping[str, Any],
    *,
    teacher: str | None = None,
) -> str:
    """Markdown.

    Args:
        facts: base, temperature (None where there is none), pairs, steps, best_step, trained (a share), precision, cut.
        teacher: Who was followed beside the labels.
    """
    rows = [
        f"| {name} | {r.n} | {2 if r.two_way else 3} | {r.accuracy:.3f} | {r.macro_f1:.3f} | {r.ece:.3f} |"
        for name, r in reports.items()
    ]
    temperature = facts["temperature"]
    fitted = temperature is not None
    return CARD.format(
        name=config.model_name,
        ways=len(scheme.labels),
        form=config.form,
        base_licence=config.base_licence,
        labels=", ".join(scheme.labels),
        objective=scheme.objective,
        teacher="" if teacher is None else f" Teacher: {teacher}, weight {config.weight_of_teacher:g}.",
        calibration=f"Temperature {temperature:.4g}, fitted on dev." if fitted else "Not calibrated.",
        fitted=" and the temperature" if fitted else "",
        figures="\n".join(rows),
        seed=config.seed,
        data_licence=config.data_licence,
        trained=100 * facts["trained"],
        **{name: value for name, value in facts.items() if name not in ("temperature", "trained")},
    )
