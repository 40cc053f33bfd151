"""The notebook runs from its first cell to its last, in a process of its own, and keeps no output."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import made_up_pairs
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

NOTEBOOK = Path(__file__).parents[2] / "examples" / "finetune.ipynb"


def cells() -> list[dict[str, object]]:
    return json.loads(NOTEBOOK.read_text("utf-8"))["cells"]


def test_it_is_stored_without_outputs_and_installs_the_package_first():
    code = [cell for cell in cells() if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert "tuili[train]" in "".join(code[0]["source"])
    assert len({cell["id"] for cell in cells()}) == len(cells())


def test_its_cells_run_in_order(tmp_path):
    base = made_up_pairs.write_base(tmp_path / "base")
    source = "\n\n".join("".join(cell["source"]) for cell in cells() if cell["cell_type"] == "code")
    (tmp_path / "cells.py").write_text(source, "utf-8")
    root = str(NOTEBOOK.parents[1])
    environment = {**os.environ, "TUILI_BASE": str(base), "OMP_NUM_THREADS": "1", "PYTHONPATH": root}
    command = [sys.executable, "cells.py"]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=500
    )
    assert done.returncode == 0, done.stderr
    assert "epoch 3: loss" in done.stdout
    assert "macro avg" in done.stdout
    assert 0 <= float(done.stdout.splitlines()[-1]) <= 1
