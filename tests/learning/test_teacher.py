"""Learning from a judge: what rows are to become, rows without labels, and a teacher that is asked once."""

from __future__ import annotations

import json

import made_up_pairs
import pytest
import tiny

import tuili
from tuili.errors import DataError, InvalidPair, UsageError
from tuili.learning.config import TrainConfig
from tuili.types import THREE_WAY, TWO_WAY, Label, Verdict

torch = pytest.importorskip("torch")

from tuili.learning import teacher as module  # noqa: E402
from tuili.learning.pairs import GivenPair  # noqa: E402
from tuili.learning.processes import Processes  # noqa: E402
from tuili.learning.teacher import RECORD, taught  # noqa: E402
from tuili.learning.training_run import run_training  # noqa: E402

E, N, C, X = Label
QUICK = {"epochs": 2, "rate": 3e-3, "batch_tokens": 256, "threads": 1, "precision": "fp32"}


class Teacher:
    """Gives everything the same probabilities, and counts what it is asked."""

    model = "teacher@1"

    def __init__(self, *probabilities, refuses=None, abstains=()):
        self.labels = THREE_WAY if len(probabilities) == 3 else TWO_WAY
        self.probabilities = dict(zip(self.labels, probabilities, strict=True))
        self.refuses, self.abstains = refuses, abstains
        self.asked = 0

    def judge(self, pairs):
        for index, pair in enumerate(pairs):
            if pair[0] == self.refuses:
                raise InvalidPair("too long", index=index, field="premise")
        self.asked += len(pairs)
        label = max(self.probabilities, key=self.probabilities.get)
        return [
            Verdict(label, self.probabilities, True, frozenset([label]), float(p not in self.abstains), self.model)
            for p, _ in pairs
        ]


def lesson(tmp_path, monkeypatch, teacher, labels, **changes):
    monkeypatch.setattr(module, "load", lambda *_, **__: teacher)
    given = [GivenPair(f"p{row}", f"h{row}", label, row) for row, label in enumerate(labels, 1)]
    options = {"file": "f", "dev": "d", "base": "./b", "output": "./o", "teacher": "./t", **changes}
    return taught(TrainConfig.of(options), given, tmp_path, Processes())


def test_a_row_becomes_a_mixture_of_teacher_and_gold(tmp_path, monkeypatch):
    found = lesson(tmp_path, monkeypatch, Teacher(0.5, 0.3, 0.2), [E, C, None], teacher_weight=0.25)
    assert found.scheme.labels == THREE_WAY
    assert found.scheme.objective == "soft"
    wanted = [(0.875, 0.075, 0.05), (0.125, 0.075, 0.8), (0.5, 0.3, 0.2)]
    assert [pair.probabilities for pair in found.pairs] == [pytest.approx(row) for row in wanted]
    assert [pair.label for pair in found.labelled] == [E, C]
    assert found.teacher == "teacher@1"


def test_not_entailment_is_shared_out_as_the_teacher_thinks(tmp_path, monkeypatch):
    found = lesson(tmp_path, monkeypatch, Teacher(0.5, 0.3, 0.2), [E, N, C, X], teacher_weight=0)
    assert found.pairs[3].probabilities == pytest.approx((0, 0.6, 0.4))


@pytest.mark.parametrize("objective", ["auto", "binary"])
def test_a_three_way_teacher_teaches_two_ways(tmp_path, monkeypatch, objective):
    found = lesson(tmp_path, monkeypatch, Teacher(0.5, 0.3, 0.2), [E, X, None], objective=objective)
    assert found.scheme.labels == TWO_WAY
    assert [pair.probabilities for pair in found.pairs] == [
        pytest.approx(row) for row in [(0.75, 0.25), (0.25, 0.75), (0.5, 0.5)]
    ]
    wanted = 0.75 if objective == "binary" else (0.75, 0.25)
    assert found.scheme.target(found.pairs[0]) == pytest.approx(wanted)


def test_without_any_gold_label_the_columns_are_the_teachers(tmp_path, monkeypatch):
    assert lesson(tmp_path / "3", monkeypatch, Teacher(0.5, 0.3, 0.2), [None]).scheme.labels == THREE_WAY
    assert lesson(tmp_path / "2", monkeypatch, Teacher(0.5, 0.5), [None]).scheme.labels == TWO_WAY


def test_a_two_way_teacher_can_not_teach_three_ways(tmp_path, monkeypatch):
    with pytest.raises(UsageError, match="judges two-way, and the labels of f are three-way"):
        lesson(tmp_path, monkeypatch, Teacher(0.5, 0.5), [E, N, C])


def test_a_pair_that_the_teacher_refuses_is_named_by_its_row(tmp_path, monkeypatch):
    with pytest.raises(DataError, match="f, row 2, field 'premise': the teacher can't judge this pair: too long"):
        lesson(tmp_path, monkeypatch, Teacher(0.5, 0.3, 0.2, refuses="p2"), [E, C])


def test_where_the_teacher_abstains_gold_counts_alone(tmp_path, monkeypatch):
    teacher = Teacher(0.5, 0.3, 0.2, abstains=("p1", "p2", "p4"))
    found = lesson(tmp_path, monkeypatch, teacher, [E, X, C, None, None])
    assert [pair.premise for pair in found.pairs] == ["p1", "p2", "p3", "p5"]
    wanted = [(1, 0, 0), (0, 0.5, 0.5), (0.25, 0.15, 0.6), (0.5, 0.3, 0.2)]
    assert [pair.probabilities for pair in found.pairs] == [pytest.approx(row) for row in wanted]
    assert lesson(tmp_path, monkeypatch, teacher, [E, X, C, None, None]) == found  # from the record
    with pytest.raises(DataError, match=r"teacher@1 abstained from every pair"):
        lesson(tmp_path, monkeypatch, teacher, [None, None])


def test_the_embedded_model_has_a_name_as_a_teacher(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(module, "load", lambda address, **_: asked.append(address) or Teacher(0.5, 0.3, 0.2))
    config = TrainConfig.of({"file": "f", "dev": "d", "base": "./b", "output": "./o", "teacher": "embedded"})
    taught(config, [GivenPair("p", "h", None, 1)], tmp_path, Processes())
    assert asked == [None]


def test_it_is_asked_once_and_after_an_interruption_only_the_rest(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 2)
    first, second = Teacher(0.5, 0.3, 0.2, refuses="p5"), Teacher(0.5, 0.3, 0.2)
    labels = [E, C, None, None, E]
    with pytest.raises(DataError):
        lesson(tmp_path, monkeypatch, first, labels)
    assert len(json.loads((tmp_path / RECORD).read_text())["probabilities"]) == 4
    found = lesson(tmp_path, monkeypatch, second, labels)
    assert second.asked == 1
    assert len(found.pairs) == 5
    third = Teacher(0.1, 0.1, 0.8)
    assert lesson(tmp_path, monkeypatch, third, labels).pairs == found.pairs
    assert third.asked == 0
    lesson(tmp_path, monkeypatch, third, [*labels, None])  # other pairs: another record
    assert third.asked == 6
    (tmp_path / RECORD).write_text("{}")
    lesson(tmp_path, monkeypatch, second, labels)
    assert second.asked == 6


@pytest.mark.parametrize("weight", [-0.1, 1.1])
def test_weights_that_can_not_be_are_told(weight):
    given = {"file": "a", "dev": "b", "base": "./c", "output": "d"}
    with pytest.raises(UsageError, match="teacher_weight must be from 0 to 1"):
        TrainConfig.of({**given, "teacher": "./t", "teacher_weight": weight})
    with pytest.raises(UsageError, match="goes with a teacher"):
        TrainConfig.of({**given, "teacher_weight": 0.5})


@pytest.mark.parametrize("form", ["prefix", "joint"])
def test_a_resumed_run_needs_no_teacher_and_ends_with_the_same_bytes(tmp_path, monkeypatch, form):
    """Half of the rows have no label."""
    pytest.importorskip("transformers")
    rows = made_up_pairs.rows(60)
    for row in rows[::2]:
        del row["label"]
    made_up_pairs.write(tmp_path / "train.jsonl", rows)
    made_up_pairs.write(tmp_path / "dev.jsonl", made_up_pairs.rows(15, seed=1))
    made_up_pairs.write_base(tmp_path / "base")
    tiny.write(tmp_path / "teacher")

    def options(output, **changes):
        files = {"file": tmp_path / "train.jsonl", "dev": tmp_path / "dev.jsonl", "base": str(tmp_path / "base")}
        return {
            **files,
            "output": tmp_path / output,
            "teacher": str(tmp_path / "teacher"),
            "form": form,
            **QUICK,
            **changes,
        }

    whole = run_training(TrainConfig.of(options("whole")))
    assert whole.reports["train"].n == 30
    card = (whole.path / "README.md").read_text("utf-8")
    assert f"Teacher: {tuili.load(tmp_path / 'teacher').model}, weight 0.5." in card
    assert str(tmp_path) not in card

    def interrupt(moment):
        if moment.step == whole.outcome.steps - 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_training(TrainConfig.of(options("again", save_every=0.0)), watch=interrupt)
    (tmp_path / "teacher").rename(tmp_path / "gone")
    again = run_training(TrainConfig.of(options("again", save_every=0.0, resume=True)))
    name = "model.onnx" if form == "prefix" else "model.safetensors"
    assert (again.path / name).read_bytes() == (whole.path / name).read_bytes()


def test_without_a_teacher_a_row_without_a_label_is_told(tmp_path):
    rows = made_up_pairs.rows(6)
    del rows[3]["label"]
    made_up_pairs.write(tmp_path / "train.jsonl", rows)
    made_up_pairs.write(tmp_path / "dev.jsonl", made_up_pairs.rows(6))
    made_up_pairs.write_base(tmp_path / "base")
    files = {"file": tmp_path / "train.jsonl", "dev": tmp_path / "dev.jsonl", "base": str(tmp_path / "base")}
    with pytest.raises(DataError, match="row 4"):
        tuili.train({**files, "output": tmp_path / "out"})
