"""How a value from a file is put into a message: short, and with nothing that a terminal would act on."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_SHOWN = 80
MAX_NAMES = 20


def shown(value: object) -> str:
    """The value as Python would write it, at most `MAX_SHOWN` characters; of a container, only its type."""
    if not isinstance(value, str | int | float | None):
        return type(value).__name__
    # Cut before and after: escapes make the written form longer than the text.
    written = repr(value[: MAX_SHOWN + 1] if isinstance(value, str) else value)
    return written if len(written) <= MAX_SHOWN else written[: MAX_SHOWN - 1] + "…"


def shown_names(names: Iterable[str]) -> str:
    """The first `MAX_NAMES` names, separated by commas; "none" where there are none."""
    first = list(islice(names, MAX_NAMES + 1))
    written = ", ".join(shown(name) for name in first[:MAX_NAMES])
    return (written + ", …" if len(first) > MAX_NAMES else written) or "none"
