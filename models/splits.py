"""Rows of the dev sets, on the side of the fence that `splits.toml` puts them."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from typing import Literal

import pyarrow.parquet as parquet

from tuili.types import Label

SPLITS = tomllib.loads(Path(__file__).with_name("splits.toml").read_text("utf-8"))


Part = Literal["tune", "held", "train", "fit"]


def part_of(premise: str) -> Literal["train", "fit", "held"]:
    """`held`, or which side of the tune part: what may be trained on, or what calibration is fitted on."""
    first, second = hashlib.sha256(premise.encode()).digest()[:2]
    if first >= 256 * SPLITS["share"]:
        return "held"
    return "train" if second < 256 * SPLITS["train_share"] else "fit"


def in_part(premise: str, part: Part) -> bool:
    found = part_of(premise)
    return found != "held" if part == "tune" else found == part


def read_part(data: Path, name: str, part: Part) -> list[tuple[str, str, Label]]:
    """(premise, hypothesis, label) of one part of a dev set."""
    rows = parquet.read_table(data / name, columns=["premise", "hypothesis", "label"]).to_pylist()
    return [(row["premise"], row["hypothesis"], Label(row["label"])) for row in rows if in_part(row["premise"], part)]
