"""`tuili.train` from files to a model that is loaded and judges."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import made_up_pairs
import pytest

import tuili
from tuili.bundle import Bundle
from tuili.errors import BundleError, DataError, MissingExtra, ModelError, ResumeError, UsageError
from tuili.learning.checkpoints import CheckpointStore
from tuili.learning.config import TrainConfig, read_recipe
from tuili.types import THREE_WAY, TWO_WAY, Label

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("torch")
pytest.importorskip("transformers")

QUICK = {"epochs": 12, "rate": 3e-3, "batch_tokens": 256, "threads": 1, "precision": "fp32"}


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """Data and a base."""
    place = tmp_path_factory.mktemp("train")
    made_up_pairs.write(place / "train.jsonl", made_up_pairs.rows(120))
    made_up_pairs.write(place / "dev.jsonl", made_up_pairs.rows(45, seed=1))
    made_up_pairs.write(place / "two.jsonl", made_up_pairs.rows(120, two_way=True))
    made_up_pairs.write_base(place / "base")
    return place


def options(place: Path, output: Path, **changes: object) -> dict[str, object]:
    given = {"file": place / "train.jsonl", "dev": place / "dev.jsonl", "base": str(place / "base"), "output": output}
    return {**given, **QUICK, **changes}


@pytest.fixture(scope="module")
def prefix(place) -> Path:
    return tuili.train(options(place, place / "prefix", test=place / "two.jsonl", data_licence="CC0 1.0"))


def test_the_prefix_form_gives_a_bundle_that_judges(prefix):
    engine = tuili.load(prefix, threads=1)
    rows = made_up_pairs.rows(30, seed=2)
    verdicts = engine.judge([(row["premise"], row["hypothesis"]) for row in rows])
    assert sum(v.label == row["label"] for v, row in zip(verdicts, rows, strict=True)) >= 27
    assert engine.labels == THREE_WAY


def test_the_bundle_says_how_it_was_made_and_how_good_it_is(prefix):
    manifest = Bundle.open(prefix).manifest
    assert set(manifest.metrics) == {"train", "dev", "test"}
    assert manifest.metrics["test"]["labels"] == 2
    assert manifest.metrics["dev"]["n"] == 45
    assert manifest.recipe["epochs"] == 12
    assert manifest.recipe["tuili"] == tuili.__version__
    assert manifest.data[0].licence == "CC0 1.0"
    assert manifest.precision == "int8"
    card = (prefix / "README.md").read_text("utf-8")
    assert "| dev | 45 | 3 |" in card
    assert "120 pairs" in card
    assert str(prefix.parent) not in card + (prefix / "bundle.json").read_text("utf-8")


def test_the_run_keeps_its_log_and_reports_and_no_checkpoint(prefix):
    run = prefix.with_name("prefix.run")
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text("utf-8").splitlines()]
    assert [line["step"] for line in lines] == list(range(1, len(lines) + 1))
    assert lines[-1]["share"] == 1.0
    assert sum("dev_accuracy" in line for line in lines) == 12
    assert sorted(path.name for path in (run / "reports").iterdir()) == [
        f"{name}.{kind}" for name in ("dev", "test", "train") for kind in ("json", "md")
    ]
    assert json.loads((run / "reports" / "dev.json").read_text("utf-8"))["n"] == 45
    assert not (run / "checkpoints").exists()


def test_the_joint_form_gives_a_checkpoint_with_its_labels_that_judges(place, tmp_path):
    output = tuili.train(options(place, tmp_path / "joint", form="joint", epochs=30))
    assert json.loads((output / "config.json").read_text("utf-8"))["id2label"]["2"] == "contradiction"
    # its probes are none that this tiny vocabulary can read
    engine = tuili.load(output, check_labels=False)
    assert engine.labels == THREE_WAY
    rows = made_up_pairs.rows(30, seed=2)
    verdicts = engine.judge([(row["premise"], row["hypothesis"]) for row in rows])
    found = sum(v.label == row["label"] for v, row in zip(verdicts, rows, strict=True))
    assert found == pytest.approx(
        30 * json.loads((output / "training.json").read_text())["metrics"]["dev"]["accuracy"], abs=4
    )
    assert found > 15


@pytest.mark.parametrize("objective", ["auto", "binary"])
def test_two_way_data_make_a_two_way_model(place, tmp_path, objective):
    output = tuili.train(options(place, tmp_path / "two", file=place / "two.jsonl", objective=objective))
    engine = tuili.load(output, threads=1)
    assert engine.labels == TWO_WAY
    row = made_up_pairs.rows(1)[0]
    assert engine.judge([(row["premise"], row["hypothesis"])])[0].label == Label.ENTAILMENT


def test_mixed_labels_train_a_three_way_model(place, tmp_path):
    mixed = made_up_pairs.rows(60) + made_up_pairs.rows(60, seed=4, two_way=True)
    made_up_pairs.write(tmp_path / "mixed.jsonl", mixed)
    output = tuili.train(options(place, tmp_path / "out", file=tmp_path / "mixed.jsonl", precision_out="float32"))
    manifest = Bundle.open(output).manifest
    assert manifest.labels == THREE_WAY
    assert manifest.precision == "float32"
    assert "Objective: partial" in (output / "README.md").read_text("utf-8")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_adapter_trains_few_weights_and_is_merged_in_the_end(place, tmp_path):
    pytest.importorskip("peft")
    output = tuili.train(options(place, tmp_path / "lora", form="joint", adapter="lora", epochs=3))
    assert not (output / "adapter_config.json").exists()
    from safetensors.numpy import load_file

    trained, base = load_file(output / "model.safetensors"), load_file(place / "base" / "model.safetensors")
    assert not [name for name in trained if "lora" in name or "base_layer" in name]
    share = re.search(r"([\d.]+) % of the weights trained", (output / "README.md").read_text("utf-8"))
    assert 0 < float(share[1]) < 50  # of this tiny encoder
    name = "encoder.layer.0.attention.self.query.weight"
    assert (trained[f"bert.{name}"] != base[name]).any()
    word = "embeddings.word_embeddings.weight"
    assert (trained[f"bert.{word}"] == base[word]).all()
    tuili.load(output, check_labels=False)


# --- resuming


@pytest.mark.parametrize("form", ["prefix", "joint"])
def test_a_run_that_is_interrupted_goes_on_and_ends_with_the_same_bytes(place, tmp_path, form):
    from tuili.learning.training_run import run_training

    name = "model.onnx" if form == "prefix" else "model.safetensors"
    whole = tuili.train(options(place, tmp_path / "whole", form=form, epochs=3))
    log = (tmp_path / "whole.run" / "log.jsonl").read_text("utf-8").splitlines()

    def interrupt(moment):
        if moment.step == len(log) - 2:
            raise KeyboardInterrupt

    config = TrainConfig.of(options(place, tmp_path / "again", form=form, epochs=3, save_every=0.0))
    with pytest.raises(KeyboardInterrupt):
        run_training(config, watch=interrupt)
    with pytest.raises(UsageError, match=r"holds a run already; go on with it by --resume"):
        run_training(config)
    again = options(place, tmp_path / "again", form=form, epochs=3, save_every=0.0, resume=True)
    trained = run_training(TrainConfig.of(again))
    assert trained.outcome.resumed_at == len(log) - 3
    assert (trained.path / name).read_bytes() == (whole / name).read_bytes()
    resumed = [json.loads(line) for line in (tmp_path / "again.run" / "log.jsonl").read_text("utf-8").splitlines()]
    assert [{**line, "seconds": 0} for line in resumed] == [{**json.loads(line), "seconds": 0} for line in log]
    assert run_training(TrainConfig.of(again)).outcome is None  # it is over


def test_a_run_is_resumed_with_its_own_options_and_inputs_only(place, tmp_path, monkeypatch):
    config = options(place, tmp_path / "out", resume=True)

    def fit(trainer):
        trainer.store.save(1, {}, {})
        raise KeyboardInterrupt

    monkeypatch.setattr("tuili.learning.loop.Trainer.fit", fit)
    with pytest.raises(KeyboardInterrupt):
        tuili.train({**config, "rate": 0.7})
    CheckpointStore(tmp_path / "out.run" / "checkpoints").clear()
    with pytest.raises(KeyboardInterrupt):  # one that came to no checkpoint does not count
        tuili.train(config)
    with pytest.raises(ResumeError, match=r"another rate: 0.003 then, 0.1 now"):
        tuili.train({**config, "rate": 0.1})
    with pytest.raises(ResumeError, match="another file"):
        tuili.train({**config, "file": place / "two.jsonl"})


# --- what can't be


def test_an_empty_file_is_told(place, tmp_path):
    (tmp_path / "empty.jsonl").write_text("")
    with pytest.raises(DataError, match=r"empty\.jsonl.*no labelled pairs"):
        tuili.train(options(place, tmp_path / "out", file=tmp_path / "empty.jsonl"))


def test_an_unknown_label_is_told_with_its_row(place, tmp_path):
    made_up_pairs.write(tmp_path / "odd.jsonl", [*made_up_pairs.rows(2), {**made_up_pairs.rows(1)[0], "label": "yes"}])
    with pytest.raises(DataError, match=r"row 3.*unknown label 'yes'; write one of entailment"):
        tuili.train(options(place, tmp_path / "out", file=tmp_path / "odd.jsonl"))


def test_a_single_class_is_told(place, tmp_path):
    made_up_pairs.write(tmp_path / "one.jsonl", made_up_pairs.rows(30)[::3])
    with pytest.raises(DataError, match=r"all 10 labelled pairs say entailment; .* add pairs with another"):
        tuili.train(options(place, tmp_path / "out", file=tmp_path / "one.jsonl"))


def test_labels_that_are_one_to_a_two_way_model_are_told(place, tmp_path):
    rows = [row for row in made_up_pairs.rows(30) if row["label"] != "entailment"]
    made_up_pairs.write(tmp_path / "none.jsonl", rows)
    with pytest.raises(DataError, match="add pairs of entailment"):
        tuili.train(options(place, tmp_path / "out", file=tmp_path / "none.jsonl", objective="binary"))


@pytest.mark.parametrize("form", ["prefix", "joint"])
def test_a_base_that_is_no_encoder_is_told(place, tmp_path, form):
    base = tmp_path / "base"
    base.mkdir()
    for file in (place / "base").iterdir():
        (base / file.name).write_bytes(file.read_bytes())
    config = json.loads((base / "config.json").read_text("utf-8"))
    (base / "config.json").write_text(json.dumps({**config, "model_type": "vit", "architectures": ["ViTModel"]}))
    remedy = "take --form joint" if form == "prefix" else "is it an encoder of text"
    with pytest.raises(ModelError, match=remedy):
        tuili.train(options(place, tmp_path / "out", form=form, base=str(base)))
    assert not (tmp_path / "out").exists()


def test_a_base_that_is_not_there_is_told(place, tmp_path):
    with pytest.raises(BundleError, match="is not a directory"):
        tuili.train(options(place, tmp_path / "out", base="./nowhere"))


def test_an_output_that_holds_something_is_not_touched(place, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match="holds something already"):
        tuili.train(options(place, tmp_path / "out"))
    assert (tmp_path / "out" / "thesis.txt").read_text() == "mine"


def test_without_torch_the_remedy_is_told(place, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    with pytest.raises(MissingExtra, match=r'pip install "tuili\[train\]"'):
        tuili.train(options(place, tmp_path / "out"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"form": "both"}, "form must be one of prefix, joint"),
        ({"epochs": 0}, "epochs must be at least 1"),
        ({"epochs": "3"}, "epochs must be int, got '3'"),
        ({"epochs": True}, "epochs must be int"),
        ({"eposch": 3}, "unknown option 'eposch'"),
        ({"file": None}, "missing: file"),
        ({"adapter": "lora"}, "--form joint"),
        ({"threads": 0}, "threads"),
    ],
)
def test_options_that_can_not_be_are_told(change, message):
    given = {"file": "a", "dev": "b", "base": "./c", "output": "d"}
    with pytest.raises(UsageError, match=message):
        TrainConfig.of({**given, **change})


def test_options_are_a_mapping():
    with pytest.raises(UsageError, match="the options of a training run are a mapping, got NoneType"):
        tuili.train(None)


def test_options_come_from_a_recipe(tmp_path):
    (tmp_path / "r.toml").write_text('[train]\nepochs = 2\nbatch-tokens = 64\nrate = 1\nform = "joint"\n')
    config = TrainConfig.of({"file": "a", "dev": "b", "base": "./c", "output": "d", **read_recipe(tmp_path / "r.toml")})
    assert (config.epochs, config.batch_tokens, config.rate, config.form) == (2, 64, 1.0, "joint")
    (tmp_path / "bad.toml").write_text("epochs = ")
    with pytest.raises(UsageError, match="must be TOML"):
        read_recipe(tmp_path / "bad.toml")


def test_a_run_that_is_not_kept_only_says_how_it_went(place, tmp_path):
    from tuili.learning.training_run import run_training

    done = run_training(TrainConfig.of(options(place, tmp_path / "out", epochs=1)), keep=False)
    assert 0 < done.outcome.best.score[0] <= 1
    assert done.reports == {}
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "out.run" / "checkpoints").exists()


def test_each_form_has_a_rate_of_its_own(place, tmp_path):
    from tuili.learning.base_size import weights_in
    from tuili.reasoning.model_directory import ModelDirectory, find_model

    files = {"file": "a", "dev": "b", "base": "./c", "output": "d"}
    forms = ({"form": "prefix"}, {"form": "joint"}, {"form": "joint", "adapter": "lora"})
    small, large = (
        [TrainConfig.of({**files, **form}).rate_for(n) for form in forms] for n in (22_700_000, 110_000_000)
    )
    assert small == sorted(set(small))  # the fewer weights are trained, the higher
    assert all(low < high for low, high in zip(large, small, strict=True))
    assert TrainConfig.of({**files, "form": "joint", "adapter": "lora", "rate": 7e-5}).rate_for(1) == 7e-5
    from safetensors.numpy import load_file

    held = load_file(place / "base" / "model.safetensors")
    assert weights_in(find_model(str(place / "base"))) == sum(array.size for array in held.values())
    (tmp_path / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(ModelError, match="x can't be read"):
        weights_in(ModelDirectory(tmp_path, "x"))
    tuili.train(options(place, tmp_path / "out", rate=None, epochs=1, decay="constant", warmup=0.0))
    log = [json.loads(line) for line in (tmp_path / "out.run" / "log.jsonl").read_text().splitlines()]
    assert {line["rate"] for line in log} == {1e-4}
