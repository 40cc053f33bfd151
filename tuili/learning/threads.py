"""How many of the processor's threads torch uses, for a while."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

from tuili.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def in_threads(number: int | None) -> Iterator[None]:
    """None: as many as torch has been told already.

    Raises:
        UsageError: Less than 1.
    """
    if number is not None and number < 1:
        raise UsageError(f"threads must be at least 1, got {number}")
    before = torch.get_num_threads()
    if number is not None:
        torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)
