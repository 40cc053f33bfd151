from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("captum.attr")

sys.path.append(str(Path(__file__).parents[1] / "reasoning"))

import tiny_checkpoint

from tuili.engine.load import load
from tuili.errors import UsageError
from tuili.explanation.explain import explain
from tuili.types import THREE_WAY, Pair

PAIR = Pair("A man is sleeping outside.", "The man is awake.")


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    with tiny_checkpoint.threads(1):
        yield


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    directory = tiny_checkpoint.write_bert(tmp_path_factory.mktemp("joint") / "bert", names=THREE_WAY)
    return load(str(directory), check_labels=False)


def test_weights_sum_to_what_the_pair_has_over_its_baseline(checkpoint):
    """Completeness, but for the delta, which more steps make smaller."""
    few, many = (explain(checkpoint, PAIR, method="integrated_gradients", steps=steps, draws=0) for steps in (4, 200))
    assert many.attribution.delta is not None
    assert abs(many.attribution.delta) < 0.05
    assert abs(many.attribution.delta) <= abs(few.attribution.delta)
    assert len(many.attribution.words) == 9
    assert any(many.attribution.weights)
    assert many.to_dict()["convergence_delta"] == many.attribution.delta


def test_a_premise_of_several_windows_is_refused(checkpoint):
    with pytest.raises(UsageError, match="longer"):
        explain(checkpoint, ("A man is asleep. " * 40, "He is."), method="integrated_gradients")


def test_the_embedded_engine_has_no_gradients(tiny_engine):
    with pytest.raises(UsageError, match="checkpoint"):
        explain(tiny_engine, PAIR, method="integrated_gradients")
