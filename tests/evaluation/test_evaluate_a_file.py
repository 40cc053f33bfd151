from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from made_up import NOT, C, E, N, Table, verdict

from tuili.errors import DataError, InvalidPair, ModelError, UsageError
from tuili.evaluation.evaluate import evaluate
from tuili.evaluation.scoring import score
from tuili.types import Judge

if TYPE_CHECKING:
    from pathlib import Path

ANSWERS = {
    "yes": verdict(0.8, 0.1, 0.1),
    "no": verdict(0.1, 0.2, 0.7),
    "perhaps": verdict(0.2, 0.7, 0.1, decided=False),
}


def write(path: Path, rows: list[tuple[str, str]]) -> Path:
    lines = [json.dumps({"premise": "It rains.", "hypothesis": text, "label": label}) for text, label in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def judge() -> Table:
    return Table(ANSWERS)


@pytest.mark.parametrize("batch", [1, 2, 1000])
def test_a_file_is_scored_as_its_pairs_are_whatever_the_batch(tmp_path: Path, judge: Table, batch: int) -> None:
    rows = [("yes", E), ("no", C), ("perhaps", N), ("yes", C), ("no", C)]
    report = evaluate(judge, write(tmp_path / "pairs.jsonl", rows), batch=batch)
    assert report == score([ANSWERS[text] for text, _ in rows], [label for _, label in rows])
    assert max(judge.calls) == min(batch, 5)
    assert report.answered_share == 0.8


def test_rows_without_a_gold_label_are_skipped_and_counted(tmp_path: Path, judge: Table) -> None:
    report = evaluate(judge, write(tmp_path / "pairs.jsonl", [("yes", E), ("no", "-"), ("no", C), ("no", "-")]))
    assert (report.n, report.skipped) == (2, 2)


def test_a_file_without_contradictions_is_scored_two_way(tmp_path: Path, judge: Table) -> None:
    report = evaluate(judge, str(write(tmp_path / "pairs.jsonl", [("yes", E), ("no", NOT), ("perhaps", NOT)])))
    assert report.two_way
    assert report.accuracy == 1.0


@pytest.mark.parametrize("rows", [[], [("yes", "-")]])
def test_a_file_without_labelled_pairs_is_a_data_error(
    tmp_path: Path, judge: Table, rows: list[tuple[str, str]]
) -> None:
    path = tmp_path / "pairs.jsonl"
    write(path, rows)
    with pytest.raises(DataError) as caught:
        evaluate(judge, path)
    assert caught.value.path == path


def test_a_row_that_lacks_its_label_is_named(tmp_path: Path, judge: Table) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text("premise,hypothesis,label\nIt rains.,yes,entailment\nIt rains.,no,\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        evaluate(judge, path)
    assert (caught.value.row, caught.value.field) == (3, "label")


def test_a_pair_that_the_judge_refuses_is_named_by_its_row(tmp_path: Path) -> None:
    class Refuses:
        def judge(self, pairs, /):
            for index, (_, hypothesis) in enumerate(pairs):
                if hypothesis == "no":
                    raise InvalidPair("is too long for the window", index=index, field="hypothesis")
            return [ANSWERS[hypothesis] for _, hypothesis in pairs]

    path = write(tmp_path / "pairs.jsonl", [("yes", E), ("perhaps", "-"), ("yes", E), ("no", C)])
    with pytest.raises(DataError, match="too long") as caught:
        evaluate(Refuses(), path, batch=2)
    assert (caught.value.path, caught.value.row, caught.value.field) == (path, 4, "hypothesis")


def test_a_judge_that_leaves_a_pair_out_is_refused(tmp_path: Path) -> None:
    class Forgetful:
        def judge(self, pairs, /):
            return [ANSWERS["yes"] for _ in pairs][1:]

    with pytest.raises(ModelError, match="1 verdicts for 2 pairs"):
        evaluate(Forgetful(), write(tmp_path / "pairs.jsonl", [("yes", E), ("no", C)]))


def test_a_batch_of_nothing_is_a_usage_error(tmp_path: Path, judge: Table) -> None:
    with pytest.raises(UsageError, match="at least 1, got 0"):
        evaluate(judge, tmp_path / "pairs.jsonl", batch=0)


def test_the_judge_of_these_tests_is_a_judge(judge: Table) -> None:
    assert isinstance(judge, Judge)
