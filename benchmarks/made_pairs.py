"""Made-up pairs with the lengths of SNLI: 14 ± 6 words in a premise, 7.5 ± 3 in a hypothesis."""

from __future__ import annotations

import random

WORDS = (
    "a the man woman child dog two three people young old is are was sitting standing running walking "
    "playing eating holding wearing looking near behind under on in with at street park beach table red "
    "blue white black shirt hat ball guitar bicycle water food while his her their another group crowd "
    "snow mountain city building outside"
).split()


def sentence(rng: random.Random, words: float) -> str:
    return " ".join(rng.choices(WORDS, k=max(2, round(words)))).capitalize() + "."


def make_pairs(count: int, *, hypotheses_each: int, seed: int = 0) -> list[tuple[str, str]]:
    """Pairs in random order, `hypotheses_each` to a premise."""
    rng = random.Random(seed)
    pairs = []
    while len(pairs) < count:
        premise = sentence(rng, rng.gauss(14, 6))
        pairs += [(premise, sentence(rng, rng.gauss(7.5, 3))) for _ in range(hypotheses_each)]
    rng.shuffle(pairs)
    return pairs[:count]
