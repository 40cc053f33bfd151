"""From weights of words to evidence: phrases of the original text, verbatim."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from tuili.types import Evidence, Label, Part, Side, Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuili.explanation.attribution import Attribution
    from tuili.types import Pair

SHARE: dict[Side, float] = {"premise": 0.2, "hypothesis": 0.1}
"""A word is evidence from this share of its side's strongest weight on; chosen on the tune half of e-SNLI dev."""

ENTAILED: dict[Side, float] = {"premise": 0.1, "hypothesis": 0.05}
"""The same for entailment: it takes all of the hypothesis, a contradiction only one point of it."""


def choose_words(attribution: Attribution) -> list[tuple[Part, float]]:
    """The words that decide, in the order of the text, with weights from 0 to 1.

    For a neutral verdict only words of the hypothesis: nothing in the premise speaks for "nothing follows".
    """
    chosen = []
    share = ENTAILED if attribution.label is Label.ENTAILMENT else SHARE
    for side in get_args(Side):
        if side == "premise" and attribution.label is Label.NEUTRAL:
            continue
        own = [item for item in zip(attribution.words, attribution.weights, strict=True) if item[0].side == side]
        most = max((weight for _, weight in own), default=0.0)
        if most > 0:
            chosen += [(word, weight / most) for word, weight in own if weight >= share[side] * most]
    return chosen


def evidence_of(pair: Pair, attribution: Attribution) -> tuple[Evidence, ...]:
    """Phrases with the largest weight of their words; premise first, each side in falling weight."""
    phrases = [_evidence(pair, phrase, attribution.label) for phrase in _phrases(pair, choose_words(attribution))]
    return tuple(sorted(phrases, key=lambda found: (found.side != "premise", -found.weight, found.span)))


def _phrases(pair: Pair, chosen: Sequence[tuple[Part, float]]) -> list[list[tuple[Part, float]]]:
    """Words with nothing but a space or a hyphen between them belong together."""
    phrases: list[list[tuple[Part, float]]] = []
    for part, weight in chosen:
        last = phrases[-1][-1][0] if phrases else None
        if last is not None and last.side == part.side:
            between = getattr(pair, part.side)[last.span.end : part.span.start]
            if between.strip(" -") == "" and len(between) <= 1:
                phrases[-1].append((part, weight))
                continue
        phrases.append([(part, weight)])
    return phrases


def _evidence(pair: Pair, phrase: list[tuple[Part, float]], label: Label) -> Evidence:
    side = phrase[0][0].side
    span = Span(phrase[0][0].span.start, phrase[-1][0].span.end)
    text: str = getattr(pair, side)
    return Evidence(side, span, text[span.start : span.end], label, max(weight for _, weight in phrase))
