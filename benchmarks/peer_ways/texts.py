"""The workloads' texts: made up, with the lengths of real ones."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from made_pairs import make_pairs, sentence

from tuili.perception.sentences import split_sentences
from tuili.perception.windows import cut_windows

if TYPE_CHECKING:
    from tuili.reasoning.embedded import Embedded

Pair = tuple[str, str]
LONG_WORDS = 350
HYPOTHESIS_WORDS = 10
CLAIMS = 10


def short_pairs(count: int, seed: int) -> list[Pair]:
    """Independent pairs with the lengths of SNLI."""
    return make_pairs(count, hypotheses_each=1, seed=seed)


def text_of(rng: random.Random, words: int) -> str:
    return " ".join(sentence(rng, 14) for _ in range(max(1, round(words / 14))))


def one_premise(hypotheses: int, seed: int, words: int = LONG_WORDS) -> list[Pair]:
    rng = random.Random(seed)
    premise = text_of(rng, words)
    return [(premise, sentence(rng, HYPOTHESIS_WORDS)) for _ in range(hypotheses)]


def claims(documents: int, seed: int) -> list[Pair]:
    """Documents of 200 to 2,000 words, each with ten claims."""
    rng = random.Random(seed)
    texts = [text_of(rng, rng.randint(200, 2000)) for _ in range(documents)]
    return [(text, sentence(rng, HYPOTHESIS_WORDS)) for text in texts for _ in range(CLAIMS)]


def by_window(pairs: list[Pair], backend: Embedded) -> list[Pair]:
    """The same pairs with the premise cut to the windows that our engine reads: what a peer has to be asked."""
    cut: dict[str, list[str]] = {}
    for premise, _ in pairs:
        if premise not in cut:
            tokens = backend.tokeniser.encode(premise)
            windows = cut_windows(
                tokens, split_sentences(premise), size=backend.premise_window, overlap=backend.overlap
            )
            cut[premise] = [premise[window.span.start : window.span.end] for window in windows]
    return [(window, hypothesis) for premise, hypothesis in pairs for window in cut[premise]]
