"""Longer premises: sentences that have nothing to do with the pair, around it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

WORD = re.compile(r"[a-z]{4,}")
# Words that bear on nothing.
PLAIN = frozenset(
    "that with from were have been which when while after before than more most last their there this".split()
)


def distract(premise: str, sentences: Sequence[str], rng: random.Random) -> str:
    """The premise with one or two of the sentences before it, behind it, or one on each side.

    The caller sees to it that the sentences say nothing about the pair; `free_of` finds those that share no word.
    With no sentences the premise comes back as it is.
    """
    count = min(rng.choice((1, 1, 2)), len(sentences))
    chosen = rng.sample(list(sentences), count)
    before = rng.randint(0, count)
    return " ".join([*chosen[:before], premise, *chosen[before:]])


def free_of(sentences: Sequence[str], *texts: str) -> list[str]:
    """The sentences that share no word of four letters or more with the texts."""
    words = {word for text in texts for word in WORD.findall(text.lower())} - PLAIN
    return [sentence for sentence in sentences if not words & set(WORD.findall(sentence.lower()))]
