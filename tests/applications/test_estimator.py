"""ZeroShotClassifier: what it learns, and that scikit-learn takes it for its own."""

from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import pytest
from overlap import HOSTILE, Counting
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import (
    check_estimator,
    check_estimator_repr,
    check_get_params_invariance,
    check_no_attributes_set_in_init,
    check_parameters_default_constructible,
    check_set_params,
)

from tuili.applications.estimator import ZeroShotClassifier
from tuili.errors import InvalidText, UsageError
from tuili.reasoning.scripted import Scripted

TEXTS = [f"{word} number {n}" for n in range(6) for word in ("goal", "vote", "bread")]
CLASSES = ["sport", "politics", "cooking"] * 6
MEANS = {"goal": "sport", "vote": "politics", "bread": "cooking"}


def knowing(bias=0.0, template="about"):
    """Knows what the words mean if the template says `about`; likes politics too much by `bias`."""

    def script(premise, hypothesis):
        right = MEANS[premise.split()[0]] in hypothesis and template in hypothesis
        chance = (0.6 if right else 0.3) + (bias if "politics" in hypothesis else 0.0)
        return {"entailment": chance, "neutral": 1 - chance}

    return Scripted(script)


def test_fit_unlearns_what_the_judge_favours():
    model = ZeroShotClassifier(knowing(bias=0.35)).fit(TEXTS, CLASSES)
    # Untaught, everything would be politics: 0.65 beats 0.6.
    assert (model.predict(TEXTS) == CLASSES).all()
    assert model.offsets_[list(model.classes_).index("politics")] == model.offsets_.min()


def test_fit_chooses_the_template_that_reads_best():
    model = ZeroShotClassifier(knowing(template="topic"), templates=("This is {}.", "The topic is {}.")).fit(
        TEXTS, CLASSES
    )
    assert model.template_ == "The topic is {}."
    assert model.log_loss_ < np.log(3)


def test_probabilities_are_calibrated_by_the_examples():
    sure = ZeroShotClassifier(knowing()).fit(TEXTS, CLASSES)
    noisy = ZeroShotClassifier(knowing()).fit(TEXTS, CLASSES[:9] + CLASSES[10:] + CLASSES[9:10])
    assert sure.predict_proba(TEXTS).max(axis=1).mean() > noisy.predict_proba(TEXTS).max(axis=1).mean()
    assert sure.predict_proba(TEXTS).sum(axis=1) == pytest.approx(1)
    assert sure.predict_proba([]).shape == (0, 3)


def test_words_stand_for_classes_that_say_nothing():
    numbers = [list(MEANS.values()).index(name) for name in CLASSES]
    model = ZeroShotClassifier(knowing(), words=dict(enumerate(MEANS.values()))).fit(TEXTS, numbers)
    assert model.predict(["vote number 99"]).tolist() == [1]


def test_one_example_a_class_is_enough():
    model = ZeroShotClassifier(knowing()).fit(TEXTS[:3], CLASSES[:3])
    assert np.isnan(model.log_loss_)
    assert model.predict(["bread again"]).tolist() == ["cooking"]


def test_it_works_in_a_pipeline_and_in_cross_validation():
    model = ZeroShotClassifier(knowing())
    pipeline = make_pipeline(FunctionTransformer(lambda texts: [re.sub("_", " ", text) for text in texts]), model)
    assert cross_val_score(pipeline, TEXTS, CLASSES, cv=3).mean() == 1
    assert cross_val_score(model, TEXTS, CLASSES, cv=3, scoring="neg_log_loss").mean() > -1


def test_a_clone_is_unfitted_and_shares_the_judge():
    model = ZeroShotClassifier(knowing(), templates=("{}!",)).fit(TEXTS, CLASSES)
    copy = clone(model)
    assert copy.judge is model.judge
    assert copy.templates == ("{}!",)
    with pytest.raises(NotFittedError):
        copy.predict(TEXTS)


# scikit-learn says that it leaves out what needs tables of numbers
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_it_passes_scikit_learns_own_checks_as_far_as_they_take_texts():
    model = ZeroShotClassifier(Scripted(default="neutral"))
    assert {result["status"] for result in check_estimator(model)} == {"passed"}
    for check in (
        check_estimator_repr,
        check_get_params_invariance,
        check_no_attributes_set_in_init,
        check_parameters_default_constructible,
        check_set_params,
    ):
        check("ZeroShotClassifier", model)


@pytest.mark.parametrize(
    ("texts", "classes", "options", "error"),
    [
        ([], [], {}, UsageError),
        (["a"], ["x"], {}, UsageError),
        (["a", "b"], ["x"], {}, UsageError),
        ("ab", ["x", "y"], {}, UsageError),
        (["a", ""], ["x", "y"], {}, InvalidText),
        (["a", "b"], ["x", "y"], {"templates": ()}, UsageError),
        (["a", "b"], ["x", "y"], {"templates": ("none",)}, UsageError),
    ],
)
def test_what_cannot_be_learned_from_is_refused(texts, classes, options, error):
    with pytest.raises(error):
        ZeroShotClassifier(Counting(), **options).fit(texts, classes)


def test_hostile_texts_are_texts():
    model = ZeroShotClassifier(Counting()).fit(HOSTILE, ["x", "y"] * (len(HOSTILE) // 2))
    assert len(model.predict(HOSTILE)) == len(HOSTILE)


def test_without_scikit_learn_the_error_names_the_extra():
    code = (
        "import sys; sys.modules['sklearn'] = None\n"
        "try:\n    import tuili.applications.estimator\n"
        "except Exception as error:\n    print(type(error).__name__, error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == 'MissingExtra this needs scikit-learn: pip install "tuili[sklearn]"'
