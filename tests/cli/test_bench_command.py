from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from tuili.cli import bench
from tuili.cli.app import app
from tuili.reasoning.scripted import Scripted


@pytest.fixture(autouse=True)
def _scripted(monkeypatch):
    monkeypatch.setattr(bench, "open_engine", lambda *_: Scripted(default="neutral"))


def test_bench_prints_json_alone():
    done = CliRunner().invoke(app, ["bench", "--calls", "3", "--pairs", "4", "--rounds", "2", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert {"model", "loading_ms", "single_pair", "pairs_per_second", "one_premise_64_hypotheses"} <= set(told)
    assert (told["pairs"], told["rounds"], told["single_pair"]["n"]) == (4, 2, 3)


def test_bench_says_it_in_words():
    done = CliRunner().invoke(app, ["bench", "--calls", "3", "--pairs", "4", "--rounds", "2"])
    assert done.exit_code == 0, done.output
    assert "pairs a second" in done.stdout
    assert "64 hypotheses on 350 words" in done.stdout
