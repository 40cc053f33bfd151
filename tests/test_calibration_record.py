"""The calibration record of a manifest: optional, checked key by key, and the same bytes each time."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import tiny

from tuili.bundle import Bundle, write_bundle
from tuili.calibration import FEATURES, STEPS, Calibration, Map, Risk, Sets, Source, Temperature, Usual
from tuili.errors import BundleError
from tuili.manifest import Manifest

if TYPE_CHECKING:
    from pathlib import Path

RECORD = Calibration(
    map=Map("isotonic", (Temperature(1, 1.5), Temperature(4, 2.0)), knots=((0.4, 0.3), (0.9, 0.8))),
    source=Source("pairs.jsonl", "a" * 64, 900, 430),
    sets=Sets(0.1, (0.7, 0.7, 0.7), by_label=False, n=470),
    risk=Risk((0.9, 0.5, 0.0), (10, 300, 470), (0, 20, 60), 470),
    usual=Usual({name: tuple(range(STEPS + 1)) for name in FEATURES}, 470, 200),
)
FILES = {"model.onnx": b"weights", "tokenizer.json": b"{}"}


def test_a_record_comes_back_from_json_and_from_a_bundle(tmp_path: Path):
    assert Calibration.from_dict(json.loads(json.dumps(RECORD.to_dict())), 3) == RECORD
    write_bundle(tmp_path / "b", replace(tiny.manifest("int8"), calibration=RECORD), FILES)
    assert Bundle.open(tmp_path / "b").manifest.calibration == RECORD


def test_the_same_record_gives_the_same_bytes(tmp_path: Path):
    digests = {
        write_bundle(tmp_path / name, replace(tiny.manifest("int8"), calibration=RECORD), FILES).digest for name in "ab"
    }
    assert len(digests) == 1


def test_a_manifest_without_a_record_is_written_as_before_there_were_any(tmp_path: Path):
    write_bundle(tmp_path / "b", tiny.manifest("int8"), FILES)
    assert "calibration" not in json.loads((tmp_path / "b/bundle.json").read_text())
    assert Bundle.open(tmp_path / "b").manifest.calibration is None


def test_a_record_pickles():
    assert pickle.loads(pickle.dumps(RECORD)) == RECORD


WRONG: list[tuple[tuple[str, ...], Any, str]] = [
    (("map", "method"), "platt", "one of temperature, vector, isotonic, familiarity"),
    (("map", "temperatures"), [], "begin with 1 and rise"),
    (("map", "temperatures"), [{"windows": 2, "temperature": 1.0}], "begin with 1 and rise"),
    (("map", "temperatures"), [{"windows": 1, "temperature": 0}], "0.01 to 100"),
    (("map", "knots"), [], "1 to 1000 for isotonic"),
    (("map", "knots"), [[0.5, 0.5], [0.5, 0.6]], "pairs that rise"),
    (("map", "knots"), [[0.5, 0.5], [0.6, 0.4]], "pairs that rise"),
    (("map", "scale"), [1, 1, 1], "length of calibration.map.scale"),
    (("map", "more"), 1, "one of its keys"),
    (("source", "sha256"), "abc", "64 lower-case hex"),
    (("source", "name"), "a\nb", "printable"),
    (("source", "fitted"), 901, "1 to 900"),
    (("sets", "alpha"), 1.5, "0 to 1"),
    (("sets", "quantiles"), [0.5, 0.5], "length of calibration.sets.quantiles"),
    (("sets", "by_label"), "no", "true or false"),
    (("risk", "thresholds"), [0.1, 0.5, 0.9], "numbers that fall"),
    (("risk", "errors"), [0, 301, 302], "above that of `answered`"),
    (("risk", "answered"), [10, 9, 8], "numbers that rise"),
    (("risk", "n"), True, "whole number"),
    (("usual", "quantiles"), {}, "lacks the key 'premise_words'"),
    (("usual", "premises"), 471, "1 to 470"),
    (("sets",), 3, "an object"),
    (("map",), None, "an object"),
]


@pytest.mark.parametrize(("keys", "value", "message"), WRONG)
def test_a_wrong_value_is_refused_with_what_is_allowed(keys: tuple[str, ...], value: Any, message: str):
    manifest = replace(tiny.manifest("int8"), calibration=RECORD).to_dict()
    place = manifest["calibration"]
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = value
    with pytest.raises(BundleError, match=message):
        Manifest.from_dict(manifest)


@pytest.mark.parametrize("key", list(RECORD.to_dict()))
def test_a_missing_part_is_refused_by_name(key: str):
    value = RECORD.to_dict()
    del value[key]
    with pytest.raises(BundleError, match=f"lacks the key '{key}'"):
        Calibration.from_dict(value, 3)
