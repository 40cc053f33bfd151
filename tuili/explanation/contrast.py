"""The smallest edit that flips a verdict: a word left out, or put in the place of another.

Candidates are the words that an attribution finds most decisive, strongest first; each is left out, and replaced by
what `lexicon` knows in its place. All are read in one go. If no single word will do, the strongest two or three of a
side are left out together. What is found flips *this* judge; that nothing is found says only that these don't.

Relations: polyjuice and MiCE (Wu et al. 2021; Ross et al. 2021) let a language model write the edit, which is more
fluent and takes a language model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from tuili.engine.occlusion import delete_parts, judge_cut
from tuili.explanation.lexical import parts, text_of, words
from tuili.explanation.lexicon import substitutes
from tuili.types import Pair, Part, Side

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuili.explanation.attribution import Attribution
    from tuili.types import Judge, Label, Verdict

MOST = 24
"""Edits that are tried in the first round."""

DELETED = 4
"""Words of each side that are left out, strongest first."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of one side that gives another label.

    Attributes:
        side: Which text was changed.
        kind: Whether words were left out or replaced.
        before: The characters that were changed, verbatim; several places are joined by " … ".
        after: What stands there now; empty where they were left out.
        pair: The edited pair.
        label: Its label.
        confidence: The calibrated probability of that label.
    """

    side: Side
    kind: str
    before: str
    after: str
    pair: Pair
    label: Label
    confidence: float

    def to_dict(self) -> dict[str, Any]:
        return {
            "side": self.side,
            "kind": self.kind,
            "before": self.before,
            "after": self.after,
            "premise": self.pair.premise,
            "hypothesis": self.pair.hypothesis,
            "label": self.label.value,
            "confidence": self.confidence,
        }


@dataclass(frozen=True, slots=True)
class _Candidate:
    changed: tuple[Part, ...]
    after: str
    pair: Pair


def smallest_edit(
    judge: Judge, pair: Pair, verdict: Verdict, attribution: Attribution, *, most: int = MOST
) -> Edit | None:
    """The smallest edit among the candidates that changes the label; None where none does.

    Of edits that change as many words, one that replaces goes before one that leaves out, since it leaves a sentence;
    then the one the judge is surest of.

    Args:
        most: Single-word candidates to try.
    """
    single = _substitutions(pair, attribution) + _deletions(pair, attribution)
    several = _joint_deletions(pair, attribution)
    for candidates in (single[:most], several):
        flips = [
            (candidate, found)
            for candidate, found in zip(
                candidates, judge_cut(judge, [candidate.pair for candidate in candidates]), strict=True
            )
            if found.label is not verdict.label
        ]
        if flips:
            best, found = min(flips, key=lambda flip: (len(flip[0].changed), not flip[0].after, -flip[1].confidence))
            return _edit(pair, best, found)
    return None


def _edit(pair: Pair, candidate: _Candidate, found: Verdict) -> Edit:
    return Edit(
        side=candidate.changed[0].side,
        kind="substitution" if candidate.after else "deletion",
        before=" … ".join(text_of(pair, part) for part in candidate.changed),
        after=candidate.after,
        pair=candidate.pair,
        label=found.label,
        confidence=found.confidence,
    )


def _ranked(attribution: Attribution, side: Side) -> list[Part]:
    """The words of a side that have weight, strongest first."""
    own = [
        (weight, word)
        for word, weight in zip(attribution.words, attribution.weights, strict=True)
        if word.side == side and weight > 0
    ]
    return [word for _, word in sorted(own, key=lambda item: (-item[0], item[1].span))]


def _substitutions(pair: Pair, attribution: Attribution) -> list[_Candidate]:
    """The hypothesis first: it is short, and a verdict on it is cheap. Words with weight go before those without."""
    found = []
    for side in reversed(get_args(Side)):
        ranked = _ranked(attribution, side)
        negatable = [word for word in parts(side, words(getattr(pair, side))) if word not in ranked]
        for word in [*ranked, *negatable]:
            for other in substitutes(text_of(pair, word)):
                edited = _replaced(pair, word, other)
                if edited != pair and all(text.strip() for text in edited):
                    found.append(_Candidate((word,), other, edited))
    return found[: MOST // 2]


def _replaced(pair: Pair, word: Part, other: str) -> Pair:
    if not other:
        return delete_parts(pair, [word])
    text: str = getattr(pair, word.side)
    return pair._replace(**{word.side: text[: word.span.start] + other + text[word.span.end :]})


def _deletions(pair: Pair, attribution: Attribution) -> list[_Candidate]:
    words_of = [word for side in get_args(Side) for word in _ranked(attribution, side)[:DELETED]]
    return _kept([_Candidate((word,), "", delete_parts(pair, [word])) for word in words_of])


def _joint_deletions(pair: Pair, attribution: Attribution) -> list[_Candidate]:
    found = []
    for side in get_args(Side):
        ranked = _ranked(attribution, side)
        for size in (2, 3):
            if len(ranked) >= size:
                together = tuple(sorted(ranked[:size], key=lambda word: word.span))
                found.append(_Candidate(together, "", delete_parts(pair, together)))
    return _kept(found)


def _kept(candidates: Sequence[_Candidate]) -> list[_Candidate]:
    """Those that leave a word on both sides."""
    return [
        candidate
        for candidate in candidates
        if all(any(character.isalnum() for character in text) for text in candidate.pair)
    ]
