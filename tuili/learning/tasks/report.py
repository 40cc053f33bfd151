"""How good models of other tasks than pairs are, on one set each."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tuili.evaluation.metrics import accuracy, class_scores, confusion_matrix, log_loss, macro_f1, occurring
from tuili.evaluation.tables import classification_table, markdown_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tuili.evaluation.metrics import ClassScores


@dataclass(frozen=True, slots=True)
class TextReport:
    """Of texts with one label each.

    Attributes:
        labels: In the order of `confusion`.
        log_loss: Mean negative log-probability of the gold label, in nats.
        per_class: Of each label that occurs in gold or predictions.
        confusion: Texts of each gold label (row) that were given each label (column).
    """

    labels: tuple[str, ...]
    n: int
    accuracy: float
    macro_f1: float
    log_loss: float
    per_class: Mapping[str, ClassScores]
    confusion: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, labels: Sequence[str], probabilities: NDArray[np.float64], gold: NDArray[np.int64]) -> TextReport:
        """*Shape:* `(n, labels)` and `(n,)`."""
        scores = class_scores(probabilities, gold)
        return cls(
            tuple(labels),
            len(gold),
            accuracy(probabilities, gold),
            macro_f1(probabilities, gold),
            log_loss(probabilities, gold),
            {labels[column]: scores[column] for column in occurring(probabilities, gold)},
            tuple(tuple(row) for row in confusion_matrix(probabilities, gold).tolist()),
        )

    def text(self) -> str:
        """The table that scikit-learn's `classification_report` gives."""
        return classification_table(self.per_class, self.accuracy)

    def markdown(self) -> str:
        rows = [
            (name, *(f"{x:.4f}" for x in (s.precision, s.recall, s.f1)), str(s.support))
            for name, s in self.per_class.items()
        ]
        figures = figures_table(self.figures())
        return f"{figures}\n{markdown_table(['label', 'precision', 'recall', 'F1', 'support'], rows)}"

    def figures(self) -> dict[str, float]:
        return {"n": self.n, "accuracy": self.accuracy, "macro_f1": self.macro_f1, "log_loss": self.log_loss}

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            **self.figures(),
            "labels": list(self.labels),
            "per_class": {name: scores.to_dict() for name, scores in self.per_class.items()},
            "confusion": [list(row) for row in self.confusion],
        }


@dataclass(frozen=True, slots=True)
class RegressionReport:
    """Of scores.

    Attributes:
        mse: Mean squared error.
        pearson: Correlation of the scores; how near to a line.
        spearman: Correlation of their ranks, equal scores sharing one (Spearman 1904).
    """

    n: int
    mse: float
    pearson: float
    spearman: float

    @classmethod
    def of(cls, predicted: NDArray[np.float64], gold: NDArray[np.float64]) -> RegressionReport:
        """*Shape:* both `(n,)`. A correlation with something that never varies is 0."""
        mse = float(np.square(predicted - gold).mean())
        return cls(len(gold), mse, correlation(predicted, gold), correlation(ranks(predicted), ranks(gold)))

    def text(self) -> str:
        shown = {"mean squared error": self.mse, "Pearson's r": self.pearson, "Spearman's rho": self.spearman}
        return "\n".join(f"{name:<19}{value:.4f}" for name, value in shown.items())

    def markdown(self) -> str:
        return figures_table(self.figures())

    def figures(self) -> dict[str, float]:
        return asdict(self)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Written:
    """A text that a model wrote, what was put to it, and what it should have written."""

    source: str
    target: str
    written: str


@dataclass(frozen=True, slots=True)
class GenerationReport:
    """Of generated texts.

    Attributes:
        loss: Mean cross-entropy of a target's token, the ones before it given, in nats; perplexity is its `exp`.
        token_accuracy: Share of those tokens that were the most probable ones.
        exact: Share of `written` that are the target to the character, white space at the ends aside.
        written: What the model wrote of itself, greedily, for the first rows.
    """

    n: int
    loss: float
    perplexity: float
    token_accuracy: float
    exact: float
    written: tuple[Written, ...]

    def text(self) -> str:
        lines = [
            f"loss of a token    {self.loss:.4f}",
            f"perplexity         {self.perplexity:.4g}",
            f"tokens right       {self.token_accuracy:.4f}",
            f"texts right        {self.exact:.4f} of {len(self.written)}",
        ]
        return "\n".join([*lines, *(f"  {text.source}\n  -> {text.written}" for text in self.written[:3])])

    def markdown(self) -> str:
        rows = [(_cell(text.source), _cell(text.target), _cell(text.written)) for text in self.written]
        return f"{figures_table(self.figures())}\n{markdown_table(['source', 'target', 'written'], rows)}"

    def figures(self) -> dict[str, float]:
        names = ("n", "loss", "perplexity", "token_accuracy", "exact")
        return {name: getattr(self, name) for name in names}

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {**self.figures(), "written": [asdict(text) for text in self.written]}


def correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Pearson's r: the covariance over the product of the standard deviations. *Shape:* both `(n,)`."""
    x, y = one - one.mean(), other - other.mean()
    scale = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / scale if scale > 0 else 0.0


def ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """From 1 up; equal values share the mean of theirs. *Shape:* `(n,)`."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[places], np.float64)


def figures_table(figures: Mapping[str, float]) -> str:
    rows = [(name.replace("_", " "), f"{x:,}" if isinstance(x, int) else f"{x:.4f}") for name, x in figures.items()]
    return markdown_table(["measure", "value"], rows)


def _cell(text: str) -> str:
    """On one line, and with nothing that ends a cell."""
    return " ".join(text.split()).replace("|", "\\|")
