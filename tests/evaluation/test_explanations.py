from __future__ import annotations

import json

import pytest

from tuili.errors import DataError, UsageError
from tuili.evaluation.explanations import evaluate_explanations, plausibility, plausibility_of_words
from tuili.evaluation.highlights import Highlighted, marked_words, read_highlighted
from tuili.reasoning.scripted import Scripted
from tuili.types import Evidence, Label, Span


def sleeper() -> Scripted:
    def script(premise: str, hypothesis: str) -> str:
        return "contradiction" if "sleeping" in premise and "running" in hypothesis else "neutral"

    return Scripted(script)


def row(premise: str, hypothesis: str, label: str, *marked: tuple[str, str]) -> dict[str, str]:
    columns = {"premise": premise, "hypothesis": hypothesis, "label": label}
    for number, (first, second) in enumerate(marked, 1):
        columns |= {f"premise_marked_{number}": first, f"hypothesis_marked_{number}": second}
    return columns


ROWS = [
    row(
        "The man is sleeping here.",
        "A man is running.",
        "contradiction",
        ("The man is *sleeping* here.", "A man is *running.*"),
        ("The man *is* *sleeping* here.", "A man is running."),
    ),
    row("Dogs bark.", "Cats run.", "neutral", ("Dogs bark.", "*Cats* run.")),
    row("Dogs bark.", "Cats run.", "-"),
]


@pytest.fixture(params=["jsonl", "csv", "tsv", "parquet"])
def path(request, tmp_path):
    path = tmp_path / f"pairs.{request.param}"
    if request.param == "jsonl":
        path.write_text("\n".join(json.dumps(columns) for columns in ROWS), "utf-8")
    elif request.param == "parquet":
        pyarrow = pytest.importorskip("pyarrow")
        import pyarrow.parquet as parquet

        names = list(ROWS[0])
        parquet.write_table(pyarrow.table({name: [columns.get(name) for columns in ROWS] for name in names}), path)
    else:
        mark = "," if request.param == "csv" else "\t"
        names = list(ROWS[0])
        lines = [names, *([columns.get(name, "") for name in names] for columns in ROWS)]
        path.write_text("\n".join(mark.join(line) for line in lines), "utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "marked", "expected"),
    [
        ("a dog barks.", "a *dog* *barks.*", (False, True, True)),
        ("a dog", "a dog", (False, False)),
        ("a * b", "a * *b*", (False, False, True)),
        ("a dog", "a cat", None),
        ("a dog", "a", None),
    ],
)
def test_marks_are_told_from_asterisks_of_the_text(text, marked, expected):
    assert marked_words(text, marked) == expected


def test_highlights_are_read_from_every_format(path):
    first, second = read_highlighted(path)
    assert first.label is Label.CONTRADICTION
    assert first.marked[0] == ((False, False, False, True, False), (False, False, False, True))
    assert len(first.marked) == 2
    assert second.row == 2


def test_measures_are_those_computed_by_hand():
    pair = Highlighted("a b c d", "e f", Label.ENTAILMENT, (((True, True, False, False), (False, True)),), row=1)
    found = plausibility_of_words(pair, ((True, False, False, True), (False, True)))
    # chosen a, d, f; marked a, b, f
    assert found.token_precision == pytest.approx(2 / 3)
    assert found.token_recall == pytest.approx(2 / 3)
    assert found.token_f1 == pytest.approx(2 / 3)
    # spans a | d | f against a b | f: a is half of a b, f is f, d is nothing
    assert found.iou_f1 == pytest.approx(2 * (2 / 3) * 1 / (2 / 3 + 1))


def test_evidence_counts_for_the_words_it_touches_mean_over_annotators():
    marked = (((False, True), (False,)), ((True, True), (False,)))
    pair = Highlighted("a bcd", "e", Label.ENTAILMENT, marked, row=1)
    found = plausibility(pair, [Evidence("premise", Span(3, 4), "c", Label.ENTAILMENT, 1.0)])
    assert found.token_f1 == pytest.approx((1 + 2 / 3) / 2)


def test_nothing_chosen_where_nothing_is_marked_is_right():
    pair = Highlighted("a", "b", Label.NEUTRAL, (((False,), (False,)),), 1)
    assert plausibility(pair, []).token_f1 == 1
    assert plausibility_of_words(pair, ((True,), (False,))).token_f1 == 0


def test_a_file_of_explanations_is_scored(path):
    seen: list[int] = []
    report = evaluate_explanations(sleeper(), path, progress=seen.append)
    assert (report.n, report.right, report.with_evidence) == (1, 1, 1)
    assert seen == [1]
    # first annotator: 1; second: is, sleeping marked; sleeping, running chosen: 1/2
    assert report.plausibility.token_f1 == pytest.approx(0.75)
    assert list(report.by_label) == [Label.CONTRADICTION]
    assert report.comprehensiveness > report.comprehensiveness_random
    assert json.loads(json.dumps(report.to_dict())) == report.to_dict()
    assert "token F1 0.7500" in report.text()


def test_without_highlights_faithfulness_is_measured_alone(tmp_path):
    path = tmp_path / "plain.jsonl"
    path.write_text(json.dumps(row("He is sleeping.", "He is running.", "contradiction")), "utf-8")
    report = evaluate_explanations(sleeper(), path)
    assert report.plausibility is None
    assert report.by_label == {}
    assert report.comprehensiveness > 0.5


def test_a_sample_is_drawn_with_a_seed(tmp_path):
    path = tmp_path / "many.jsonl"
    lines = [json.dumps(row(f"{n} sleeping.", "He is running.", "contradiction")) for n in range(40)]
    path.write_text("\n".join(lines), "utf-8")
    assert evaluate_explanations(sleeper(), path, sample=5).n == 5
    assert evaluate_explanations(sleeper(), path, sample=99).n == 40


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "not JSON"),
        ("[1]", "not a JSON object"),
        ('{"premise": "a", "hypothesis": "b"}', "label"),
        ('{"premise": "", "hypothesis": "b", "label": "entailment"}', "empty"),
        ('{"premise": "a", "hypothesis": "b", "label": "maybe"}', "maybe"),
        ('{"premise": "a", "hypothesis": "b", "label": "neutral"}', "entailment or contradiction"),
        ("", "no row"),
    ],
)
def test_a_bad_file_is_named_with_its_row(tmp_path, content, reason):
    path = tmp_path / "bad.jsonl"
    path.write_text(content, "utf-8")
    with pytest.raises(DataError, match=reason) as caught:
        evaluate_explanations(sleeper(), path)
    assert caught.value.path == path


def test_bytes_that_are_no_text_are_a_data_error(tmp_path):
    for name, content in (("a.jsonl", b"\xff\xfe"), ("b.parquet", b"PAR1"), ("c.csv.gz", b"\x1f\x8bxx")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DataError):
            evaluate_explanations(sleeper(), tmp_path / name)


def test_a_sample_of_none_is_refused(path):
    with pytest.raises(UsageError):
        evaluate_explanations(sleeper(), path, sample=0)
