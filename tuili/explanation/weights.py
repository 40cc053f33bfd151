"""How much each word decides, cheaply: by hiding it, and by hiding everything else on its side.

Where the judge is `Occludable` (the embedded engine) hiding masks keys of the premise, and only the hypothesis side
runs again; for any other judge text is deleted. A word's weight joins three things that can be said without having
seen a single human highlight:

- how far the posterior moves when the word is hidden, `sum |Δ log p|` over the labels;
- how much it says for the label by itself, all other words of its side hidden (the log-odds gained);
- for a contradiction or a neutral verdict, a word that stands on both sides counts half: what both say is not what
  sets them apart.

Relations: leave-one-out is the first alone, the Shapley value the mean over all companies. These are its two extremes,
at the cost of two readings of the hypothesis a word.
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

ALONE = 0.3  # what a word says by itself, against what goes with it; chosen on the tune half of e-SNLI dev
SHARED = 0.5  # likewise
LONG = 60  # words of a premise from which on its sentences are weighed first
NARROWED = 30  # words that are then looked at one by one
MOST_BLOCKS = 48  # sentences that are hidden one by one; of more, neighbours go together first
BEST_GROUPS = 3  # groups of neighbours that are then looked into
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
    # By itself a word of a long premise says little, and asking costs as much again.
    alone = hypothesis if long else every
    hidden: list[tuple[Part, ...]] = [(), (_whole(pair, "premise"),)]
    hidden += [(word,) for word in every]
    hidden += [_around(pair, word) for word in alone]
    rows = _hide(judge, pair, hidden)
    column = list(verdict.probabilities).index(verdict.label)
    moved = np.abs(rows[2 : 2 + len(every)] - rows[0]).sum(1)
    odds = _log_odds(rows[:, column])
    says = np.zeros(len(every))
    says[len(every) - len(alone) :] = odds[2 + len(every) :]
    if not long:
        says[: len(premise)] -= odds[1]
    weights = np.concatenate(
        [
            _side_weights(moved[: len(premise)], says[: len(premise)], _factor(pair, premise, hypothesis, verdict)),
            _side_weights(moved[len(premise) :], says[len(premise) :], _factor(pair, hypothesis, premise, verdict)),
        ]
    )
    return Attribution(verdict.label, tuple(every), tuple(weights.tolist()))


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


def _factor(pair: Pair, own: Sequence[Part], other: Sequence[Part], verdict: Verdict) -> NDArray[np.float64]:
    """`SHARED` for words that both sides have, where the verdict says that the sides differ; else 1."""
    if verdict.label is Label.ENTAILMENT:
        return np.ones(len(own))
    there = {text_of(pair, word).casefold() for word in other}
    return np.array([SHARED if text_of(pair, word).casefold() in there else 1.0 for word in own])


def _side_weights(moved: NDArray[Any], says: NDArray[Any], factor: NDArray[Any]) -> NDArray[np.float64]:
    """*Shape:* `(words,)` each."""
    if not len(moved) or moved.max() < LEAST_MOVE:
        return np.zeros(len(moved))
    gained = np.maximum(says, 0.0)
    joined = moved / moved.max() + ALONE * gained / max(float(gained.max()), LEAST)
    joined *= factor
    return np.asarray(joined / joined.max())


def _log_odds(log_probs: NDArray[np.float64]) -> NDArray[np.float64]:
    p = np.clip(np.exp(log_probs), LEAST, 1 - LEAST)
    return np.asarray(np.log(p / (1 - p)))
