"""How good a judge's explanations are: like people's (plausible), and true of the model (faithful).

The two are not the same. A plausible explanation of a wrong verdict persuades; a faithful one of an odd model is odd.

Relations: measures as in ERASER (DeYoung et al. 2020): token F1, F1 of spans that agree by half of their union,
comprehensiveness and sufficiency, the latter two beside those of random words. Where a pair has several annotators
each measure is the mean over them, as if each alone were right.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from tuili.errors import DataError, InputError, ModelError, UsageError
from tuili.evaluation.highlights import Highlighted, read_highlighted
from tuili.explanation.explain import explain
from tuili.types import Label, Side

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from tuili.explanation.explanation import Explanation
    from tuili.types import Evidence, Judge

LABELS = (Label.ENTAILMENT, Label.CONTRADICTION)
"""What is scored by default. Of neutral pairs people mark only the hypothesis."""

HALF = 0.5
Words = tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Plausibility:
    """How far evidence is what people marked; means over pairs and annotators, 0 to 1."""

    token_f1: float
    token_precision: float
    token_recall: float
    iou_f1: float

    def to_dict(self) -> dict[str, float]:
        return {
            "token_f1": self.token_f1,
            "token_precision": self.token_precision,
            "token_recall": self.token_recall,
            "iou_f1": self.iou_f1,
        }


@dataclass(frozen=True, slots=True)
class ExplanationReport:
    """How good explanations were on one file.

    Attributes:
        model: Which model was explained.
        method: How.
        n: How many pairs were explained.
        with_evidence: On how many of them words were found that decide.
        right: How many of the verdicts were right.
        plausibility: Against highlights; None where the file has none.
        by_label: The same for the pairs of each gold label.
        comprehensiveness, comprehensiveness_random, sufficiency, sufficiency_random: Means over the pairs with
            evidence; None where there are none.
    """

    model: str
    method: str
    n: int
    with_evidence: int
    right: int
    plausibility: Plausibility | None
    by_label: dict[Label, Plausibility]
    comprehensiveness: float | None
    comprehensiveness_random: float | None
    sufficiency: float | None
    sufficiency_random: float | None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "model": self.model,
            "method": self.method,
            "n": self.n,
            "with_evidence": self.with_evidence,
            "right": self.right,
            "plausibility": None if self.plausibility is None else self.plausibility.to_dict(),
            "by_label": {label.value: scores.to_dict() for label, scores in self.by_label.items()},
            "comprehensiveness": self.comprehensiveness,
            "comprehensiveness_random": self.comprehensiveness_random,
            "sufficiency": self.sufficiency,
            "sufficiency_random": self.sufficiency_random,
        }

    def text(self) -> str:
        """The numbers for a terminal."""
        lines = [f"{self.n:,} pairs, {self.with_evidence:,} with evidence; {self.model}, {self.method}"]
        if self.plausibility is not None:
            for name, scores in [("all", self.plausibility), *self.by_label.items()]:
                lines.append(
                    f"  {name:<14} token F1 {scores.token_f1:.4f}   precision {scores.token_precision:.4f}   "
                    f"recall {scores.token_recall:.4f}   IOU F1 {scores.iou_f1:.4f}"
                )
        if self.comprehensiveness is not None:
            lines.append(
                f"  comprehensiveness {self.comprehensiveness:.4f} (random {self.comprehensiveness_random:.4f})   "
                f"sufficiency {self.sufficiency:.4f} (random {self.sufficiency_random:.4f})"
            )
        return "\n".join(lines)


def evaluate_explanations(
    judge: Judge,
    path: str | Path,
    *,
    method: str = "evidence",
    sample: int | None = None,
    labels: Sequence[Label] = LABELS,
    draws: int = 3,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
) -> ExplanationReport:
    """Explain the pairs of a file, and score the explanations against people's highlights and against the judge.

    Args:
        judge: Any judge.
        path: Labelled pairs; columns `premise_marked_1`, `hypothesis_marked_1` and so on hold the highlights, see
            `highlights`. Without them only faithfulness is measured.
        method: Of `tuili.explain`.
        sample: How many pairs to draw; None: all.
        labels: Pairs of other gold labels are left out.
        draws: How often random words are drawn for each pair.
        seed: Of the sample and the draws.
        progress: Called with the number of pairs done so far.

    Raises:
        DataError: The file or a row of it can't be read or explained, or no row has one of the labels.
        UsageError: An option that can't be.
    """
    if sample is not None and sample < 1:
        raise UsageError(f"sample must be 1 or more, got {sample}")
    rows = _sampled((row for row in read_highlighted(path) if row.label in labels), sample, seed)
    if not rows:
        raise DataError(f"no row is labelled {' or '.join(labels)}", path=path)
    explained = []
    for done, row in enumerate(rows, 1):
        try:
            found = explain(judge, (row.premise, row.hypothesis), method=method, draws=draws, seed=seed)
        except InputError as error:
            raise DataError(str(error), path=path, row=row.row) from error
        explained.append(found)
        if progress is not None:
            progress(done)
    return score_explanations(rows, explained)


def score_explanations(rows: Sequence[Highlighted], explained: Sequence[Explanation]) -> ExplanationReport:
    """The report on explanations that are there already, one for each row."""
    if len(rows) != len(explained):
        raise ModelError(f"{len(explained)} explanations of {len(rows)} pairs")
    scored = {
        index: plausibility(row, found.verdict.evidence)
        for index, (row, found) in enumerate(zip(rows, explained, strict=True))
        if row.marked
    }
    tested = [found.faithfulness for found in explained if found.faithfulness is not None]
    present = dict.fromkeys(row.label for row in rows)
    return ExplanationReport(
        model=" + ".join(dict.fromkeys(found.verdict.model for found in explained)),
        method=explained[0].method,
        n=len(rows),
        with_evidence=sum(bool(found.verdict.evidence) for found in explained),
        right=sum(found.verdict.label is row.label for row, found in zip(rows, explained, strict=True)),
        plausibility=_mean_plausibility(list(scored.values())) if scored else None,
        by_label={
            label: _mean_plausibility(of_label)
            for label in present
            if (of_label := [scores for index, scores in scored.items() if rows[index].label is label])
        },
        comprehensiveness=_mean([f.comprehensiveness for f in tested]) if tested else None,
        comprehensiveness_random=_mean([f.comprehensiveness_random for f in tested]) if tested else None,
        sufficiency=_mean([f.sufficiency for f in tested]) if tested else None,
        sufficiency_random=_mean([f.sufficiency_random for f in tested]) if tested else None,
    )


def plausibility(row: Highlighted, evidence: Iterable[Evidence]) -> Plausibility:
    """Evidence against the highlights of a row, mean over its annotators; both sides count together."""
    return plausibility_of_words(row, words_of(row, evidence))


def plausibility_of_words(row: Highlighted, chosen: tuple[Words, Words]) -> Plausibility:
    """The same for words that were chosen in any other way, as flags of the words between white space."""
    return _mean_plausibility([_against(chosen, marked) for marked in row.marked])


def words_of(row: Highlighted, evidence: Iterable[Evidence]) -> tuple[Words, Words]:
    """Which words of premise and hypothesis share a character with evidence."""
    listed = list(evidence)
    sides = []
    for side in get_args(Side):
        own = [found.span for found in listed if found.side == side]
        places = [match.span() for match in re.finditer(r"\S+", getattr(row, side))]
        sides.append(tuple(any(span.start < end and span.end > start for span in own) for start, end in places))
    return sides[0], sides[1]


def _against(chosen: tuple[Words, Words], marked: tuple[Words, Words]) -> Plausibility:
    flags = [(c, m) for side in (0, 1) for c, m in zip(chosen[side], marked[side], strict=True)]
    both = sum(c and m for c, m in flags)
    ours, theirs = sum(c for c, _ in flags), sum(m for _, m in flags)
    our_spans, their_spans = _spans(chosen), _spans(marked)
    return Plausibility(
        token_f1=_f1(both, both, ours, theirs),
        token_precision=both / ours if ours else float(not theirs),
        token_recall=both / theirs if theirs else float(not ours),
        iou_f1=_f1(
            _matched(our_spans, their_spans), _matched(their_spans, our_spans), len(our_spans), len(their_spans)
        ),
    )


def _spans(sides: tuple[Words, Words]) -> list[tuple[int, int, int]]:
    """Runs of marked words, as side, first word, one past the last."""
    found = []
    for side, flags in enumerate(sides):
        padded = (False, *flags, False)
        edges = [index for index in range(len(flags) + 1) if padded[index] != padded[index + 1]]
        found += [(side, start, end) for start, end in zip(edges[::2], edges[1::2], strict=True)]
    return found


def _matched(spans: Sequence[tuple[int, int, int]], others: Sequence[tuple[int, int, int]]) -> int:
    """How many of the spans agree with one of the others by half of their union or more."""
    return sum(any(one[0] == other[0] and _iou(one[1:], other[1:]) >= HALF for other in others) for one in spans)


def _iou(one: tuple[int, int], other: tuple[int, int]) -> float:
    shared = min(one[1], other[1]) - max(one[0], other[0])
    return max(0, shared) / (max(one[1], other[1]) - min(one[0], other[0]))


def _f1(found: int, met: int, ours: int, theirs: int) -> float:
    """1 where neither has anything."""
    if not ours and not theirs:
        return 1.0
    precision = found / ours if ours else 0.0
    recall = met / theirs if theirs else 0.0
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _mean_plausibility(scores: Sequence[Plausibility]) -> Plausibility:
    return Plausibility(
        token_f1=_mean([score.token_f1 for score in scores]),
        token_precision=_mean([score.token_precision for score in scores]),
        token_recall=_mean([score.token_recall for score in scores]),
        iou_f1=_mean([score.iou_f1 for score in scores]),
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _sampled(rows: Iterable[Highlighted], size: int | None, seed: int) -> list[Highlighted]:
    """Rows drawn evenly, in the order of the file (Vitter's algorithm R)."""
    if size is None:
        return list(rows)
    rng = random.Random(seed)  # noqa: S311 - which rows are drawn is no secret
    kept: list[Highlighted] = []
    for number, row in enumerate(rows):
        if number < size:
            kept.append(row)
        elif (place := rng.randrange(number + 1)) < size:
            kept[place] = row
    return sorted(kept, key=lambda row: row.row)
