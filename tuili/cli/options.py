"""Options that several sub-commands share, written once."""

from __future__ import annotations

from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuili.engine.engine import Engine
    from tuili.types import Judge


class TextForm(StrEnum):
    """What records hold of the texts."""

    PLAIN = "plain"
    HASHED = "hashed"
    SEALED = "sealed"


Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        help="./directory, /directory, hf:organisation/name, http://host:port (a tuili server) or "
        "openai:http://host:port/v1#model (a language model); the embedded model by default.",
    ),
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
Audit = Annotated[
    Path | None, typer.Option("--audit", metavar="LOG", help="Record every verdict in this log before it is shown.")
]
AuditTexts = Annotated[
    TextForm, typer.Option("--audit-texts", help="What records hold of the texts: see docs/audit.md.")
]

RequireSigned = Annotated[
    Path | None,
    typer.Option("--require-signed", metavar="KEY.pub", help="Take only a bundle signed with this key: tuili sign."),
]
StrictUnicode = Annotated[
    bool,
    typer.Option(
        "--strict-unicode", help="Refuse texts with invisible, direction-changing, control or look-alike characters."
    ),
]


@contextmanager
def audited(judge: Judge, log: Path | None, texts: TextForm) -> Iterator[Judge]:
    """The judge, recorded where there is a log to record in."""
    if log is None:
        yield judge
        return
    from tuili.audit.log import Log
    from tuili.audit.recorded import Recorded

    with Log(log, texts=texts.value) as opened:
        yield Recorded(judge, opened)


def open_engine(
    model: str | None,
    threads: int | None,
    labels: str | None,
    *,
    max_risk: float | None = None,
    require_signed: Path | None = None,
) -> Engine:
    """The engine that these options name."""
    from tuili.engine.load import load

    order = None if labels is None else [label.strip() for label in labels.split(",")]
    return load(model, threads=threads, labels=order, max_risk=max_risk, require_signed=require_signed)
