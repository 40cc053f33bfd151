"""`tuili export`: a joint checkpoint as ONNX."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from tuili.cli.options import Json, LabelOrder


def export(
    checkpoint: Annotated[
        str, typer.Argument(metavar="CHECKPOINT", help="./directory, /directory or hf:organisation/name.")
    ],
    output: Annotated[Path, typer.Option("--output", help="Directory for the exported model.")],
    precision: Annotated[str, typer.Option("--precision", help="float32 or int8.")] = "float32",
    labels: LabelOrder = None,
    check_labels: Annotated[
        bool,
        typer.Option("--check-labels/--no-check-labels", help="Whether its verdicts must agree with its label order."),
    ] = True,
    as_json: Json = False,
) -> None:
    """Write a joint checkpoint as ONNX, for `--model DIRECTORY` without torch.

    It is compared with torch first; where they disagree nothing is written.
    """
    from tuili.learning.train import require_torch

    require_torch()
    from tuili.learning.export import export as run

    order = None if labels is None else [label.strip() for label in labels.split(",")]
    found = run(checkpoint, output, precision=precision, labels=order, check_labels=check_labels)
    if as_json:
        typer.echo(json.dumps(found.to_dict()))
        return
    parity = found.parity
    typer.echo(
        f"{found.path}: {found.precision}, {found.size / 1e6:.1f} MB, labels {', '.join(found.labels)}\n"
        f"compared with torch on {parity.pairs} pairs: {parity.agreement:.1%} the same label, log-probabilities "
        f"within {parity.worst_log_prob:.2g}, probabilities {parity.mean_shift:.2g} apart on average\n"
        f"one pair, one thread: {found.latency_ms:.2f} ms (torch: {found.torch_ms:.2f} ms)"
    )
