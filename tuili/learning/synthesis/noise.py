"""Noise that leaves the label as it is: typing errors, confusions of character recognition, case, punctuation, spaces.

Words that decide a label ("not", "no", numbers, short words) are never touched by what could turn them into others.
"""

from __future__ import annotations

import random
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from tuili.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tuili.learning.synthesis.pair import SyntheticPair

# Only longer words: one letter more or less makes another word of a short one, and hardly of a long one.
LONG_WORD = re.compile(r"\b[a-z]{6,}\b")
# Long words that a single letter or a missing one could turn into their opposite, or that carry the label.
KEPT = frozenset(
    """without before unless neither nobody nothing except hardly almost nearly despite inside outside
    behind between because whether though although either exactly eleven twelve longer shorter
    further nearer earlier incomplete illegible complete legible""".split()
)
RECOGNITION = (("rn", "m"), ("m", "rn"), ("l", "1"), ("o", "0"), ("cl", "d"), ("h", "b"), ("e", "c"), ("vv", "w"))
NEIGHBOURS = dict(zip("qwertyuiopasdfghjklzxcvbnm", "wertyuiopqsdfghjklaxcvbnmz", strict=True))


def mistyped(text: str, rng: random.Random) -> str:
    """One long word with two letters swapped, one left out, one doubled, or one from the next key."""

    def change(word: str) -> str:
        at = rng.randrange(1, len(word) - 2)
        return rng.choice(
            [
                word[:at] + word[at + 1] + word[at] + word[at + 2 :],
                word[:at] + word[at + 1 :],
                word[: at + 1] + word[at:],
                word[:at] + NEIGHBOURS[word[at]] + word[at + 1 :],
            ]
        )

    return _one_word(text, rng, change)


def misread(text: str, rng: random.Random) -> str:
    """One long word as a scanner may read it."""

    def change(word: str) -> str:
        possible = [(old, new) for old, new in RECOGNITION if old in word[1:]]
        if not possible:
            return word
        old, new = rng.choice(possible)
        return word[0] + word[1:].replace(old, new, 1)

    return _one_word(text, rng, change)


def recased(text: str, rng: random.Random) -> str:
    """All in small letters, all in capitals, or with a capital for every word."""
    return (
        rng.choice([str.lower, str.upper, str.title])(text)
        if "'" not in text
        else rng.choice([str.lower, str.upper])(text)
    )


def repunctuated(text: str, rng: random.Random) -> str:
    """Without the last full stop, with an exclamation mark or three dots, or with another apostrophe."""
    ending = rng.choice(["", "!", "...", " .", ";"])
    return (text[:-1] + ending if text.endswith(".") else text).replace("'", rng.choice(["'", "’"]))


def respaced(text: str, rng: random.Random) -> str:
    """A double space, a line break, or space at the ends."""
    spaces = [match.start() for match in re.finditer(" ", text)]
    if spaces:
        at = rng.choice(spaces)
        text = text[:at] + rng.choice(["  ", "\n", "\t", "   "]) + text[at + 1 :]
    return rng.choice(["", " "]) + text + rng.choice(["", " ", "\n"])


TRANSFORMS: dict[str, Callable[[str, random.Random], str]] = {
    "typos": mistyped,
    "recognition": misread,
    "case": recased,
    "punctuation": repunctuated,
    "whitespace": respaced,
}


def _one_word(text: str, rng: random.Random, change: Callable[[str], str]) -> str:
    words = [match for match in LONG_WORD.finditer(text) if match.group() not in KEPT]
    if not words:
        return text
    match = rng.choice(words)
    return text[: match.start()] + change(match.group()) + text[match.end() :]


def noise(text: str, rng: random.Random, *, kinds: Iterable[str] = tuple(TRANSFORMS)) -> str:
    """The text with one kind of noise, drawn from `kinds`.

    Raises:
        UsageError: No kinds, or one that there is not.
    """
    names = list(kinds)
    for name in names:
        if name not in TRANSFORMS:
            raise UsageError(f"there is no noise {name!r}; there are {', '.join(TRANSFORMS)}")
    if not names:
        raise UsageError("name at least one kind of noise")
    return TRANSFORMS[rng.choice(names)](text, rng)


def noisy(pairs: Iterable[SyntheticPair], *, seed: int, share: float) -> Iterator[SyntheticPair]:
    """The pairs, of which a share has noise in the premise, the hypothesis, or both. The labels stay.

    Raises:
        UsageError: A share that is not between 0 and 1.
    """
    if not 0 <= share <= 1:
        raise UsageError(f"noise is a share from 0 to 1, got {share}")
    return _noisy(pairs, random.Random(seed), share)  # noqa: S311 - reproducible draws, no secret


def _noisy(pairs: Iterable[SyntheticPair], rng: random.Random, share: float) -> Iterator[SyntheticPair]:
    for pair in pairs:
        if rng.random() >= share:
            yield pair
            continue
        sides = rng.choice(["premise", "hypothesis", "both"])
        yield replace(
            pair,
            premise=pair.premise if sides == "hypothesis" else noise(pair.premise, rng),
            hypothesis=pair.hypothesis if sides == "premise" else noise(pair.hypothesis, rng),
        )
