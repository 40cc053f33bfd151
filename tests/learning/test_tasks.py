"""Tasks of every kind from a card to a model that transformers opens, and whose figures it gives too."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import made_up_pairs
import numpy as np
import pytest

import tuili
from tuili.errors import DataError, ModelError, UsageError
from tuili.learning.config import TrainConfig

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

sys.path.append(str(Path(__file__).parents[1] / "reasoning"))
import tiny_writer  # noqa: E402 - it stands there

from tuili.learning.tasks.report import RegressionReport, ranks  # noqa: E402
from tuili.learning.training_run import run_training  # noqa: E402

QUICK = {"epochs": 12, "rate": 3e-3, "batch_tokens": 128, "threads": 1, "precision": "fp32"}
SCORES = {"entailment": 50.0, "neutral": 30.0, "contradiction": 10.0}
CARDS = {
    "pair": 'kind = "pair"\npremise = "first"\nhypothesis = "{second}"\nlabel = "said"\n'
    '[labels]\nyes = "entailment"\nno = "contradiction"\nmaybe = "neutral"\n',
    "text": 'kind = "text"\ntext = "{second}"\nlabel = "said"\n',
    "regression": 'kind = "regression"\npremise = "first"\nhypothesis = "second"\nscore = "points"\nrange = [0, 100]\n',
    "generate": 'kind = "generate"\nsource = "{first} {second}"\ntarget = "it is {said}"\nlongest = 12\n',
}
WORDS = {"entailment": "yes", "neutral": "maybe", "contradiction": "no"}


def rows(count, **options):
    return [
        {
            "first": row["premise"],
            "second": row["hypothesis"],
            "said": WORDS[row["label"]],
            "points": SCORES[row["label"]],
        }
        for row in made_up_pairs.rows(count, **options)
    ]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("tasks")
    made_up_pairs.write(place / "train.jsonl", rows(90))
    made_up_pairs.write(place / "dev.jsonl", rows(30, seed=1))
    made_up_pairs.write_base(place / "base")
    tiny_writer.write(place / "t5", "T5", scale=None)
    for kind, text in CARDS.items():
        (place / f"{kind}.toml").write_text(text)
    return place


def options(place, output, kind, **changes):
    base = place / ("t5" if kind == "generate" else "base")
    given = {"file": place / "train.jsonl", "dev": place / "dev.jsonl", "task": place / f"{kind}.toml"}
    return {**given, "base": str(base), "output": output, **QUICK, **changes}


def trained(place, output, kind, **changes):
    return run_training(TrainConfig.of(options(place, output, kind, **changes)))


def dev_rows(place):
    return [json.loads(line) for line in (place / "dev.jsonl").read_text().splitlines()]


def test_pairs_may_come_from_other_columns_under_other_names(place, tmp_path):
    done = trained(place, tmp_path / "out", "pair", epochs=12)
    engine = tuili.load(done.path, threads=1)
    held = dev_rows(place)
    verdicts = engine.judge([(row["first"], row["second"]) for row in held])
    right = np.mean([WORDS[v.label] == row["said"] for v, row in zip(verdicts, held, strict=True)])
    assert right == done.reports["dev"].accuracy > 0.8
    plain = tmp_path / "plain.jsonl"
    made_up_pairs.write(plain, made_up_pairs.rows(90))
    made_up_pairs.write(tmp_path / "dev.jsonl", made_up_pairs.rows(30, seed=1))
    same = options(place, tmp_path / "same", "pair", file=plain, dev=tmp_path / "dev.jsonl", task=None, epochs=12)
    assert (tuili.train(same) / "model.onnx").read_bytes() == (done.path / "model.onnx").read_bytes()


def test_texts_with_labels_make_a_classifier(place, tmp_path):
    done = trained(place, tmp_path / "out", "text", test=place / "dev.jsonl")
    assert set(done.reports) == {"train", "dev", "test"}
    held = dev_rows(place)
    pipe = transformers.pipeline("text-classification", str(done.path), device="cpu")
    found = [answer["label"] for answer in pipe([row["second"] for row in held])]
    right = np.mean([label == row["said"] for label, row in zip(found, held, strict=True)])
    assert right == pytest.approx(done.reports["dev"].accuracy)
    assert right > 0.5
    assert "macro avg" in done.reports["dev"].text()
    card = (done.path / "README.md").read_text("utf-8")
    assert "A classifier of texts: maybe, no, yes" in card
    assert str(tmp_path) not in card + (done.path / "training.json").read_text("utf-8")
    log = [json.loads(line) for line in (tmp_path / "out.run" / "log.jsonl").read_text().splitlines()]
    assert "dev_accuracy" in log[-1]


def test_scores_are_learnt_on_their_own_scale(place, tmp_path):
    done = trained(place, tmp_path / "out", "regression")
    tokenizer = transformers.AutoTokenizer.from_pretrained(done.path)
    tokenizer.backend_tokenizer.no_truncation()
    network = transformers.AutoModelForSequenceClassification.from_pretrained(done.path).eval()
    held = dev_rows(place)
    with torch.no_grad():
        said = [network(**tokenizer(r["first"], r["second"], return_tensors="pt")).logits.item() for r in held]
    gold = [row["points"] for row in held]
    report = done.reports["dev"]
    assert report.mse == pytest.approx(np.square(np.subtract(said, gold)).mean(), rel=1e-3)
    assert report.mse < np.var(gold) / 2
    assert report.pearson == pytest.approx(np.corrcoef(said, gold)[0, 1], abs=1e-4)
    log = [json.loads(line) for line in (tmp_path / "out.run" / "log.jsonl").read_text().splitlines()]
    best = min(line["dev_mse"] for line in log if "dev_mse" in line)
    assert report.mse == pytest.approx(best, rel=1e-3)
    assert "Pearson's r" in report.text()


def test_rank_correlation_is_that_of_scipy():
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(0)
    one, other = rng.integers(0, 6, 50).astype(float), rng.normal(size=50)
    report = RegressionReport.of(one, other)
    assert report.spearman == pytest.approx(stats.spearmanr(one, other).statistic)
    assert report.pearson == pytest.approx(stats.pearsonr(one, other).statistic)
    assert ranks(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == [3.5, 1.0, 3.5, 2.0]
    assert RegressionReport.of(np.ones(3), np.arange(3.0)).pearson == 0.0


def test_texts_are_written_from_texts(place, tmp_path):
    done = trained(place, tmp_path / "out", "generate", epochs=4, rate=1e-2)
    report = done.reports["dev"]
    tokenizer = transformers.AutoTokenizer.from_pretrained(done.path)
    tokenizer.backend_tokenizer.no_truncation()
    network = transformers.AutoModelForSeq2SeqLM.from_pretrained(done.path).eval()
    loss = tokens = 0.0
    for row in dev_rows(place):
        source = tokenizer(f"{row['first']} {row['second']}", return_tensors="pt")
        target = tokenizer(f"it is {row['said']}", return_tensors="pt").input_ids
        with torch.no_grad():
            loss += float(network(**source, labels=target).loss) * target.shape[1]
        tokens += target.shape[1]
    assert report.loss == pytest.approx(loss / tokens, rel=1e-3)
    assert report.perplexity == pytest.approx(math.exp(report.loss))
    source = tokenizer(report.written[0].source, return_tensors="pt")
    told = network.generate(**source, do_sample=False, num_beams=1, max_new_tokens=12)
    assert report.written[0].written == tokenizer.decode(told[0], skip_special_tokens=True)
    log = [json.loads(line) for line in (tmp_path / "out.run" / "log.jsonl").read_text().splitlines()]
    course = [line["dev_loss"] for line in log if "dev_loss" in line]
    assert min(course) < 0.7 * course[0]
    assert report.exact == np.mean([text.written == text.target for text in report.written])
    assert "| source | target | written |" in (tmp_path / "out.run" / "reports" / "dev.md").read_text("utf-8")


@pytest.mark.parametrize("kind", ["text", "regression", "generate"])
def test_a_run_of_any_kind_goes_on_to_the_same_bytes(place, tmp_path, kind):
    whole = trained(place, tmp_path / "whole", kind, epochs=2)

    def interrupt(moment):
        if moment.step == whole.outcome.steps - 1:
            raise KeyboardInterrupt

    config = TrainConfig.of(options(place, tmp_path / "again", kind, epochs=2, save_every=0.0))
    with pytest.raises(KeyboardInterrupt):
        run_training(config, watch=interrupt)
    again = trained(place, tmp_path / "again", kind, epochs=2, save_every=0.0, resume=True)
    assert again.outcome.resumed_at == whole.outcome.steps - 2
    name = "model.safetensors"
    assert (again.path / name).read_bytes() == (whole.path / name).read_bytes()


def test_a_run_is_not_resumed_with_another_card(place, tmp_path):
    from tuili.learning.run_directory import RunDirectory

    config = TrainConfig.of(options(place, tmp_path / "out", "text"))
    before = RunDirectory.of(config, base="b", processes=1).digest
    (place / "other.toml").write_text(CARDS["text"] + 'labels = ["yes", "no", "maybe"]\n')
    config = TrainConfig.of(options(place, tmp_path / "out", "other"))
    assert RunDirectory.of(config, base="b", processes=1).digest != before


# --- what can't be


@pytest.mark.parametrize(
    ("kind", "changes", "error", "said"),
    [
        ("text", {"objective": "binary"}, UsageError, "--objective goes with pairs; a task of kind text"),
        ("text", {"teacher": "./x"}, UsageError, "--teacher goes with pairs"),
        ("generate", {"adapter": "lora", "form": "joint"}, UsageError, "a task of kind generate is trained whole"),
    ],
)
def test_options_that_do_not_go_with_a_kind_are_told(place, tmp_path, kind, changes, error, said):
    with pytest.raises(error, match=said):
        trained(place, tmp_path / "out", kind, **changes)
    assert not (tmp_path / "out.run").exists()


def test_data_that_nothing_can_be_learnt_from_are_told(place, tmp_path):
    one = made_up_pairs.write(tmp_path / "one.jsonl", [row for row in rows(30) if row["said"] == "no"])
    for kind, said in (("text", "all texts say no"), ("regression", "all rows have the score 10")):
        with pytest.raises(DataError, match=said):
            trained(place, tmp_path / "out", kind, file=one)
    odd = made_up_pairs.write(tmp_path / "odd.jsonl", [*rows(3), {**rows(1)[0], "said": "perhaps", "points": 101}])
    for kind, said in (
        ("text", "row 4, field 'said': unknown label 'perhaps'; known are maybe, no, yes"),
        ("pair", "row 4, field 'said': unknown label 'perhaps'; the task card knows yes, no, maybe"),
        ("regression", "row 4, field 'points': the score 101 is outside 0 to 100"),
    ):
        with pytest.raises(DataError, match=said):
            trained(place, tmp_path / "out", kind, dev=odd)
    words = made_up_pairs.write(tmp_path / "words.jsonl", [{**rows(1)[0], "points": "many"}])
    with pytest.raises(DataError, match="must be a number, got 'many'"):
        trained(place, tmp_path / "out", "regression", dev=words)


def test_a_base_of_another_kind_is_told(place, tmp_path):
    with pytest.raises(ModelError, match="can't be trained to write; it takes an encoder-decoder"):
        trained(place, tmp_path / "out", "generate", base=str(place / "base"))
    (tmp_path / "card.toml").write_text(
        'kind = "pair"\npremise = "first"\nhypothesis = "second"\nlabel = "said"\nlabels = ["yes", "no"]\n'
    )
    with pytest.raises(UsageError, match="'yes' is no label of a pair; allowed: entailment"):
        trained(place, tmp_path / "out", "pair", task=tmp_path / "card.toml")
