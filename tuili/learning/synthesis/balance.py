"""Which drafts are taken, so that neither the hypothesis alone nor the overlap of words gives the label away.

Within each form of a hypothesis and within each pattern the labels are taken equally often. Within a family, the share
of entailment is kept alike wherever as many words of the hypothesis stand in the premise.
"""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from tuili.learning.synthesis.draw import Draw, TooFewWords
from tuili.types import Label

if TYPE_CHECKING:
    from tuili.learning.synthesis.lexicon import Lexicon
    from tuili.learning.synthesis.pair import Draft, Family, Pattern

MAX_OF_A_GROUP = 3
SLACK = 2
"""How far a label may be ahead of the rarest of its form."""
TRIAL_GROUPS = 60
WORD = re.compile(r"[a-z0-9']+")
STEPS = (0.55, 0.65, 0.75, 0.85, 0.95, 1.0)


def overlap(premise: str, hypothesis: str) -> float:
    """Share of the hypothesis' words that stand in the premise, 0 to 1."""
    words = WORD.findall(hypothesis.lower())
    known = set(WORD.findall(premise.lower()))
    return sum(word in known for word in words) / len(words)


class Overlaps:
    """How often entailment goes with which overlap, over all families."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[int, bool]] = Counter()

    def wanted(self, draft: Draft) -> bool:
        """Whether the draft brings the share of entailment at its overlap nearer to the share of all pairs."""
        step, entailed = self._place(draft)
        here, others = self._counts[step, entailed], self._counts[step, not entailed]
        all_here = sum(count for (_, other), count in self._counts.items() if other == entailed)
        everything = self._counts.total()
        return here * everything <= all_here * (here + others)

    def count(self, draft: Draft) -> None:
        """Note that the draft was taken."""
        self._counts[self._place(draft)] += 1

    def _place(self, draft: Draft) -> tuple[int, bool]:
        share = overlap(draft.premise, draft.hypothesis)
        return sum(share >= step for step in STEPS), draft.label is Label.ENTAILMENT


class Balance:
    """What was taken of a family so far, and what may be taken next."""

    def __init__(self, family: Family, lexicon: Lexicon, overlaps: Overlaps) -> None:
        self.made = 0
        self._overlaps = overlaps
        self.turns: Counter[str] = Counter()
        self._labels = {pattern.name: _labels_of_forms(pattern, lexicon) for pattern in family.patterns}
        self.patterns = [pattern for pattern in family.patterns if self._labels[pattern.name]]
        self._failures: Counter[str] = Counter()
        self._of_form: Counter[tuple[str, str, Label]] = Counter()
        self._of_label: Counter[tuple[str, Label]] = Counter()

    def take(self, pattern: Pattern, drafts: list[Draft], rng: random.Random) -> list[Draft]:
        """The drafts that keep the balance best, up to `MAX_OF_A_GROUP`; of one premise where possible."""
        self._failures[pattern.name] += 1
        allowed = [draft for draft in drafts if self._allowed(pattern.name, draft)]
        rng.shuffle(allowed)
        unwanted = {draft for draft in allowed if not self._overlaps.wanted(draft)}
        taken: list[Draft] = []
        while allowed and len(taken) < MAX_OF_A_GROUP:
            best = min(allowed, key=lambda draft: self._preference(pattern.name, draft, taken, unwanted))
            taken.append(best)
            allowed = [draft for draft in allowed if (draft.form, draft.label) != (best.form, best.label)]
        return taken

    def _preference(
        self, pattern: str, draft: Draft, taken: list[Draft], unwanted: set[Draft]
    ) -> tuple[bool, bool, bool, int]:
        return (
            any(draft.label == other.label for other in taken),
            draft in unwanted,
            bool(taken) and draft.premise != taken[0].premise,
            self._of_label[pattern, draft.label],
        )

    def _allowed(self, pattern: str, draft: Draft) -> bool:
        labels = self._labels[pattern]
        possible = labels.get(draft.form, frozenset())
        if draft.label not in possible or draft.premise.lower() == draft.hypothesis.lower():
            return False
        every = {label for of_form in labels.values() for label in of_form}
        of_form = min(self._of_form[pattern, draft.form, label] for label in possible)
        of_label = min(self._of_label[pattern, label] for label in every)
        # a label that hardly ever comes up must not hold up its form for good
        slack = SLACK + self._failures[pattern] // 40
        return (
            self._of_form[pattern, draft.form, draft.label] < of_form + slack
            and self._of_label[pattern, draft.label] < of_label + 2 * slack
        )

    def count(self, pattern: Pattern, draft: Draft) -> None:
        """Note that a draft has become a pair."""
        self.made += 1
        self._failures[pattern.name] = 0
        self.turns[pattern.name] += 2
        self._of_form[pattern.name, draft.form, draft.label] += 1
        self._of_label[pattern.name, draft.label] += 1
        self._overlaps.count(draft)


def drafts_of(pattern: Pattern, draw: Draw) -> list[Draft]:
    """A group of drafts; none where the vocabulary has not the words for it."""
    try:
        return list(pattern.build(draw))
    except TooFewWords:
        return []


def _labels_of_forms(pattern: Pattern, lexicon: Lexicon) -> dict[str, frozenset[Label]]:
    """The labels that each form can get, from a trial; without the forms that only ever get one."""
    rng = random.Random(0)  # noqa: S311 - a fixed trial
    labels: defaultdict[str, set[Label]] = defaultdict(set)
    for _ in range(TRIAL_GROUPS):
        for draft in drafts_of(pattern, Draw(rng, lexicon)):
            labels[draft.form].add(draft.label)
    return {form: frozenset(found) for form, found in labels.items() if len(found) > 1}
