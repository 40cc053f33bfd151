"""Zero-shot classification as a scikit-learn estimator, which learns from a few examples what it can.

Without examples of a class the judge's entailment of its statement is all there is. With some, `fit` learns three
things by cross-validated log-loss: which template of several reads best, how far the log-odds should be trusted (one
scale), and how much the judge favours each class (an offset each, held small). So it is calibrated, and a class
whose name the judge likes too much no longer takes the others' texts. The judge itself is not trained.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tuili.applications.asking import check_texts, entailment, judged, log_odds
from tuili.applications.classify import TEMPLATE, check_template
from tuili.errors import MissingExtra, UsageError

try:
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.utils.validation import check_is_fitted
except ImportError as error:
    raise MissingExtra("scikit-learn", "sklearn") from error

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tuili.types import Judge

TEMPLATES = (TEMPLATE, "This is {}.", "This example is about {}.", "The topic is {}.")
_FOLDS = 3
_STEPS = 200
_RATE = 0.5
_PULL = 0.02  # toward scale 1 and offsets 0


class ZeroShotClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Classifies texts by what each class's statement says of them.

    Parameters:
        judge: A judge, the address of a model for `tuili.load`, or None for the embedded model.
        templates: Statements with `{}` for the class's words; `fit` chooses one.
        words: What to say of each class, where its label doesn't: `{0: "a complaint", 1: "praise"}`.

    Attributes after `fit`: `classes_`, `template_`, `scale_`, `offsets_`, `log_loss_` (of the chosen template, on folds
    held out; NaN where there are too few examples for folds).
    """

    def __init__(
        self,
        judge: Judge | str | None = None,
        templates: Sequence[str] = TEMPLATES,
        words: Mapping[Any, str] | None = None,
    ) -> None:
        self.judge = judge
        self.templates = templates
        self.words = words

    def fit(self, X: Sequence[str], y: Sequence[Any]) -> ZeroShotClassifier:  # noqa: N803
        """Choose the template, and fit scale and offsets.

        Raises:
            UsageError: No or unequal numbers of texts and labels, fewer than two classes, or a template without `{}`.
            InvalidText: A text can't be judged.
        """
        texts = check_texts(X, "text")
        labels = np.asarray(y)
        if len(texts) != len(labels) or not texts:
            raise UsageError(f"fit takes as many labels as texts, at least one; got {len(texts)} and {len(labels)}")
        templates = [self.templates] if isinstance(self.templates, str) else list(self.templates)
        if not templates:
            raise UsageError("there is no template; give at least one")
        for template in templates:
            check_template(template)
        self.classes_, gold = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise UsageError("there is one class only; give examples of at least two")
        best = None
        for template in templates:
            odds = self._odds(texts, template)
            loss = _held_out_loss(odds, gold)
            # Without folds the first template stands.
            if best is None or loss < best[0]:
                best = (loss, template, odds)
        if best is not None:
            self.log_loss_, self.template_, odds = best
            self.scale_, self.offsets_ = _fitted(odds, gold)
        return self

    def predict_proba(self, X: Sequence[str]) -> NDArray[np.float64]:  # noqa: N803
        """Probability of each class. *Shape:* `(texts, classes)`, in the order of `classes_`."""
        check_is_fitted(self)
        texts = check_texts(X, "text")
        if not texts:
            return np.zeros((0, len(self.classes_)))
        return _softmax(self.scale_ * self._odds(texts, self.template_) + self.offsets_)

    def predict(self, X: Sequence[str]) -> NDArray[Any]:  # noqa: N803
        """The most probable class of each text. *Shape:* `(texts,)`."""
        probabilities = self.predict_proba(X)
        return np.asarray(self.classes_[probabilities.argmax(axis=1)])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        return tags

    def __sklearn_clone__(self) -> ZeroShotClassifier:
        """The clone shares the judge: a copy would load the model again."""
        return type(self)(**self.get_params(deep=False))

    def _odds(self, texts: list[str], template: str) -> NDArray[np.float64]:
        """Log-odds of entailment. *Shape:* `(texts, classes)`."""
        words = self.words or {}
        statements = [template.replace("{}", str(words.get(name, name))) for name in self.classes_.tolist()]
        verdicts = judged(_judge(self.judge), [(text, statement) for text in texts for statement in statements])
        odds = [log_odds(entailment(verdict)) for verdict in verdicts]
        return np.array(odds).reshape(len(texts), len(statements))


_loaded: dict[str | None, Judge] = {}


def _judge(judge: Judge | str | None) -> Judge:
    if judge is not None and not isinstance(judge, str):
        return judge
    if judge not in _loaded:
        from tuili.engine.load import load

        _loaded[judge] = load(judge)
    return _loaded[judge]


def _held_out_loss(odds: NDArray[np.float64], gold: NDArray[np.int64]) -> float:
    """Mean log-loss over folds that take every class in turn; NaN where a class has a single example."""
    if np.bincount(gold).min() < 2:
        return float("nan")
    fold = np.empty(len(gold), np.int64)
    for number in np.unique(gold):
        places = np.flatnonzero(gold == number)
        fold[places] = np.arange(len(places)) % _FOLDS
    losses = []
    for number in np.unique(fold):
        scale, offsets = _fitted(odds[fold != number], gold[fold != number])
        probabilities = _softmax(scale * odds[fold == number] + offsets)
        losses += (-np.log(probabilities[np.arange(len(probabilities)), gold[fold == number]])).tolist()
    return float(np.mean(losses))


def _fitted(odds: NDArray[np.float64], gold: NDArray[np.int64]) -> tuple[float, NDArray[np.float64]]:
    """Scale and offsets of least log-loss, pulled toward 1 and 0; a convex problem, by gradient descent."""
    onehot = np.eye(odds.shape[1])[gold]
    size = max(float(np.abs(odds).max()), 1.0)
    unit = odds / size  # so that one rate does for scale and offsets
    scale, offsets = size, np.zeros(odds.shape[1])
    for _ in range(_STEPS):
        off = (_softmax(scale * unit + offsets) - onehot) / len(odds)
        scale -= _RATE * (float((off * unit).sum()) + _PULL * (scale / size - 1) / size)
        offsets = offsets - _RATE * (off.sum(axis=0) + _PULL * offsets)
    return max(scale, 0.0) / size, offsets


def _softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))
