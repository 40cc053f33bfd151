from __future__ import annotations

import json

import pytest
from made_judges import sleeper, supporter

import tuili
from tuili.audit.log import Log
from tuili.audit.recorded import Recorded
from tuili.errors import InputError, UsageError
from tuili.explanation.explain import explain
from tuili.explanation.with_evidence import WithEvidence
from tuili.types import Pair

PAIR = Pair("The old man is sleeping on a bench.", "Some man is running quickly.")


def test_faithfulness_is_measured_on_the_verdict_itself():
    found = explain(sleeper(), PAIR, draws=20, seed=3)
    assert found.faithfulness is not None
    assert found.comprehensiveness == pytest.approx(0.85, abs=1e-3)
    assert found.sufficiency == pytest.approx(0.0, abs=1e-3)
    # a random word of each side seldom is the right one
    assert found.faithfulness.comprehensiveness_random < 0.6
    assert found.faithfulness.sufficiency_random > 0.5
    assert found.faithfulness.premise_loss == pytest.approx(0.85, abs=1e-3)
    assert found.confirmed


def test_evidence_that_is_not_true_of_the_judge_is_not_confirmed():
    """Comprehensiveness can fail: the judge says the same without the words that were blamed."""
    from tuili.explanation.faithfulness import measure
    from tuili.types import Evidence, Label, Span

    verdict = sleeper().judge([PAIR])[0]
    blamed = Evidence("premise", Span(4, 7), "old", Label.CONTRADICTION, 1.0)
    found = measure(sleeper(), PAIR, verdict, [blamed], draws=5, seed=0)
    assert found is not None
    assert found.comprehensiveness == pytest.approx(0.0, abs=1e-6)


def test_of_entailment_only_the_premise_is_cut():
    found = explain(supporter(), ("A dog plays in the snow.", "An animal is cold."), draws=4)
    assert found.comprehensiveness == pytest.approx(0.8, abs=1e-3)
    assert found.comprehensiveness == found.faithfulness.premise_loss


def test_the_same_seed_draws_the_same_words(tiny_engine):
    pair = ("the man is sleeping in a park", "two dog was not running outside")
    first, again = (explain(tiny_engine, pair, draws=3, seed=5).to_dict() for _ in range(2))
    assert first == again


@pytest.mark.parametrize(
    "options",
    [
        {"method": "attention"},
        {"draws": -1},
        {"draws": 1.5},
        {"permutations": 3},
        {"permutations": 0},
        {"steps": 0},
        {"method": "integrated_gradients"},
    ],
)
def test_options_that_cannot_be_are_refused(options):
    with pytest.raises(UsageError):
        explain(sleeper(), PAIR, **options)


def test_a_pair_that_cannot_be_judged_is_an_input_error(tiny_engine):
    with pytest.raises(InputError, match="hypothesis: text is empty"):
        explain(tiny_engine, ("a dog.", ""))


def test_an_explanation_is_json_ready(tiny_engine):
    found = explain(tiny_engine, ("the man is sleeping in a park", "two dog was not running"), edit=True)
    assert json.loads(json.dumps(found.to_dict())) == found.to_dict()
    assert tuili.Verdict.from_dict(found.to_dict()["verdict"]) == found.verdict


def test_a_judge_with_evidence_is_a_judge():
    judge = WithEvidence(sleeper())
    first, second = judge.judge([PAIR, ("Dogs bark.", "Cats run.")])
    assert [found.text for found in first.evidence] == ["sleeping", "running"]
    assert second.label == "neutral"
    assert judge.name == "scripted"
    with pytest.raises(AttributeError, match="not passed on"):
        judge.score([PAIR])
    assert judge.explained[0].verdict is first
    with pytest.raises(UsageError):
        WithEvidence(sleeper(), method="none")


def test_evidence_goes_on_record(tmp_path):
    with Log(tmp_path / "log") as log:
        verdict = Recorded(WithEvidence(sleeper()), log).judge([PAIR])[0]
    written = b"".join(path.read_bytes() for path in sorted((tmp_path / "log").rglob("*")) if path.is_file())
    assert verdict.evidence
    assert b'"sleeping"' in written


def test_a_recorded_engine_is_explained_by_masking(tiny_engine, tmp_path, monkeypatch):
    """Masked variants are no verdicts, and so are not on record."""
    pair = ("the man is sleeping in a park", "two dog was not running")
    with Log(tmp_path / "log") as log:
        recorded = explain(Recorded(tiny_engine, log), pair, draws=0)
    assert recorded.to_dict() == explain(tiny_engine, pair, draws=0).to_dict()


@pytest.mark.parametrize("pair", ["ab", ("one",), ("a", "b", "c"), None, 3])
def test_what_is_no_pair_is_refused(pair):
    with pytest.raises(InputError, match=r"a pair is \(premise, hypothesis\)"):
        explain(sleeper(), pair)
