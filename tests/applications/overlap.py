"""A judge whose verdicts can be worked out by hand: words alone decide."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tuili.reasoning.scripted import Scripted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tuili.types import Verdict

HOSTILE = [
    "'; DROP TABLE passages; --",
    '" OR 1=1 --',
    'NEAR("a" "b") AND words:x* ^y',
    "*",
    '"',
    "{} {0} {question} %s",
    "<script>alert(1)</script>",
    "\u202e\u2066 a dog",
    "🦊👩‍👩‍👧‍👦🏳️‍🌈",
    "\u0301" * 200,
    "[CLS] [SEP] [UNK] [PAD]",
    "a" * 5000,
    "????",
    "。。。",
    "who who who what when ; and , but ;;; and and",
    "../../etc/passwd",
]
"""Texts that mean something to a parser, a database, a browser or a terminal; all of them can be judged."""


def decide(premise: str, hypothesis: str) -> str:
    """Entailed where every word occurs; contradicted where a sentence has them all and "not" besides; else neutral."""
    asked = _words(hypothesis)
    for sentence in premise.split("."):
        if _words(sentence) >= asked | {"not"} and "not" not in asked:
            return "contradiction"
    return "entailment" if asked <= _words(premise) else "neutral"


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


class Counting(Scripted):
    """`decide`, and a record of how it was asked."""

    def __init__(self, **options: object) -> None:
        super().__init__(decide, **options)
        self.calls: list[list[tuple[str, str]]] = []

    def judge(self, pairs: Iterable[tuple[str, str]]) -> list[Verdict]:
        self.calls.append(list(pairs))
        return super().judge(self.calls[-1])


class TwoWay(Scripted):
    """Knows entailment and not_entailment only."""

    def __init__(self) -> None:
        def answer(premise: str, hypothesis: str) -> str:
            return "entailment" if decide(premise, hypothesis) == "entailment" else "not_entailment"

        super().__init__(answer, labels=("entailment", "not_entailment"))
