"""The example that redoes the article's listing runs, and is as short as it says."""

from __future__ import annotations

import runpy
from pathlib import Path

import made_up_pairs
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

EXAMPLE = Path(__file__).parents[2] / "examples" / "finetune.py"


def test_it_trains_evaluates_and_predicts_in_under_forty_lines(tmp_path, capsys):
    train = made_up_pairs.write(tmp_path / "train.jsonl", made_up_pairs.rows(30))
    dev = made_up_pairs.write(tmp_path / "dev.jsonl", made_up_pairs.rows(9))
    base = made_up_pairs.write_base(tmp_path / "base")
    main = runpy.run_path(str(EXAMPLE))["main"]
    main(str(base), str(train), str(dev), str(tmp_path / "out"), epochs=1, precision="fp32", threads=1)
    said = capsys.readouterr().out
    assert "macro avg" in said
    assert said.splitlines()[-1].split()[0] in ("entailment", "neutral", "contradiction")
    assert len(EXAMPLE.read_text("utf-8").splitlines()) < 40
