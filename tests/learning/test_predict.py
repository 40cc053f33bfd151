"""What a finished model of a text, regression or generate task says of a file, and what can't be read."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import made_up_pairs
import numpy as np
import pytest
from typer.testing import CliRunner

from tuili.cli.app import app
from tuili.errors import DataError, ModelError, UsageError
from tuili.learning.config import TrainConfig

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

sys.path.append(str(Path(__file__).parents[1] / "reasoning"))
import tiny_writer  # noqa: E402 - it stands there

from tuili.learning.predict import load_predictor, predict_file, predictions  # noqa: E402
from tuili.learning.training_run import run_training  # noqa: E402

WORDS = {"entailment": "yes", "neutral": "maybe", "contradiction": "no"}
SCORES = {"entailment": 50.0, "neutral": 30.0, "contradiction": 10.0}
CARDS = {
    "text": 'kind = "text"\ntext = "{second}"\nlabel = "said"\n',
    "regression": 'kind = "regression"\npremise = "first"\nhypothesis = "second"\nscore = "points"\nrange = [0, 100]\n',
    "generate": 'kind = "generate"\nsource = "{first} {second}"\ntarget = "it is {said}"\nlongest = 12\n',
}
LONG = " ".join(["the man is sleeping outside ."] * 40)


def rows(count, **options):
    return [
        {"first": r["premise"], "second": r["hypothesis"], "said": WORDS[r["label"]], "points": SCORES[r["label"]]}
        for r in made_up_pairs.rows(count, **options)
    ]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A model of each kind, and a file without what they learnt."""
    place = tmp_path_factory.mktemp("predict")
    made_up_pairs.write(place / "train.jsonl", rows(60))
    made_up_pairs.write(place / "dev.jsonl", rows(18, seed=1))
    made_up_pairs.write(place / "new.jsonl", [{"first": r["first"], "second": r["second"]} for r in rows(18, seed=1)])
    made_up_pairs.write_base(place / "base")
    tiny_writer.write(place / "t5", "T5", scale=None)
    for kind, text in CARDS.items():
        (place / f"{kind}.toml").write_text(text)
        options = {"file": place / "train.jsonl", "dev": place / "dev.jsonl", "task": place / f"{kind}.toml"}
        base = place / ("t5" if kind == "generate" else "base")
        quick = {"epochs": 4, "rate": 3e-3, "batch_tokens": 128, "threads": 1, "precision": "fp32"}
        run_training(TrainConfig.of({**options, "base": str(base), "output": place / kind, **quick}))
    return place


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def report(place, kind):
    return json.loads((place / f"{kind}.run" / "reports" / "dev.json").read_text())


def run(*arguments):
    return CliRunner().invoke(app, ["predict", *map(str, arguments)])


def test_labels_come_with_probabilities_and_are_those_of_the_report(place):
    done = run(place / "text", place / "new.jsonl", "--threads", 1)
    assert done.exit_code == 0, done.output
    found = lines(done.stdout)
    assert [line["row"] for line in found] == list(range(1, 19))
    assert set(found[0]["probabilities"]) == set(WORDS.values())
    for line in found:
        assert sum(line["probabilities"].values()) == pytest.approx(1)
        assert line["label"] == max(line["probabilities"], key=line["probabilities"].get)
        assert line["coverage"] == 1.0
    gold = [row["said"] for row in rows(18, seed=1)]
    right = np.mean([line["label"] == said for line, said in zip(found, gold, strict=True)])
    assert right == pytest.approx(report(place, "text")["accuracy"])


def test_scores_are_on_the_files_scale(place, tmp_path):
    output = tmp_path / "scores.jsonl"
    done = run(place / "regression", place / "new.jsonl", "--output", output)
    assert (done.exit_code, done.stdout) == (0, ""), done.output
    scores = [line["score"] for line in lines(output.read_text())]
    gold = [row["points"] for row in rows(18, seed=1)]
    assert np.square(np.subtract(scores, gold)).mean() == pytest.approx(report(place, "regression")["mse"], rel=1e-3)


def test_texts_are_those_of_the_report(place, tmp_path):
    count = predict_file(load_predictor(place / "generate"), place / "new.jsonl", tmp_path / "texts.jsonl")
    found = lines((tmp_path / "texts.jsonl").read_text())
    assert count == len(found) == 18
    shown = report(place, "generate")["written"]
    assert [line["text"] for line in found[: len(shown)]] == [text["written"] for text in shown]
    network = load_predictor(place / "generate")
    network._writer.longest = 1
    assert not any(line["finished"] for line in predictions(network, place / "new.jsonl"))


@pytest.mark.parametrize("kind", CARDS)
def test_a_row_has_the_same_bits_in_any_company(place, tmp_path, kind):
    predictor = load_predictor(str(place / kind))
    whole = list(predictions(predictor, place / "new.jsonl"))
    made = lines((place / "new.jsonl").read_text())
    for number in (0, 7, 17):
        alone = made_up_pairs.write(tmp_path / "one.jsonl", [made[number]])
        assert next(predictions(predictor, alone)) == {**whole[number], "row": 1}


@pytest.mark.parametrize("kind", CARDS)
def test_what_is_not_read_of_a_long_text_is_told(place, tmp_path, kind):
    file = made_up_pairs.write(tmp_path / "long.jsonl", [{"first": LONG, "second": "the man is sleeping ."}] * 2)
    if kind == "text":
        made_up_pairs.write(file, [{"second": LONG}])
    [coverage] = {line["coverage"] for line in predictions(load_predictor(place / kind), file)}
    assert (coverage == 1.0) == (kind == "generate")  # whose tiny model reads 512 tokens
    if kind == "generate":
        made_up_pairs.write(file, [{"first": LONG, "second": LONG}])
        [line] = predictions(load_predictor(place / kind), file)
        coverage = line["coverage"]
    assert 0.05 < coverage < 0.95


def test_a_card_may_name_other_columns(place, tmp_path):
    (tmp_path / "other.toml").write_text('kind = "text"\ntext = "said again: {review}"\n')
    file = tmp_path / "reviews.csv"
    file.write_text("review,stars\nthe man is sleeping.,5\n")
    [line] = predictions(load_predictor(place / "text", task=tmp_path / "other.toml"), file)
    assert line["row"] == 2
    with pytest.raises(DataError, match="lacks the column 'second'"):
        list(predictions(load_predictor(place / "text"), file))
    with pytest.raises(UsageError, match="is of kind text, and the task card of kind generate"):
        load_predictor(place / "text", task=place / "generate.toml")


def test_a_row_that_can_not_be_read_is_told_and_nothing_is_written(place, tmp_path):
    output = tmp_path / "out.jsonl"
    for bad, said in (
        ({"first": "a", "second": "  "}, r"row 2, field 'second': text is blank"),
        ({"first": "a", "second": None}, "row 2, field 'second': must be a text or a number"),
        ({"first": "a", "second": LONG}, r"row 2, field 'second': the hypothesis has \d+ tokens"),
    ):
        file = made_up_pairs.write(tmp_path / "bad.jsonl", [{"first": "a man .", "second": "a dog ."}, bad])
        with pytest.raises(DataError, match=said):
            predict_file(load_predictor(place / "regression"), file, output)
        assert not output.exists()
    done = run(place / "text", tmp_path / "gone.jsonl")
    assert isinstance(done.exception, DataError)
    assert "gone.jsonl" in str(done.exception)
    with pytest.raises(UsageError, match="no directory"):
        predict_file(load_predictor(place / "text"), place / "new.jsonl", tmp_path / "no" / "out.jsonl")
    with pytest.raises(UsageError, match="input itself"):
        predict_file(load_predictor(place / "text"), file, file)


def test_models_that_are_something_else_are_told(place, tmp_path):
    made_up_pairs.write(tmp_path / "pairs.jsonl", made_up_pairs.rows(30))
    options = {"file": tmp_path / "pairs.jsonl", "dev": tmp_path / "pairs.jsonl", "base": str(place / "base")}
    quick = {"epochs": 1, "threads": 1, "precision": "fp32"}
    run_training(TrainConfig.of({**options, **quick, "form": "joint", "output": tmp_path / "judge"}))
    with pytest.raises(UsageError, match="judges pairs; use tuili judge"):
        load_predictor(tmp_path / "judge")
    with pytest.raises(ModelError, match=r"has no training\.json of its own"):
        load_predictor(place / "base")
    import shutil

    changed = shutil.copytree(place / "text", tmp_path / "changed")
    record = json.loads((changed / "training.json").read_text())
    for change, error, said in (
        ({"task": None}, UsageError, r"give its card \(--task\)"),
        ({"task": {"kind": "text", "colour": 1}}, ModelError, "damaged: task: unknown key 'colour'"),
        ({"labels": ["one", "two"]}, ModelError, "no head with 2 outputs"),
        ({"labels": "yes"}, ModelError, "labels must be a list of names"),
        ({"config_sha256": "0"}, ModelError, "of its own"),
    ):
        (changed / "training.json").write_text(json.dumps({**record, **change}))
        with pytest.raises(error, match=said):
            load_predictor(changed)


def test_weights_that_give_no_numbers_are_told(place, tmp_path):
    predictor = load_predictor(place / "regression")
    with torch.no_grad():
        next(predictor._network.parameters()).fill_(float("nan"))
    with pytest.raises(ModelError, match="not finite"):
        list(predictions(predictor, place / "new.jsonl"))
