"""`tuili recommend`, as it is typed."""

from __future__ import annotations

import json
import subprocess
import sys

REVIEWS = [
    ("ann", "amp", 5, "The sound is good."),
    ("bob", "amp", 5, "The sound is good."),
    ("bob", "pedal", 5, "The sound is very good."),
    ("cat", "stand", 2, "The price is bad."),
]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tuili", "recommend", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_learnt_and_asked(tmp_path):
    rows = [dict(zip(("user", "item", "rating", "text"), row, strict=True)) for row in REVIEWS]
    (tmp_path / "r.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "a.toml").write_text('[[aspect]]\nname = "sound"\n')
    done = run("fit", tmp_path / "d", "--reviews", tmp_path / "r.jsonl", "--aspects", tmp_path / "a.toml", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"reviews": 4, "users": 3, "items": 3, "aspects": 1, "opinions": 3}
    found = json.loads(run("for", tmp_path / "d", "ann", "--json").stdout)
    assert [one["item"] for one in found] == ["pedal", "stand"]
    assert found[0]["reasons"][0]["quote"] == "The sound is very good."
    assert "pedal" in run("similar", tmp_path / "d", "amp", "-n", 1).stdout
    assert run("for", tmp_path / "d", "an amp with a good sound", "--request").stdout
    unknown = run("for", tmp_path / "d", "eve")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "Traceback" not in unknown.stderr
    absent = run("for", tmp_path / "absent", "ann")
    assert absent.returncode == 1
    assert "recommender.json" in absent.stderr


def test_a_file_without_reviews_is_refused(tmp_path):
    (tmp_path / "r.jsonl").write_text("")
    done = run("fit", tmp_path / "d", "--reviews", tmp_path / "r.jsonl")
    assert (done.returncode, done.stdout) == (1, "")
    assert "holds no reviews" in done.stderr
    assert not (tmp_path / "d").exists()
