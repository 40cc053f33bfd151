"""The command line: one command, a file for each sub-command, which is read when it is asked for."""

from __future__ import annotations

import os
import sys
from collections import UserDict
from importlib import import_module
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

import tuili
from tuili.errors import TuiliError, UsageError

# What --help says of each, short enough for a line of 80 characters.
_LISTED = {
    "judge": "Whether a hypothesis follows from a premise; also for files.",
    "explain": "Why a verdict is what it is, and what would turn it.",
    "classify": "Which labels a text has, without examples.",
    "match": "How two texts, or the lines of a file, stand to each other.",
    "check": "A text against its sources, claim by claim.",
    "answer": "A question to files, answered with quotes.",
    "graph": "Entities and relations from texts, with quotes.",
    "recommend": "Recommendations from reviews, with quoted reasons.",
    "serve": "The judge over HTTP, with a page to look at.",
    "audit": "The record of verdicts: show, verify, replay, correct.",
    "evaluate": "How good a model is on labelled pairs.",
    "calibrate": "How sure a model may be, from labelled pairs of your own.",
    "robustness": "What changes a model's mind and should not.",
    "bias": "Whether it matters which group of people is named.",
    "bench": "How fast a model is on this machine.",
    "train": "A model from labelled pairs.",
    "tune": "Training options, searched for.",
    "predict": "What a model of another task says of a file's rows.",
    "synthesise": "Labelled pairs out of a grammar.",
    "pretrain": "A base to train from, out of raw text.",
    "sign": "A bundle, so that others can tell that it is yours.",
    "export": "A joint checkpoint as ONNX, to be used without torch.",
}
_HOMES = {name: f"tuili.cli.{name}" for name in _LISTED} | {"bias": "tuili.cli.robustness"}


class _Commands(UserDict[str, Any]):
    """Commands by name, each made when it is first asked for: making all of them would take longer than a verdict."""

    def __getitem__(self, name: str) -> Any:
        if super().__getitem__(name) is None:
            self.data[name] = _made(name)
        return super().__getitem__(name)


def _made(name: str) -> Any:
    """A file of a command has a function of its name, one of several commands an `app`."""
    module = import_module(_HOMES[name])
    group = getattr(module, "app", None)
    if group is not None:
        made = typer.main.get_group(group)
        made.name, made.short_help = name, _LISTED[name]
        return made
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    alone.command(name, short_help=_LISTED[name])(getattr(module, name))
    return typer.main.get_command(alone)


class _Root(TyperGroup):
    """The group of all commands, in the order of `_LISTED`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands = _Commands(dict.fromkeys(_LISTED))


app = typer.Typer(
    name="tuili",
    cls=_Root,
    help="Given what this text says, does that follow?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


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
            code = app(standalone_mode=False)
        finally:
            sys.stdout.flush()  # here, where a full disk can still be told
        sys.exit(code if isinstance(code, int) else 0)
    except _WrongUsage as error:
        _tell_usage(error)
    except typer.Abort:
        fail("interrupted", 130)
    except TuiliError as error:
        fail(str(error), 2 if isinstance(error, UsageError) else 1)
    except BrokenPipeError:
        # whoever read our output has gone; a second error at interpreter exit would only be noise
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing more can be flushed to it
        fail(f"can't write the output: {error.strerror}", 1)


# What typer raises for an argument that can't be. Older versions take it from click, newer bring their own.
_WrongUsage: type[Exception] = typer.BadParameter.__mro__[1]


def _tell_usage(error: Any) -> NoReturn:
    """One line, as for every other error, in place of typer's three; a group without a command shows its help."""
    said = " ".join(error.format_message().split())
    if said.startswith("Usage:"):
        typer.echo(error.format_message(), err=True)
        sys.exit(2)
    command = "tuili" if error.ctx is None else error.ctx.command_path.replace("python -m tuili", "tuili")
    fail(f"{said[:1].lower()}{said[1:].removesuffix('.')}; see {command} --help", 2)


def fail(message: str, code: int) -> NoReturn:
    typer.echo(f"tuili: {message}", err=True)
    sys.exit(code)
