"""A bundle and labelled pairs in, a calibrated bundle out, and an engine that does what the record says."""

from __future__ import annotations

import json
import pickle
import random
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tuili.bundle import Bundle
from tuili.calibration import FEATURES
from tuili.engine.calibrate import threshold_for
from tuili.engine.load import load
from tuili.errors import DataError, UsageError
from tuili.evaluation.calibrate import calibrate, calibration_of
from tuili.evaluation.evaluate import evaluate
from tuili.evaluation.fit import fits_the_map
from tuili.evaluation.shift import check
from tuili.types import THREE_WAY, Label

if TYPE_CHECKING:
    from pathlib import Path

    from tuili.engine.engine import Engine

WORDS = "a the man woman dog cat is are was not sleeping running asleep outside inside two three in on park".split()


def pairs(count: int, seed: int = 0) -> list[tuple[str, str]]:
    rng = random.Random(seed)
    return [
        (" ".join(rng.choices(WORDS, k=rng.randint(3, 12))), " ".join(rng.choices(WORDS, k=5))) for _ in range(count)
    ]


def labelled(engine: Engine, count: int, path: Path, seed: int = 0, *, two_way: bool = False) -> Path:
    """Pairs whose gold labels are drawn from the tiny model's own probabilities, made hotter: it is too sure."""
    rng = np.random.default_rng(seed)
    given = pairs(count, seed)
    rows = []
    for (premise, hypothesis), verdict in zip(given, engine.judge(given), strict=True):
        p = np.array(list(verdict.probabilities.values())) ** 0.7
        label = THREE_WAY[int(rng.choice(3, p=p / p.sum()))]
        name = "not_entailment" if two_way and label != Label.ENTAILMENT else str(label)
        rows.append({"premise": premise, "hypothesis": hypothesis, "label": name})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def data(tiny_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return labelled(tiny_engine, 1200, tmp_path_factory.mktemp("data") / "pairs.jsonl")


@pytest.fixture(scope="module")
def calibrated(tiny_directory: Path, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("bundles") / "calibrated"
    calibrate(tiny_directory, data, output, threads=1)
    return output


def test_the_weights_stay_and_the_record_says_where_it_comes_from(tiny_directory: Path, calibrated: Path, data: Path):
    before, after = Bundle.open(tiny_directory), Bundle.open(calibrated)
    assert dict(after.files) == dict(before.files)
    record = after.manifest.calibration
    assert record is not None
    assert (record.source.name, record.source.n) == ("pairs.jsonl", 1200)
    assert record.map.temperatures[0].temperature == after.manifest.temperature
    assert record.map.temperatures[0].temperature > before.manifest.temperature  # labels were drawn from hotter ones
    premises = [json.loads(line)["premise"] for line in data.read_text().splitlines()]
    assert record.source.fitted == sum(map(fits_the_map, premises))
    assert record.risk is not None
    assert record.risk.n == 1200 - record.source.fitted
    assert not any(premise in json.dumps(after.manifest.to_dict()) for premise in premises)


def test_the_same_file_gives_the_same_bundle_and_itself_can_be_replaced(
    tiny_directory: Path, calibrated: Path, data: Path, tmp_path: Path
):
    digest = Bundle.open(calibrated).digest
    assert calibrate(str(tiny_directory), data, tmp_path / "b", threads=1).digest == digest
    assert calibrate(str(tmp_path / "b"), data, tmp_path / "b", threads=1).digest == digest  # fitted on what is beneath


def test_the_engine_says_what_the_record_says(tiny_engine: Engine, calibrated: Path):
    engine = load(str(calibrated), threads=1)
    given = pairs(60, seed=5)
    for pair, raw, verdict in zip(given, tiny_engine.uncalibrated(given), engine.judge(given), strict=True):
        record = engine.calibration
        assert record is not None
        assert record.sets is not None
        z = raw.log_probs / record.map.temperatures[0].temperature
        p = np.exp(z) / np.exp(z).sum()
        np.testing.assert_allclose(list(verdict.probabilities.values()), p, rtol=1e-6)
        assert verdict.label == THREE_WAY[int(np.argmax(p))]
        inside = {label for label, value in zip(THREE_WAY, p, strict=True) if 1 - value <= record.sets.quantiles[0]}
        assert verdict.prediction_set == inside | {verdict.label}
        assert engine.judge([pair])[0] == verdict


def test_sets_hold_the_label_of_fresh_pairs_as_often_as_they_say(tiny_engine: Engine, calibrated: Path, tmp_path: Path):
    engine = load(str(calibrated), threads=1)
    rows = [json.loads(line) for line in labelled(tiny_engine, 1500, tmp_path / "x", seed=9).read_text().splitlines()]
    verdicts = engine.judge([(row["premise"], row["hypothesis"]) for row in rows])
    covered = np.mean([row["label"] in verdict.prediction_set for row, verdict in zip(rows, verdicts, strict=True)])
    assert covered == pytest.approx(0.9, abs=0.03)


@pytest.mark.parametrize("method", ["vector", "isotonic"])
@pytest.mark.parametrize("by_label", [False, True])
def test_every_method_gives_labels_that_are_the_most_probable(
    tiny_directory: Path, data: Path, tmp_path: Path, method: str, by_label: bool
):
    calibrate(tiny_directory, data, tmp_path / "b", method=method, by_label=by_label, threads=1)  # type: ignore[arg-type]
    engine = load(str(tmp_path / "b"), threads=1)
    for verdict in engine.judge(pairs(80, seed=3)):
        assert verdict.probabilities[verdict.label] == max(verdict.probabilities.values())
        assert sum(verdict.probabilities.values()) == pytest.approx(1)
        assert verdict.label in verdict.prediction_set


def test_a_chosen_risk_becomes_a_threshold(calibrated: Path):
    engine = load(str(calibrated), threads=1, max_risk=0.48)
    assert engine.calibration is not None
    assert engine.calibration.risk is not None
    assert engine.threshold == threshold_for(engine.calibration.risk, 0.48)
    assert 0 < engine.threshold < 1
    assert pickle.loads(pickle.dumps(engine)).threshold == engine.threshold
    shares = [verdict.decided for verdict in engine.judge(pairs(200, seed=4))]
    assert 0 < sum(shares) < 200


def test_a_risk_is_refused_where_it_can_not_be_kept_or_is_not_known(tiny_directory: Path, calibrated: Path):
    with pytest.raises(UsageError, match="least it can show"):
        load(str(calibrated), threads=1, max_risk=1e-4)
    with pytest.raises(UsageError, match="does not know its risk; tuili calibrate"):
        load(str(tiny_directory), threads=1, max_risk=0.05)
    with pytest.raises(UsageError, match="give one of them"):
        load(str(calibrated), threads=1, max_risk=0.05, threshold=0.5)


def test_a_calibration_set_looks_like_itself_and_long_premises_do_not(calibrated: Path):
    engine = load(str(calibrated), threads=1)
    assert engine.calibration is not None
    usual = engine.calibration.usual
    assert usual is not None
    given = pairs(300, seed=11)
    assert not check(usual, given, engine.judge(given)).shifted
    longer = [(f"{premise} {premise} {premise}", hypothesis) for premise, hypothesis in given]
    report = check(usual, longer, engine.judge(longer))
    assert report.shifted
    assert [feature.feature for feature in report.features] == list(FEATURES)


def test_two_way_labels_fit_the_map_of_a_three_way_model_and_nothing_else(tiny_engine: Engine, tmp_path: Path):
    path = labelled(tiny_engine, 400, tmp_path / "two.jsonl", two_way=True)
    record = calibration_of(tiny_engine, path)
    assert (record.sets, record.risk) == (None, None)
    with pytest.raises(UsageError, match="isotonic needs the model's own labels"):
        calibration_of(tiny_engine, path, method="isotonic")


def test_of_a_hypothesis_that_was_not_read_whole_nothing_is_ruled_out(calibrated: Path):
    verdict = load(str(calibrated), threads=1).judge([("a dog is outside", "a dog is 東京 outside")])[0]
    assert not verdict.decided
    assert verdict.prediction_set == set(THREE_WAY)


def test_too_few_pairs_wrong_options_and_other_models_are_refused(
    tiny_engine: Engine, tiny_directory: Path, data: Path, tmp_path: Path
):
    few = labelled(tiny_engine, 60, tmp_path / "few.jsonl")
    with pytest.raises(UsageError, match="too few to calibrate on"):
        calibrate(tiny_directory, few, tmp_path / "b", threads=1)
    with pytest.raises(UsageError, match="alpha"):
        calibrate(tiny_directory, data, tmp_path / "b", alpha=0, threads=1)
    with pytest.raises(UsageError, match="one of temperature, vector, isotonic, familiarity"):
        calibrate(tiny_directory, data, tmp_path / "b", method="platt", threads=1)  # type: ignore[arg-type]
    for other in ("hf:some/checkpoint", str(tmp_path), "nonsense"):
        with pytest.raises(UsageError, match="only a bundle has a place for a calibration"):
            calibrate(other, data, tmp_path / "b")
    (tmp_path / "none.jsonl").write_text('{"premise": "a", "hypothesis": "b", "label": "-"}\n')
    with pytest.raises(DataError, match="no labelled pairs"):
        calibrate(tiny_directory, tmp_path / "none.jsonl", tmp_path / "b", threads=1)
    (tmp_path / "bad.jsonl").write_text('{"premise": "a", "hypothesis": "東京", "label": "neutral"}\n')
    with pytest.raises(DataError, match=r"row 1, field 'hypothesis'"):
        calibrate(tiny_directory, tmp_path / "bad.jsonl", tmp_path / "b", threads=1)
    assert not (tmp_path / "b").exists()


def test_an_evaluation_says_whether_its_pairs_look_like_the_calibration_set(
    tiny_engine: Engine, calibrated: Path, tmp_path: Path
):
    engine = load(str(calibrated), threads=1)
    like = evaluate(engine, labelled(tiny_engine, 300, tmp_path / "like.jsonl", seed=21))
    assert like.shift is not None
    assert like.shift.warning() is None
    rows = [{"premise": f"{p} {p} {p}", "hypothesis": h, "label": "neutral"} for p, h in pairs(300, seed=22)]
    (tmp_path / "longer.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    longer = evaluate(engine, tmp_path / "longer.jsonl")
    assert longer.shift is not None
    assert "premise words" in (longer.shift.warning() or "")
    assert "**Warning:**" in longer.markdown()
    assert longer.to_dict()["shift"]["shifted"] is True
    assert evaluate(tiny_engine, tmp_path / "longer.jsonl").shift is None
