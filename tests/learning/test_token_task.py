"""Tagged words by a task card: to a bundle that finds names, in the same way as the recipe."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tuili.cli.app import app
from tuili.errors import DataError, UsageError
from tuili.learning.config import TrainConfig
from tuili.reasoning import entities

torch = pytest.importorskip("torch")

sys.path.append(str(Path(__file__).parent / "entities"))
import made_up_documents  # noqa: E402 - it stands there

from tuili.learning.predict import load_predictor, predictions  # noqa: E402
from tuili.learning.tasks.card import card_of, read_card  # noqa: E402
from tuili.learning.tasks.token import tagged_sentences  # noqa: E402
from tuili.learning.training_run import run_training  # noqa: E402

CARD = 'kind = "token"\ntokens = "words"\ntags = "ner"\ndocument = "doc"\n[names]\nPER = "person"\nLOC = "place"\n'


def write(path, sentences):
    rows = ({"doc": f"d{s.document}", "words": s.words, "ner": s.tags} for s in sentences)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("token")
    write(place / "train.jsonl", made_up_documents.sentences(150))
    write(place / "dev.jsonl", made_up_documents.sentences(40, seed=1))
    (place / "card.toml").write_text(CARD)
    made_up_documents.write_base(place / "base")
    return place


def config(place, output, **changes):
    given = {"file": place / "train.jsonl", "dev": place / "dev.jsonl", "task": place / "card.toml"}
    quick = {"epochs": 3, "rate": 2e-3, "batch_tokens": 200, "threads": 1, "precision": "fp32", "data_licence": "ours"}
    return TrainConfig.of({**given, "base": str(place / "base"), "output": output, **quick, **changes})


def test_a_card_makes_a_finder_of_names(place, tmp_path):
    done = run_training(config(place, tmp_path / "names", test=place / "dev.jsonl"))
    assert {name: report.n for name, report in done.reports.items()} == {"train": 150, "dev": 40, "test": 40}
    f1 = done.reports["dev"].spans.f1
    assert f1 == done.reports["test"].spans.f1 > 0.6
    assert json.loads((tmp_path / "names.run" / "reports" / "dev.json").read_text())["overall"]["f1"] == f1
    assert "PER" in done.reports["dev"].text()
    card = (done.path / "README.md").read_text("utf-8")
    assert "150 tagged sentences: ours" in card
    assert "It knows what its training sentences are like." in card
    finder = entities.load(done.path)
    assert finder.types == ("place", "person")
    text = "the Dog is in Park . nothing else ."
    (tmp_path / "new.jsonl").write_text(json.dumps({"text": text}) + "\n")
    shown = CliRunner().invoke(app, ["predict", str(done.path), str(tmp_path / "new.jsonl")])
    assert shown.exit_code == 0, shown.output
    [line] = [json.loads(line) for line in shown.stdout.splitlines()]
    assert line == {
        "row": 1,
        "mentions": [{"text": m.text(text), **m.to_dict()} for m in finder.find(text)],
    }
    assert line["mentions"]
    with pytest.raises(UsageError, match="leave --task out"):
        load_predictor(done.path, task=place / "card.toml")
    (tmp_path / "bad.jsonl").write_text('{"text": "a"}\n{"text": 3.5}\n{"text": null}\n')
    with pytest.raises(DataError, match="row 3, field 'text'"):
        list(predictions(load_predictor(done.path), tmp_path / "bad.jsonl"))


def test_a_run_goes_on_to_the_same_bytes(place, tmp_path):
    whole = run_training(config(place, tmp_path / "whole", epochs=1, name="x"))

    def interrupt(moment):
        if moment.step == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_training(config(place, tmp_path / "again", epochs=1, name="x", save_every=0.0), watch=interrupt)
    again = run_training(config(place, tmp_path / "again", epochs=1, name="x", save_every=0.0, resume=True))
    assert again.outcome.resumed_at == 2
    assert (again.path / "model.onnx").read_bytes() == (whole.path / "model.onnx").read_bytes()


def test_sentences_stand_alone_without_a_document(place, tmp_path):
    card = card_of({"kind": "token", "tokens": "words", "tags": "ner"})
    alone = tagged_sentences(place / "dev.jsonl", card)
    assert len({sentence.document for sentence in alone}) == 40
    together = tagged_sentences(place / "dev.jsonl", read_card(place / "card.toml"))
    assert [s.words for s in together] == [s.words for s in alone]
    assert together == made_up_documents.sentences(40, seed=1)
    (tmp_path / "dev.tsv").write_text("words\tner\nthe Dog sleeps\tO B-PER O\n")
    [sentence] = tagged_sentences(tmp_path / "dev.tsv", card)
    assert (sentence.words, sentence.tags) == (("the", "Dog", "sleeps"), ("O", "B-PER", "O"))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"words": ["a", "b"], "ner": ["O"]}, r"row 2, field 'ner': 1 tags for 2 words"),
        ({"words": ["a"], "ner": ["X"]}, r"row 2, field 'ner': word 0: 'X' is no tag"),
        ({"words": ["a", " "], "ner": ["O", "O"]}, r"row 2, field 'words': must be a list of words"),
        ({"words": [], "ner": []}, r"row 2, field 'words': must be a list of words"),
        ({"words": 3, "ner": ["O"]}, r"row 2, field 'words': must be a list of words"),
    ],
)
def test_a_row_that_is_no_sentence_is_told(tmp_path, row, said):
    good = {"words": ["a"], "ner": ["O"]}
    (tmp_path / "f.jsonl").write_text(f"{json.dumps(good)}\n{json.dumps(row)}\n")
    with pytest.raises(DataError, match=said):
        tagged_sentences(tmp_path / "f.jsonl", card_of({"kind": "token", "tokens": "words", "tags": "ner"}))


def test_it_is_trained_whole(place, tmp_path):
    with pytest.raises(UsageError, match="a task of kind token is trained whole"):
        run_training(config(place, tmp_path / "out", adapter="lora", form="joint"))
