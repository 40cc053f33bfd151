"""A file's format, as its name says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tuili.errors import DataError

Format = Literal["jsonl", "csv", "tsv", "parquet"]

_SUFFIXES: dict[str, Format] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".txt": "tsv",  # the files that SNLI, MNLI and HANS come in are tab-separated, and called .txt
    ".parquet": "parquet",
}


@dataclass(frozen=True, slots=True)
class NamedFormat:
    """What the end of a file's name promises."""

    format: Format
    gzipped: bool


def format_of(path: str | Path) -> NamedFormat:
    """The format of a file by its name, upper case or lower.

    Raises:
        DataError: The name ends in nothing known.
    """
    name = Path(path).name.lower()
    gzipped = name.endswith(".gz")
    suffix = Path(name.removesuffix(".gz")).suffix
    if suffix not in _SUFFIXES:
        allowed = ", ".join(_SUFFIXES)
        raise DataError(
            f"the name doesn't say which format it is; it must end in {allowed}, or one with .gz", path=path
        )
    return NamedFormat(_SUFFIXES[suffix], gzipped)
