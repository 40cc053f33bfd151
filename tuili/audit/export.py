"""Records to a file, which is there whole or not at all, and for its owner alone."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from tuili.audit.select import csv_lines, json_lines, select
from tuili.errors import AuditError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuili.audit.reading import Entry
    from tuili.audit.select import Filter

FORMATS = {".jsonl": json_lines, ".csv": csv_lines}


def export(path: str | Path, output: str | Path, wanted: Filter | None = None) -> int:
    """Write the wanted records of a log to `output`. Returns how many.

    Raises:
        UsageError: The output exists, or its name ends in neither .jsonl nor .csv.
        AuditError: The log can't be read, or the output can't be written.
    """
    target = Path(output)
    if target.suffix not in FORMATS:
        raise UsageError(f"{target}: the name must end in {' or '.join(FORMATS)}")
    if target.exists():
        raise UsageError(f"{target} exists; choose another output")
    seen = _Counted(select(path, wanted))
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            for line in FORMATS[target.suffix](seen):
                file.write(line.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError as error:
        raise AuditError(f"{target}: can't be written: {error.strerror}") from error
    finally:
        temporary.unlink(missing_ok=True)
    return seen.count


class _Counted:
    """Passes entries on and counts them."""

    def __init__(self, entries: Iterator[Entry]) -> None:
        self.count = 0
        self._entries = entries

    def __iter__(self) -> Iterator[Entry]:
        for entry in self._entries:
            self.count += 1
            yield entry
