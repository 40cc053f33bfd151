"""Pairs without end: which pattern is next, and how its drafts become pairs."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from tuili.errors import UsageError
from tuili.learning.synthesis.balance import Balance, Overlaps, drafts_of
from tuili.learning.synthesis.distract import distract, free_of
from tuili.learning.synthesis.draw import Draw
from tuili.learning.synthesis.dress import dress
from tuili.learning.synthesis.families import FAMILIES
from tuili.learning.synthesis.lexicon import Lexicon
from tuili.learning.synthesis.pair import SyntheticPair

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tuili.learning.synthesis.pair import Family

PATIENCE = 2000
"""Groups in a row that gave nothing new, after which a vocabulary counts as used up."""


def families() -> dict[str, str]:
    """The names of the families, each with a sentence that describes it."""
    return {family.name: family.description for family in FAMILIES}


def chosen_families(names: Iterable[str] | None = None, leave_out: Iterable[str] = ()) -> list[Family]:
    """The families of these names, or all, without those that are left out.

    Raises:
        UsageError: A name that no family has, or nothing is left.
    """
    known = families()
    wanted, unwanted = list(known) if names is None else list(names), list(leave_out)
    for name in (*wanted, *unwanted):
        if name not in known:
            raise UsageError(f"there is no family {name!r}; there are {', '.join(known)}")
    left = [family for family in FAMILIES if family.name in wanted and family.name not in unwanted]
    if not left:
        raise UsageError("no family is left to make pairs of")
    return left


def generate(
    n: int,
    *,
    seed: int,
    families: Iterable[str] | None = None,
    leave_out: Iterable[str] = (),
    lexicon: Lexicon | None = None,
    distractors: float = 0.0,
) -> Iterator[SyntheticPair]:
    """`n` different pairs, the same ones for the same arguments; every family gets as many, and so do its patterns.

    Up to three pairs that follow each other share a premise or its words, with different labels.

    Args:
        families: Names of the families to use; all by default.
        leave_out: Names of families not to use.
        lexicon: The words to make them of; the general vocabulary by default.
        distractors: Share of the pairs, 0 to 1, whose premise gets one or two sentences that have nothing to do with
            it, before or behind.

    Raises:
        UsageError: A number out of its range, a family that does not exist, or a vocabulary too small for `n` pairs.
    """
    if n < 0:
        raise UsageError(f"the number of pairs can't be negative, got {n}")
    if not 0 <= distractors <= 1:
        raise UsageError(f"distractors is a share from 0 to 1, got {distractors}")
    return _generate(n, seed, chosen_families(families, leave_out), lexicon or Lexicon.general(), distractors)


def _generate(n: int, seed: int, chosen: list[Family], lexicon: Lexicon, distractors: float) -> Iterator[SyntheticPair]:
    rng = random.Random(seed)  # noqa: S311 - reproducible draws, no secret
    overlaps = Overlaps()
    balances = {family.name: Balance(family, lexicon, overlaps) for family in chosen}
    for name, balance in balances.items():
        if not balance.patterns:
            raise UsageError(f"the vocabulary has not the words for the family {name!r}; leave it out")
    seen: set[tuple[str, str]] = set()
    made = idle = 0
    while made < n:
        # every family in turn, those behind first
        name = min(balances, key=lambda key: (balances[key].made, rng.random()))
        balance = balances[name]
        pattern = min(balance.patterns, key=lambda item: (balance.turns[item.name], rng.random()))
        drafts = balance.take(pattern, drafts_of(pattern, Draw(rng, lexicon)), rng)
        # a turn counts even where it gives nothing, so that a pattern with a rare label does not hold up the others
        balance.turns[pattern.name] += 1
        new = False
        for draft, pair in dress(pattern, drafts, rng, lexicon):
            key = (draft.premise, draft.hypothesis)
            if made >= n or key in seen:
                continue
            seen.add(key)
            balance.count(pattern, draft)
            made, new = made + 1, True
            if rng.random() < distractors:
                pair = _distracted(pair, lexicon, rng)
            yield pair
        idle = 0 if new else idle + 1
        if idle > PATIENCE:
            raise UsageError(f"the vocabulary is too small: {made} different pairs were made of it, not {n}")


def _distracted(pair: SyntheticPair, lexicon: Lexicon, rng: random.Random) -> SyntheticPair:
    premise = distract(pair.premise, free_of(lexicon.distractors, pair.premise, pair.hypothesis), rng)
    return SyntheticPair(premise, pair.hypothesis, pair.label, pair.family, pair.pattern, pair.reason)
