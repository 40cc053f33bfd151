"""Classify a text without examples: each label makes a statement about the text, and the judge says which follow.

After Yin et al. (2019). One premise, as many hypotheses as labels, one batch: an engine perceives the text once,
so that a thousand labels cost little more than their own words.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tuili.applications.asking import check_texts, entailment, judged, log_odds
from tuili.data.text import check_text
from tuili.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tuili.types import Judge, Verdict

TEMPLATE = "This text is about {}."
STEP = ">"
"""What stands between the levels of a label: `sport > football`."""


@dataclass(frozen=True, slots=True)
class Classification:
    """What a text was found to be.

    Attributes:
        text: What was classified.
        labels: All labels, the most probable first.
        probabilities: Of each label, in that order. They sum to 1, unless several labels may hold.
        verdicts: The judge's verdict on each label's statement, in that order; of `a > b`, on that of b.
        multi_label: Whether several labels may hold at once.
    """

    text: str
    labels: tuple[str, ...]
    probabilities: tuple[float, ...]
    verdicts: tuple[Verdict, ...]
    multi_label: bool

    @property
    def label(self) -> str:
        """The most probable label."""
        return self.labels[0]

    @property
    def probability(self) -> float:
        """Its probability."""
        return self.probabilities[0]

    def holding(self, threshold: float = 0.5) -> tuple[str, ...]:
        """The labels that are at least this probable, best first; possibly none."""
        pairs = zip(self.labels, self.probabilities, strict=True)
        return tuple(label for label, probability in pairs if probability >= threshold)

    def to_dict(self) -> dict[str, Any]:
        return {
            "label": self.label,
            "probability": self.probability,
            "multi_label": self.multi_label,
            "labels": [
                {"label": label, "probability": probability, "verdict": verdict.to_dict()}
                for label, probability, verdict in zip(self.labels, self.probabilities, self.verdicts, strict=True)
            ],
        }


def classify(
    judge: Judge, text: str, labels: Sequence[str], template: str = TEMPLATE, *, multi_label: bool = False
) -> Classification:
    """Which of the labels a text has.

    Args:
        judge: Who decides.
        text: What is classified.
        labels: What it may be, each once. A label of several levels is written `sport > football`: the text's chance
            of the whole is that of `sport` among its siblings times that of `football` among its own.
        template: The statement a label makes, `{}` for the label's last level.
        multi_label: False: one label holds; probabilities are the softmax of the log-odds of entailment. True: each
            label is judged alone, and of several levels the least probable one counts.

    Raises:
        UsageError: No labels, a label twice, or a template without `{}`.
        InvalidText: The text or a label can't be judged.
    """
    return classify_many(judge, [text], labels, template, multi_label=multi_label)[0]


def classify_many(
    judge: Judge, texts: Sequence[str], labels: Sequence[str], template: str = TEMPLATE, *, multi_label: bool = False
) -> list[Classification]:
    """As `classify`, for several texts in one batch; one result for each, in order."""
    statements = _statements(labels, template)
    texts = [check_text(texts[0], "text")] if len(texts) == 1 else check_texts(texts, "text")
    verdicts = iter(judged(judge, [(text, statement) for text in texts for statement in statements.values()]))
    return [
        _classified(text, labels, {node: next(verdicts) for node in statements}, multi_label=multi_label)
        for text in texts
    ]


def _statements(labels: Sequence[str], template: str) -> dict[tuple[str, ...], str]:
    """The statement of each node of the tree of labels."""
    check_template(template)
    checked = check_texts(labels, "label")
    paths = [path_of(label) for label in checked]
    if not paths:
        raise UsageError("there are no labels; give at least one")
    whole = set(paths)
    if len(whole) != len(paths):
        twice = next(label for place, label in enumerate(checked) if paths.index(path_of(label)) != place)
        raise UsageError(f"the label {twice!r} is given twice")
    if any(path[:depth] in whole for path in paths for depth in range(1, len(path))):
        raise UsageError("a label that has labels below it can't be one itself; name it as `sport > other`")
    nodes = dict.fromkeys(path[:depth] for path in paths for depth in range(1, len(path) + 1))
    return {node: template.replace("{}", node[-1]) for node in nodes}


def check_template(template: object) -> None:
    """Raises UsageError where the template is no string with a `{}` in it."""
    if not isinstance(template, str) or "{}" not in template:
        raise UsageError(f"a template is a statement with {{}} for the label, such as {TEMPLATE!r}; got {template!r}")


def path_of(label: str) -> tuple[str, ...]:
    """The levels of a label, outermost first."""
    levels = tuple(level.strip() for level in label.split(STEP))
    if not all(levels):
        raise UsageError(f"the label {label!r} has an empty level; write `sport {STEP} football`")
    return levels


def _classified(
    text: str, labels: Sequence[str], verdicts: Mapping[tuple[str, ...], Verdict], *, multi_label: bool
) -> Classification:
    chance = {node: entailment(verdict) for node, verdict in verdicts.items()}
    if not multi_label:
        chance = _among_siblings(chance)
    combine = min if multi_label else math.prod
    rows = []
    for label in labels:
        path = path_of(label)
        rows.append((label, combine([chance[path[:depth]] for depth in range(1, len(path) + 1)]), verdicts[path]))
    rows.sort(key=lambda row: -row[1])
    return Classification(
        text=text,
        labels=tuple(row[0] for row in rows),
        probabilities=tuple(row[1] for row in rows),
        verdicts=tuple(row[2] for row in rows),
        multi_label=multi_label,
    )


def _among_siblings(chance: Mapping[tuple[str, ...], float]) -> dict[tuple[str, ...], float]:
    """Softmax of log-odds among the nodes that share a parent."""
    families: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for node in chance:
        families.setdefault(node[:-1], []).append(node)
    shares: dict[tuple[str, ...], float] = {}
    for family in families.values():
        odds = [log_odds(chance[node]) for node in family]
        weights = [math.exp(value - max(odds)) for value in odds]
        total = sum(weights)
        shares |= {node: weight / total for node, weight in zip(family, weights, strict=True)}
    return shares
