"""What a language model's reply must be to count as an answer. Anything else is none, and nothing is guessed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tuili.reasoning.llm_json import parse
from tuili.reasoning.llm_reasons import Reason, Unanswered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tuili.reasoning.llm_prompt import Mode
    from tuili.types import Label

LEAST = 1e-6
"""No label gets less. What is in no list of alternatives is not impossible, and logarithms must stay finite."""

LEAST_MASS = 0.5
"""How much of the probability of the first token must be on tokens that begin a label."""

SUM_SLACK = 0.05
"""How far from 1 the probabilities that a model writes down may sum up to."""

_MOST_TOKENS = 10**9


@dataclass(frozen=True, slots=True)
class Completion:
    """A chat completion, as far as it is looked at.

    Attributes:
        content: What the model wrote.
        declined: Whether it is anything but an ordinary answer.
        tokens: Entries of `logprobs.content`, unchecked; None where the server gives none.
        prompt_tokens, completion_tokens: As the server counts them; 0 where it does not.
    """

    content: str
    declined: bool
    tokens: list[Any] | None
    prompt_tokens: int
    completion_tokens: int


def completion(body: bytes) -> Completion:
    """The completion in the body of a reply.

    Raises:
        Unanswered: It is not JSON in UTF-8, or not a chat completion with one choice.
    """
    try:
        value = parse(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Unanswered(Reason.NOT_JSON) from None
    choices = value.get("choices") if isinstance(value, dict) else None
    if not isinstance(choices, list) or len(choices) != 1 or not isinstance(choices[0], dict):
        raise Unanswered(Reason.NOT_A_COMPLETION)
    choice = choices[0]
    message = choice.get("message")
    if not isinstance(message, dict):
        raise Unanswered(Reason.NOT_A_COMPLETION)
    content = message.get("content")
    declined = bool(message.get("tool_calls") or message.get("function_call") or message.get("refusal"))
    declined |= choice.get("finish_reason") not in (None, "stop", "length") or message.get("role") != "assistant"
    if content is None and declined:
        content = ""
    if not isinstance(content, str):
        raise Unanswered(Reason.NOT_A_COMPLETION)
    logprobs = choice.get("logprobs")
    tokens = logprobs.get("content") if isinstance(logprobs, dict) else None
    used = value.get("usage")
    return Completion(
        content,
        declined,
        tokens if isinstance(tokens, list) else None,
        _count(used, "prompt_tokens"),
        _count(used, "completion_tokens"),
    )


def read(said: Completion, labels: Sequence[Label], mode: Mode) -> NDArray[np.float32]:
    """Log-probabilities of the labels. *Shape:* `(len(labels),)`.

    Raises:
        Unanswered: The model said something other than it was asked for.
    """
    if said.declined:
        raise Unanswered(Reason.DECLINED)
    shares = _from_tokens(said, labels) if mode == "logprobs" else _from_json(said.content, labels)
    floored = np.maximum(np.array(shares, np.float64), LEAST)
    return np.asarray(np.log(floored / floored.sum()), np.float32)


def _from_json(content: str, labels: Sequence[Label]) -> list[float]:
    """`{"entailment": 0.9, ...}`, each label once and nothing else."""
    try:
        value = parse(content)
    except (ValueError, RecursionError):
        raise Unanswered(Reason.NO_LABEL) from None
    if not isinstance(value, dict) or set(value) != {label.value for label in labels}:
        raise Unanswered(Reason.NO_LABEL)
    shares = [value[label.value] for label in labels]
    if not all(type(p) in (int, float) and 0 <= p <= 1 for p in shares) or abs(sum(shares) - 1) > SUM_SLACK:
        raise Unanswered(Reason.NO_LABEL)
    return [float(p) for p in shares]


def _from_tokens(said: Completion, labels: Sequence[Label]) -> list[float]:
    """The share of each label among the alternatives to the first token that is not white space.

    A token stands for the label that it begins; our labels begin with different letters. The answer as a whole must
    be a label all the same, so that a sentence that happens to begin like one is none.
    """
    answer = said.content.strip().casefold()
    if answer not in [label.value for label in labels]:
        raise Unanswered(Reason.NO_LABEL)
    entries = said.tokens or []
    first = next((entry for entry in entries if _begins(entry)), None)
    if first is None or not answer.startswith(_word(first)):
        raise Unanswered(Reason.NO_PROBABILITIES)
    listed = first.get("top_logprobs")
    if not isinstance(listed, list) or not 1 <= len(listed) <= 1000:
        raise Unanswered(Reason.NO_PROBABILITIES)
    alternatives = [(_word(entry), _probability(entry)) for entry in listed]
    total = sum(p for _, p in alternatives)
    shares = [sum(p for word, p in alternatives if word and label.value.startswith(word)) for label in labels]
    if total > 1 + SUM_SLACK or sum(shares) < LEAST_MASS:
        raise Unanswered(Reason.NO_PROBABILITIES)
    # What is not listed has at most the share of the last that is, and of what the listed ones leave.
    unlisted = min(min(p for _, p in alternatives), max(0.0, 1 - total))
    return [share if share > 0 else unlisted for share in shares]


def _begins(entry: Any) -> bool:
    return bool(_word(entry))


def _word(entry: Any) -> str:
    """The token of an entry without white space around it.

    Raises:
        Unanswered: It has none.
    """
    token = entry.get("token") if isinstance(entry, dict) else None
    if not isinstance(token, str):
        raise Unanswered(Reason.NO_PROBABILITIES)
    return token.strip().casefold()


def _probability(entry: dict[str, Any]) -> float:
    value = entry.get("logprob")
    if type(value) not in (int, float) or not math.isfinite(value) or value > 1e-3:  # type: ignore[arg-type, operator]
        raise Unanswered(Reason.NO_PROBABILITIES)
    return math.exp(min(0.0, float(value)))  # type: ignore[arg-type]


def _count(used: Any, name: str) -> int:
    value = used.get(name) if isinstance(used, dict) else None
    return value if type(value) is int and 0 <= value <= _MOST_TOKENS else 0
