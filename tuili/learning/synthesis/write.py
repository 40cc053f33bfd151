"""Pairs into a file that every reader of tuili understands: JSON lines or CSV."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

from tuili.data.atomic import refuse_as_output, write_files
from tuili.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tuili.learning.synthesis.pair import SyntheticPair

COLUMNS = ("premise", "hypothesis", "label", "family", "pattern", "reason")


def write_pairs(pairs: Iterable[SyntheticPair], path: str | Path) -> int:
    """Write the pairs, and say how many there were. The file is there whole or not at all.

    Raises:
        UsageError: The name ends in something other than .jsonl or .csv, or can't be written.
    """
    target = Path(path)
    if target.suffix not in (".jsonl", ".csv"):
        raise UsageError(f"can't write {target.name}: the name must end in .jsonl or .csv")
    refuse_as_output(target)
    text = io.StringIO()
    count = _as_csv(pairs, text) if target.suffix == ".csv" else _as_json(pairs, text)
    write_files(target.parent, {target.name: text.getvalue().encode()})
    return count


def _as_json(pairs: Iterable[SyntheticPair], text: io.StringIO) -> int:
    count = 0
    for pair in pairs:
        text.write(json.dumps(pair.to_dict(), ensure_ascii=False) + "\n")
        count += 1
    return count


def _as_csv(pairs: Iterable[SyntheticPair], text: io.StringIO) -> int:
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    count = 0
    for pair in pairs:
        writer.writerow(pair.to_dict())
        count += 1
    return count
