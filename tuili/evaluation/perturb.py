"""Changes to a pair that should not change its label: unrelated sentences, slips of the pen, tricks with Unicode."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TypeAlias

from tuili.types import Pair

Perturbation: TypeAlias = Callable[[Pair, Random], Pair]

UNRELATED = (
    "The committee will publish its minutes in March.",
    "Copper melts at a little over a thousand degrees.",
    "The ferry to the northern islands leaves twice a week.",
    "Rents in the old town rose for the third year in a row.",
    "The museum keeps its maps in a dry cellar.",
    "A new bridge was opened to traffic in autumn.",
    "Beans should be soaked overnight before they are boiled.",
    "The archive holds letters from four centuries.",
    "Interest on the loan is paid each quarter.",
    "Most of the valley's orchards are planted with pears.",
    "The second edition corrects a number of misprints.",
    "Tickets for the concert can be returned until Friday.",
    "The glacier has shrunk by half since it was first measured.",
    "Her dissertation deals with the tax law of small states.",
    "The factory makes hinges and locks for cupboards.",
    "Parking is free on public holidays.",
    "The comet will be visible again in seventy years.",
    "The orchestra tuned to the oboe.",
    "Wool shrinks when it is washed too hot.",
    "The treaty was signed by eleven countries.",
    "The bakery uses flour from a mill nearby.",
    "Voters will decide on the proposal in June.",
    "The lighthouse was automated decades ago.",
    "Basalt columns often have six sides.",
    "The printer in the office is out of toner.",
)
"""Sentences of our own that bear on nothing in particular."""

_LOOK_ALIKES = dict(zip("aceiopsxyABCEHIKMOPTX", "асеіорѕхуАВСЕНІКМОРТХ", strict=True))  # Cyrillic
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"
_RIGHT_TO_LEFT, _END = "\u202e", "\u202c"


def add_unrelated(sentences: int) -> Perturbation:
    """So many unrelated sentences after the premise."""

    def perturb(pair: Pair, random: Random) -> Pair:
        added = [random.choice(UNRELATED) for _ in range(sentences // len(UNRELATED) * len(UNRELATED))]
        added += random.sample(UNRELATED, sentences % len(UNRELATED))
        return pair._replace(premise=" ".join([pair.premise, *added]))

    return perturb


def add_typo(pair: Pair, random: Random) -> Pair:
    """Two neighbouring letters inside one longer word of the premise change places."""
    words = pair.premise.split(" ")
    long = [place for place, word in enumerate(words) if len(word) > 4 and word.isalpha()]
    if not long:
        return pair
    place = random.choice(long)
    word = words[place]
    at = random.randrange(1, len(word) - 2)
    words[place] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return pair._replace(premise=" ".join(words))


def change_case(pair: Pair, random: Random) -> Pair:
    """Both sides in capitals, or both without any."""
    return Pair(pair.premise.upper(), pair.hypothesis.upper()) if random.random() < 0.5 else _lower(pair)


def _lower(pair: Pair) -> Pair:
    return Pair(pair.premise.lower(), pair.hypothesis.lower())


def change_punctuation(pair: Pair, random: Random) -> Pair:
    """The end mark of the hypothesis is dropped, or added where there is none; a space of the premise is doubled."""
    text = pair.hypothesis.rstrip()
    hypothesis = text[:-1] if text[-1:] in ".!?" and len(text) > 1 else text + "."
    spaces = [place for place, character in enumerate(pair.premise) if character == " "]
    if not spaces:
        return pair._replace(hypothesis=hypothesis)
    at = random.choice(spaces)
    return Pair(pair.premise[:at] + " " + pair.premise[at:], hypothesis)


def unicode_edits(kind: str, edits: int) -> Perturbation:
    """So many edits that can't be seen, on both sides, of one kind of Boucher et al. 2022 ("Bad Characters").

    Args:
        kind: `invisible` characters between letters, `look_alike` letters of another script, `reordered` letters with
            a mark that shows them in the old order, or `deleted`: a letter and a backspace.
        edits: How many on each side.
    """
    edit = _EDITS[kind]

    def perturb(pair: Pair, random: Random) -> Pair:
        return Pair(*(_edited(text, edit, edits, random) for text in pair))

    return perturb


def _edited(text: str, edit: Callable[[str, Random], str], edits: int, random: Random) -> str:
    """Whole letters are edited, each at most once, from the last to the first so that places stay."""
    letters = [place for place, c in enumerate(text[:-1]) if c.isalpha() and text[place + 1].isalpha()]
    if edit is _look_alike:
        letters = [place for place in letters if text[place] in _LOOK_ALIKES]
    chosen: list[int] = []
    for place in random.sample(letters, len(letters)):
        if len(chosen) < edits and all(abs(place - other) > 1 for other in chosen):
            chosen.append(place)
    for place in sorted(chosen, reverse=True):
        text = text[:place] + edit(text[place : place + 2], random) + text[place + 2 :]
    return text


def _invisible(two: str, random: Random) -> str:
    return two[0] + random.choice(_INVISIBLE) + two[1]


def _look_alike(two: str, _: Random) -> str:
    return _LOOK_ALIKES[two[0]] + two[1]


def _reordered(two: str, _: Random) -> str:
    return f"{_RIGHT_TO_LEFT}{two[1]}{two[0]}{_END}"


def _deleted(two: str, random: Random) -> str:
    return f"{two[0]}{random.choice('aeiou')}\b{two[1]}"


_EDITS: dict[str, Callable[[str, Random], str]] = {
    "invisible": _invisible,
    "look_alike": _look_alike,
    "reordered": _reordered,
    "deleted": _deleted,
}

ALL: dict[str, Perturbation] = {
    **{f"unrelated_{count}": add_unrelated(count) for count in (1, 5, 20)},
    "typo": add_typo,
    "case": change_case,
    "punctuation": change_punctuation,
    **{f"{kind}_{count}": unicode_edits(kind, count) for kind in _EDITS for count in (1, 3, 5)},
}
"""What an audit tries, by name."""
