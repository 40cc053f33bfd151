"""Options that several sub-commands share, written once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tuili.engine.engine import Engine

Model = Annotated[
    str | None,
    typer.Option("--model", help="./directory, /directory or hf:organisation/name; the embedded model by default."),
]
Threads = Annotated[int | None, typer.Option("--threads", help="Processor threads; all that are allowed by default.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON alone on standard output.")]
LabelOrder = Annotated[
    str | None,
    typer.Option(
        "--labels", help="What a checkpoint's outputs mean, in order, such as entailment,neutral,contradiction."
    ),
]

MaxRisk = Annotated[
    float | None,
    typer.Option("--max-risk", help="Decide only where at most this share is wrong; needs a calibrated bundle."),
]


def open_engine(model: str | None, threads: int | None, labels: str | None, *, max_risk: float | None = None) -> Engine:
    """The engine that these options name."""
    from tuili.engine.load import load

    order = None if labels is None else [label.strip() for label in labels.split(",")]
    return load(model, threads=threads, labels=order, max_risk=max_risk)
