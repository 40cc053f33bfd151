"""How much each word decides, cheaply: by hiding it, and by hiding everything else on its side.

Where the judge is `Occludable` (the embedded engine) hiding masks keys of the premise, and only the hypothesis side
runs again; for any other judge text is deleted. A word's weight joins three things that can be said without having
seen a single human highlight:

- how far the posterior moves when the word is hidden, `sum |Δ log p|` over the labels;
- how much it says for the label by itself, all other words of its side hidden (the log-odds gained);
- where the sides differ, a word that stands on both counts less: what both say is not what sets them apart. Where the
  premise entails the hypothesis, such a word of the premise counts a little more.

Relations: leave-one-out is the first alone, the Shapley value the mean over all companies. These are its two extremes,
at the cost of at most two readings of the hypothesis a word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tuili.engine.occlusion import log_probs_by_deletion
from tuili.explanation.attribution import Attribution
from tuili.explanation.lexical import content_words, parts, text_of, words
from tuili.perception.sentences import split_sentences
from tuili.types import Label, Part, Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tuili.types import Judge, Pair, Side, Verdict

# The first four were chosen on 500 pairs of the tune half of e-SNLI dev, see docs/decisions/0011.
ALONE = 0.3  # what a word says by itself, against what goes with it
ALONE_WORDS = 4  # words of the premise that are asked what they say by themselves
SHARED = 0.3  # what a word of both sides counts where the sides differ
SAME = 0.1  # what it counts at least where the premise entails the hypothesis
LONG = 60  # words of a premise from which on its sentences are weighed first
NARROWED = 16  # words that are then looked at one by one
MOST_BLOCKS = 12  # sentences that are hidden one by one; of more, neighbours go together first
BEST_GROUPS = 2  # groups of neighbours that are then looked into
LEAST_MOVE = 0.05  # log-probability, summed over labels: if no word moves more than this, none decides
LEAST = 1e-6


def weigh(judge: Judge, pair: Pair, verdict: Verdict) -> Attribution:
    """A weight from 0 to 1 for each content word, 1 for the strongest of its side; function words get none.

    Of a premise of more than `LONG` words only the sentences that decide most are looked into. All weights of a side
    are 0 where none of its words moves the verdict.
    """
    hypothesis = parts("hypothesis", content_words(pair.hypothesis))
    long = len(words(pair.premise)) > LONG
    where = _narrow(judge, pair) if long else [Span(0, len(pair.premise))]
    premise = [
        word
        for word in parts("premise", content_words(pair.premise))
        if any(span.start <= word.span.start and word.span.end <= span.end for span in where)
    ]
    every = premise + hypothesis
    rows = _hide(judge, pair, [(), *((word,) for word in every)])
    moved = np.abs(rows[1:] - rows[0]).sum(1)
    says = np.zeros(len(every)) if long else _alone(judge, pair, verdict, every, moved)
    weights = [
        _side_weights(pair, verdict, own, other, moved[place], says[place])
        for own, other, place in (
            (premise, hypothesis, slice(0, len(premise))),
            (hypothesis, premise, slice(len(premise), None)),
        )
    ]
    return Attribution(verdict.label, tuple(every), tuple(np.concatenate(weights).tolist()))


def _alone(
    judge: Judge, pair: Pair, verdict: Verdict, every: Sequence[Part], moved: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Log-odds that each word gains for the label by itself; of the premise's, only the `ALONE_WORDS` that move most.

    *Shape:* `(words,)`; 0 for those that were not asked about.
    """
    premise = [place for place, word in enumerate(every) if word.side == "premise"]
    asked = sorted(premise, key=lambda place: -moved[place])[:ALONE_WORDS]
    asked += [place for place, word in enumerate(every) if word.side == "hypothesis"]
    rows = _hide(judge, pair, [(_whole(pair, "premise"),), *(_around(pair, every[place]) for place in asked)])
    odds = _log_odds(rows[:, list(verdict.probabilities).index(verdict.label)])
    says = np.zeros(len(every))
    for place, gained in zip(asked, odds[1:], strict=True):
        says[place] = gained - odds[0] if every[place].side == "premise" else gained
    return says


def _hide(judge: Judge, pair: Pair, hidden: Sequence[Sequence[Part]]) -> NDArray[np.float64]:
    """Log-probabilities with each of `hidden` hidden, by masking where the judge can, else by deleting text."""
    occlude = getattr(judge, "occlude", None)  # a recorded judge passes it on without having it itself
    if occlude is not None:
        return np.asarray(occlude(pair, hidden), np.float64)
    return log_probs_by_deletion(judge, pair, hidden)


def _narrow(judge: Judge, pair: Pair) -> list[Span]:
    """The sentences of a long premise that move the verdict most, until they hold `NARROWED` words."""
    blocks = [block for sentence in split_sentences(pair.premise) for block in _blocks(pair.premise, sentence)]
    while len(blocks) > MOST_BLOCKS:
        # Of a very long premise neighbours are hidden together first, so that time does not grow with its square.
        size = -(-len(blocks) // MOST_BLOCKS)
        groups = [blocks[start : start + size] for start in range(0, len(blocks), size)]
        moved = _moved_without(judge, pair, groups)
        best = sorted(np.argsort(-moved, kind="stable")[:BEST_GROUPS].tolist())
        blocks = [block for index in best for block in groups[index]]
    moved = _moved_without(judge, pair, [[block] for block in blocks])
    chosen: list[Span] = []
    held = 0
    for index in np.argsort(-moved, kind="stable"):
        size = len(words(pair.premise[blocks[index].start : blocks[index].end]))
        if chosen and held + size > NARROWED:
            break
        chosen.append(blocks[index])
        held += size
    return chosen


def _moved_without(judge: Judge, pair: Pair, groups: Sequence[Sequence[Span]]) -> NDArray[np.float64]:
    """How far the posterior moves without each group of neighbouring spans. *Shape:* `(groups,)`."""
    spans = [Span(group[0].start, group[-1].end) for group in groups]
    rows = _hide(judge, pair, [(), *((Part("premise", span),) for span in spans)])
    return np.asarray(np.abs(rows[1:] - rows[0]).sum(1))


def _blocks(text: str, sentence: Span) -> list[Span]:
    """The sentence, cut where it is longer than what is looked at word by word."""
    inside = words(text[sentence.start : sentence.end])
    cuts = [sentence.start + inside[index].start for index in range(NARROWED, len(inside), NARROWED)]
    return [Span(start, end) for start, end in zip([sentence.start, *cuts], [*cuts, sentence.end], strict=True)]


def _whole(pair: Pair, side: Side) -> Part:
    return Part(side, Span(0, len(getattr(pair, side))))


def _around(pair: Pair, word: Part) -> tuple[Part, ...]:
    """All of a word's side but the word."""
    whole = _whole(pair, word.side).span
    return (
        Part(word.side, Span(whole.start, word.span.start)),
        Part(word.side, Span(word.span.end, whole.end)),
    )


def _side_weights(
    pair: Pair,
    verdict: Verdict,
    own: Sequence[Part],
    other: Sequence[Part],
    moved: NDArray[Any],
    says: NDArray[Any],
) -> NDArray[np.float64]:
    """Weights of one side's words. *Shape:* `(len(own),)`, as `moved` and `says`."""
    if not own or moved.max() < LEAST_MOVE:
        return np.zeros(len(own))
    gained = np.maximum(says, 0.0)
    joined = moved / moved.max() + ALONE * gained / max(float(gained.max()), LEAST)
    there = {text_of(pair, word).casefold() for word in other}
    shared = np.array([text_of(pair, word).casefold() in there for word in own])
    if verdict.label is not Label.ENTAILMENT:
        joined = joined * np.where(shared, SHARED, 1.0)
    elif own[0].side == "premise":
        joined = joined / joined.max() + SAME * shared
    return np.asarray(joined / joined.max())


def _log_odds(log_probs: NDArray[np.float64]) -> NDArray[np.float64]:
    p = np.clip(np.exp(log_probs), LEAST, 1 - LEAST)
    return np.asarray(np.log(p / (1 - p)))
