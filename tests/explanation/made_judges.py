"""Judges whose reasons are known, so that explanations of them can be right or wrong."""

from __future__ import annotations

import re

from tuili.reasoning.scripted import Scripted


def _has(text: str, word: str) -> bool:
    return word in re.findall(r"\w+", text.lower())


def sleeper() -> Scripted:
    """Contradiction where the premise says "sleeping" and the hypothesis "running"; neutral otherwise."""

    def script(premise: str, hypothesis: str) -> dict[str, float]:
        both = _has(premise, "sleeping") and _has(hypothesis, "running")
        said = {"entailment": 0.05, "neutral": 0.05, "contradiction": 0.9}
        return said if both else {"entailment": 0.05, "neutral": 0.9, "contradiction": 0.05}

    return Scripted(script)


def supporter() -> Scripted:
    """Entailment as far as the premise says "dog" and "snow"."""

    def script(premise: str, hypothesis: str) -> dict[str, float]:
        said = 0.1 + 0.4 * _has(premise, "dog") + 0.4 * _has(premise, "snow")
        return {"entailment": said, "neutral": 1 - said, "contradiction": 0.0}

    return Scripted(script)


def adder(weights: dict[str, float]) -> Scripted:
    """The probability of entailment is a sum over words; its Shapley values are known."""

    def script(premise: str, hypothesis: str) -> dict[str, float]:
        said = 0.1 + sum(weights.get(word, 0.0) for word in f"{premise} {hypothesis}".lower().split())
        return {"entailment": said, "neutral": 1 - said, "contradiction": 0.0}

    return Scripted(script)
