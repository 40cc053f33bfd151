"""`tuili pretrain`: perplexity falls, what comes out is a base, nothing kept back is learnt from."""

from __future__ import annotations

import itertools
import json

import made_up_pairs
import numpy as np
import pytest
from typer.testing import CliRunner

import tuili
from tuili.cli.app import app
from tuili.errors import DataError, UsageError

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from tuili.learning.pretrain import MaskedBatches, PretrainConfig, pretrain  # noqa: E402
from tuili.learning.raw_text import Blocks, is_held, lines, text_files  # noqa: E402

TINY = {"hidden": 32, "layers": 1, "heads": 2, "block": 16, "batch": 16, "held": 0.2, "precision": "fp32"}


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def text(tmp_path):
    (tmp_path / "text" / "deep").mkdir(parents=True)
    says = [
        f"the {who} is {doing} in the {where} and a {other} is not {doing}."
        for who, doing, where, other in itertools.product(
            ("man", "woman", "dog", "cat"), ("sleeping", "running"), ("park", "house"), ("person", "child", "horse")
        )
    ]
    (tmp_path / "text" / "one.txt").write_text("\n".join(says[::2]) + "\n\n", "utf-8")
    (tmp_path / "text" / "deep" / "two.md").write_text("\n".join(says[1::2]), "utf-8")
    (tmp_path / "text" / "no.bin").write_bytes(b"\xff\xfe")
    return tmp_path / "text"


def test_from_scratch_perplexity_falls_and_the_result_is_a_base(text, tmp_path):
    sizes = [f"--{name}={value}" for name, value in TINY.items()]
    arguments = ["pretrain", str(text), "--output", str(tmp_path / "base"), "--from-scratch", "--vocabulary=80"]
    done = CliRunner().invoke(app, [*arguments, *sizes, "--epochs=20", "--rate=5e-3", "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["after"] < 0.5 * found["before"]
    assert json.loads((tmp_path / "base" / "pretraining.json").read_text())["after"] == found["after"]
    assert not (tmp_path / "base.run").exists()
    made_up_pairs.write(tmp_path / "pairs.jsonl", made_up_pairs.rows(12))
    options = {"file": tmp_path / "pairs.jsonl", "dev": tmp_path / "pairs.jsonl", "base": str(tmp_path / "base")}
    for form in ("prefix", "joint"):
        model = tuili.train({**options, "output": tmp_path / form, "form": form, "epochs": 1, "precision": "fp32"})
        assert tuili.load(model, threads=1).judge([("the man is sleeping", "a man")])[0].confidence > 0


def test_continued_it_goes_on_from_the_base_and_resumes_to_the_same(text, tmp_path):
    base = made_up_pairs.write_base(tmp_path / "base")
    options = {"text": (str(text),), "base": str(base), **TINY, "epochs": 3, "rate": 3e-3}
    whole = pretrain(PretrainConfig(output=str(tmp_path / "whole"), **options))
    assert whole.after < whole.before

    class Killed(Exception):
        pass

    def kill(moment):
        if moment.epoch == 2:
            raise Killed

    config = PretrainConfig(output=str(tmp_path / "cut"), **options)
    with pytest.raises(Killed):
        pretrain(config, watch=kill)
    with pytest.raises(UsageError, match="--resume"):
        pretrain(config)
    resumed = pretrain(PretrainConfig(output=str(tmp_path / "cut"), resume=True, **options))
    assert resumed.after == whole.after
    weights = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("whole", "cut")]
    assert weights[0] == weights[1]


def test_masks_are_of_fifteen_percent_and_the_same_for_the_same_epoch():
    rows = np.arange(4000, dtype=np.int32).reshape(40, 100) % 50 + 10
    batches = MaskedBatches(rows, 8, 1, first=1, last=2, mask=3, vocabulary=60)
    batch, again, later = (batches.epoch(number)[0] for number in (0, 0, 1))
    assert batch.inputs.ids.shape == (8, 102)
    assert batch.inputs.where.sum() == len(batch.targets) == 8 * 15
    assert torch.equal(batch.inputs.ids, again.inputs.ids)
    assert not torch.equal(batch.inputs.where, later.inputs.where)
    assert (batch.inputs.ids[:, 0] == 1).all()
    assert (batch.inputs.ids[:, -1] == 2).all()
    shown = torch.cat([batches.epoch(0)[n].inputs.ids[batches.epoch(0)[n].inputs.where] for n in range(5)])
    told = torch.cat([batches.epoch(0)[n].targets for n in range(5)])
    assert 0.7 < (shown == 3).double().mean() < 0.9
    assert 0.05 < (shown == told).double().mean() < 0.2


def test_lines_are_packed_without_padding_and_equal_ones_stay_on_one_side(text, tmp_path):
    blocks = Blocks(tmp_path, 3)
    blocks.add([5, 6], 0)
    blocks.add([7, 8, 9], 0)
    assert blocks.rows().tolist() == [[5, 6, 0], [7, 8, 9]]
    assert [path.name for path in text_files([text])] == ["two.md", "one.txt"]
    found = list(lines(text_files([text])))
    assert len(found) == 48
    assert 0 < sum(is_held(line, 0.2) for line in found) < 24
    assert is_held("a", 0.5) == is_held("a", 0.5)


def test_what_can_not_be_is_said(text, tmp_path):
    with pytest.raises(DataError, match="no such file"):
        text_files([tmp_path / "nowhere"])
    with pytest.raises(DataError, match="UTF-8"):
        list(lines([text / "no.bin"]))
    (tmp_path / "short.txt").write_text("a b", "utf-8")
    base = str(made_up_pairs.write_base(tmp_path / "base"))
    with pytest.raises(DataError, match="too little text"):
        pretrain(PretrainConfig(text=(str(tmp_path / "short.txt"),), output=str(tmp_path / "o"), base=base))
    with pytest.raises(UsageError, match="between 0 and 1"):
        PretrainConfig(text=("a",), output="b", held=0)
    for arguments in ([], ["--from-scratch", "--base", "./b"], ["--base", "./b", "--layers", "2"]):
        done = CliRunner().invoke(app, ["pretrain", str(text), "--output", str(tmp_path / "o"), *arguments])
        assert isinstance(done.exception, UsageError)
