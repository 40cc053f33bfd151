"""Out of memory, said in words that help."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

from tuili.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def told_if_out_of_memory() -> Iterator[None]:
    """Turn what torch and Python raise where memory ends into a UsageError with a remedy."""
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise _told() from error
    except RuntimeError as error:
        if "can't allocate memory" in str(error) or "out of memory" in str(error).lower():
            raise _told() from error
        raise


def _told() -> UsageError:
    return UsageError(
        "memory does not suffice for a step: halve --batch-tokens and double --accumulate, which gives the same "
        "training; or take --precision bf16, --adapter lora or a smaller base"
    )
