"""The command line: one command, a file for each sub-command."""

from __future__ import annotations

import os
import sys
from typing import Annotated, NoReturn

import typer

import tuili
from tuili.cli.answer import answer
from tuili.cli.audit import app as audit
from tuili.cli.calibrate import calibrate
from tuili.cli.check import check
from tuili.cli.classify import classify
from tuili.cli.evaluate import evaluate
from tuili.cli.explain import explain
from tuili.cli.export import export
from tuili.cli.graph import app as graph
from tuili.cli.judge import judge
from tuili.cli.match import match
from tuili.cli.robustness import bias, robustness
from tuili.cli.recommend import app as recommend
from tuili.cli.serve import serve
from tuili.cli.synthesise import synthesise
from tuili.cli.train import train
from tuili.errors import TuiliError, UsageError

app = typer.Typer(
    name="tuili",
    help="Given what this text says, does that follow?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(judge)
app.command()(evaluate)
app.command()(explain)
app.add_typer(audit)
app.command()(check)
app.command()(answer)
app.command()(classify)
app.command()(match)
app.add_typer(graph)
app.add_typer(recommend)
app.command()(serve)
app.command()(calibrate)
app.command()(robustness)
app.command()(bias)
app.command()(synthesise)
app.command()(train)
app.command()(export)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(tuili.__version__)
        raise typer.Exit


@app.callback()
def options(
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Given what this text says, does that follow?"""


def main() -> None:
    """Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    if sys.stdout is None:
        sys.exit(1)  # nobody could read the answer
    try:
        try:
            app()
        finally:
            sys.stdout.flush()  # here, where a full disk can still be told
    except TuiliError as error:
        fail(str(error), 2 if isinstance(error, UsageError) else 1)
    except BrokenPipeError:
        # whoever read our output has gone; a second error at interpreter exit would only be noise
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing more can be flushed to it
        fail(f"can't write the output: {error.strerror}", 1)


def fail(message: str, code: int) -> NoReturn:
    typer.echo(f"tuili: {message}", err=True)
    sys.exit(code)
