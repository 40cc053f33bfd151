"""Rows of the dev sets, on the side of the fence that `splits.toml` puts them."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from typing import Literal

import pyarrow.parquet as parquet

from tuili.types import Label

SPLITS = tomllib.loads(Path(__file__).with_name("splits.toml").read_text("utf-8"))


def is_tune(premise: str) -> bool:
    return hashlib.sha256(premise.encode()).digest()[0] < 256 * SPLITS["share"]


def read_part(data: Path, name: str, part: Literal["tune", "held"]) -> list[tuple[str, str, Label]]:
    """(premise, hypothesis, label) of one part of a dev set."""
    rows = parquet.read_table(data / name, columns=["premise", "hypothesis", "label"]).to_pylist()
    return [
        (row["premise"], row["hypothesis"], Label(row["label"]))
        for row in rows
        if is_tune(row["premise"]) == (part == "tune")
    ]
