"""Options that several sub-commands share, written once."""

from __future__ import annotations

from typing import Annotated

import typer

Model = Annotated[
    str | None,
    typer.Option("--model", help="./directory, /directory or hf:organisation/name; the embedded model by default."),
]
Threads = Annotated[int | None, typer.Option("--threads", help="Processor threads; all that are allowed by default.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON alone on standard output.")]
