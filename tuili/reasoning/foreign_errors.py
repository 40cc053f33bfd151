"""What other people's libraries raise, in our words."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tuili.errors import ModelError, TuiliError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_SHOWN = 200


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn whatever a library raises inside into a ModelError of one line, beginning with `what`.

    Only calls of libraries belong inside: our own mistakes must not be dressed up as a model's.
    """
    try:
        yield
    except TuiliError:
        raise
    except Exception as error:  # a damaged model brings up anything: AssertionError, ZeroDivisionError, bare Exception
        raise ModelError(f"{what}: {first_line(error)}") from error


def first_line(error: Exception) -> str:
    """What the error says, on one line that a terminal can show."""
    said = " ".join(str(error).split())
    said = "".join(character for character in said if character.isprintable())
    said = said if len(said) <= MAX_SHOWN else said[: MAX_SHOWN - 1] + "…"
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
