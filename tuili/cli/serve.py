"""`tuili serve`: the judge over HTTP."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Annotated

import typer

from tuili.cli.file_judging import Runner
from tuili.cli.options import Model, RequireSigned, StrictUnicode
from tuili.errors import UsageError


def serve(
    host: Annotated[str, typer.Option("--host", help="Address to listen on; others than loopback need a token.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option("--port", help="0 takes a free one.")] = 8000,
    workers: Annotated[int, typer.Option("--workers", help="Processes, each with a model of its own.")] = 1,
    model: Model = None,
    require_signed: RequireSigned = None,
    threads: Annotated[int, typer.Option("--threads", help="Processor threads of each worker's model.")] = 1,
    token_file: Annotated[
        Path | None, typer.Option("--token-file", help="Bearer tokens, one a line; or one in TUILI_TOKEN.")
    ] = None,
    allow_host: Annotated[
        list[str] | None, typer.Option("--allow-host", help="A name by which clients may call the server; repeatable.")
    ] = None,
    audit: Annotated[Path | None, typer.Option("--audit", help="Record every verdict in this log.")] = None,
    deadline: Annotated[float, typer.Option("--deadline", help="Seconds in which a request is answered.")] = 30.0,
    max_wait: Annotated[
        float, typer.Option("--max-wait", help="Seconds a request may be expected to wait; beyond that, 429.")
    ] = 10.0,
    rate: Annotated[float, typer.Option("--rate", help="Requests a second for each caller.")] = 1000.0,
    max_body: Annotated[int, typer.Option("--max-body", help="Bytes of a request's body.")] = 2**20,
    max_text: Annotated[int, typer.Option("--max-text", help="Characters of a text.")] = 100_000,
    max_pairs: Annotated[int, typer.Option("--max-pairs", help="Pairs of a request.")] = 1000,
    strict_unicode: StrictUnicode = False,
    runner: Annotated[
        Runner, typer.Option("--runner", help="Who runs the workers: this command, or Ray Serve.")
    ] = Runner.LOCAL,
    ray_address: Annotated[
        str | None, typer.Option("--ray-address", help="Ray: host:port of a cluster; else this machine alone.")
    ] = None,
    otel: Annotated[
        bool, typer.Option("--otel", help="Send OpenTelemetry traces, as the OTEL_ variables of the environment say.")
    ] = False,
) -> None:
    """Serve the judge over HTTP, with a page at /. Only this machine can reach it unless --host says otherwise."""
    from tuili.engine.signed import public_key_of
    from tuili.serving.settings import Settings
    from tuili.serving.start import serve as start

    settings = Settings(
        model=model,
        require_signed=None if require_signed is None else public_key_of(require_signed),
        threads=threads,
        host=host,
        port=port,
        workers=workers,
        tokens=_tokens(token_file),
        hosts=tuple(allow_host or ()),
        audit=None if audit is None else str(audit),
        deadline=deadline,
        max_wait=max_wait,
        rate=rate,
        burst=max(1, round(rate)) if math.isfinite(rate) else 1,  # such a rate is refused by Settings
        max_body=max_body,
        max_text=max_text,
        max_pairs=max_pairs,
        strict_unicode=strict_unicode,
        otel=otel,
    )
    if runner is Runner.LOCAL:
        if ray_address is not None:
            raise UsageError("--ray-address goes with --runner ray")
        start(settings)
        return
    from tuili.serving.ray_serve import serve_on_ray

    serve_on_ray(settings, address=ray_address)


def _tokens(file: Path | None) -> tuple[str, ...]:
    """The tokens of the file, or the one of the environment; never of the command line, where others could read it."""
    if file is None:
        token = os.environ.get("TUILI_TOKEN", "").strip()
        return (token,) if token else ()
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not UTF-8"
        raise UsageError(f"can't read the tokens in {file}: {reason}") from None
    tokens = tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))
    if not tokens:
        raise UsageError(f"{file} holds no token; write one a line")
    return tokens
