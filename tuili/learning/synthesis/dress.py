"""From drafts to sentences: shared openings, remarks, contractions, capital letters and full stops.

Nothing here depends on the label.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tuili.learning.synthesis.grammar import sentence
from tuili.learning.synthesis.pair import SyntheticPair

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from tuili.learning.synthesis.lexicon import Lexicon
    from tuili.learning.synthesis.pair import Draft, Pattern

# What may be put before a premise without changing what it says.
REMARKS = (
    "fortunately, ",
    "in fact, ",
    "as it turned out, ",
    "to be precise, ",
    "interestingly, ",
    "of course, ",
    "in the end, ",
    "it turned out that ",
    "as everybody could see, ",
    "by the way, ",
    "admittedly, ",
    "it so happens that ",
    "although few people know it, ",
    "as was to be expected, ",
)
FRAMES = ("at {}", "during {}", "before {}", "after {}")
SHORT = (
    ("did not", "didn't"),
    ("was not", "wasn't"),
    ("were not", "weren't"),
    ("is not", "isn't"),
    ("are not", "aren't"),
    ("has not", "hasn't"),
    ("have not", "haven't"),
    ("will not", "won't"),
    ("does not", "doesn't"),
    ("do not", "don't"),
)


def dress(
    pattern: Pattern, drafts: list[Draft], rng: random.Random, lexicon: Lexicon
) -> Iterator[tuple[Draft, SyntheticPair]]:
    """The drafts of a group as pairs; what is drawn here is the same for all of them."""
    frame = remark = ""
    if pattern.framed and rng.random() < 0.35:
        frame = rng.choice(FRAMES).format(rng.choice(lexicon.events)) + ", "
    elif pattern.veridical and rng.random() < 0.2:
        remark = rng.choice(REMARKS)
    short_premise, short_hypothesis = rng.random() < 0.4, rng.random() < 0.4
    for draft in drafts:
        premise = sentence(_contracted(frame + remark + draft.premise, wanted=short_premise))
        hypothesis = sentence(_contracted(frame + draft.hypothesis, wanted=short_hypothesis))
        yield (
            draft,
            SyntheticPair(premise, hypothesis, draft.label, pattern.family, pattern.name, sentence(draft.reason)),
        )


def _contracted(text: str, *, wanted: bool) -> str:
    if not wanted:
        return text
    for long, short in SHORT:
        text = re.sub(rf"\b{long}\b", short, text)
    return text
