"""What a judge would have said, had parts of the pair been hidden.

A prefix back end does it cheaply: keys of the premise's percept are masked, tokens of the hypothesis are left out, and
only the hypothesis side runs, all variants of a pair together. For any other judge the text is deleted and read anew.
The two differ: a masked word still speaks through its neighbours' keys and values, a deleted one does not.

Relations: occlusion as in Zeiler and Fergus (2014); on words, leave-one-out as in Li et al. (2016).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tuili.engine.reading import Reading
from tuili.errors import InvalidPair, UsageError
from tuili.perception.sentences import split_sentences
from tuili.perception.windows import coverage, cut_windows
from tuili.types import Pair, Part

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from tuili.perception.tokens import TokenisedText
    from tuili.perception.windows import Window
    from tuili.reasoning.embedded import Embedded, Percept
    from tuili.types import Judge, Side, Verdict

LEAST = 1e-30
"""A probability below this counts as this, so that its logarithm is finite."""


def check_hidden(pair: Pair, hidden: Sequence[Part | Sequence[Part]]) -> list[tuple[Part, ...]]:
    """Each of `hidden` as a tuple of parts that are in the pair.

    Raises:
        UsageError: One is not.
    """
    checked = []
    for item in hidden:
        parts = (item,) if isinstance(item, Part) else tuple(item)
        for part in parts:
            if not isinstance(part, Part) or part.side not in Pair._fields:
                raise UsageError(f"{part!r} can't be hidden: a Part has a side, premise or hypothesis, and a span")
            start, end = part.span
            length = len(getattr(pair, part.side))
            if not 0 <= start <= end <= length:
                raise UsageError(f"characters {start} to {end} are not in the {part.side}, which has {length}")
        checked.append(parts)
    return checked


def delete_parts(pair: Pair, parts: Sequence[Part]) -> Pair:
    """The pair without these characters; where a gap leaves two spaces side by side, one of them goes too."""
    return Pair(*(_without(text, [part.span for part in parts if part.side == side]) for side, text in _sides(pair)))


def _sides(pair: Pair) -> list[tuple[Side, str]]:
    return [("premise", pair.premise), ("hypothesis", pair.hypothesis)]


def _without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    kept = ""
    place = 0
    for start, end in sorted(spans):
        kept += text[place : max(place, start)]
        place = max(place, end)
        if place < len(text) and text[place].isspace() and (not kept or kept[-1].isspace()):
            place += 1
    return kept + text[place:]


def occluded_readings(
    backend: Embedded,
    perceive: Callable[[Sequence[NDArray[Any]]], list[Percept]],
    pair: Pair,
    hidden: Sequence[Sequence[Part]],
) -> list[Reading]:
    """A reading for each of `hidden`, through a prefix back end.

    A token that shares a character with a hidden part is hidden whole.

    Args:
        backend: Whose tokeniser and windows they are.
        perceive: Token ids of windows to percepts.
        pair: One that can be judged.
        hidden: From `check_hidden`.
    """
    premise, hypothesis = backend.tokeniser.encode_many(pair)
    size = backend.premise_window
    sentences = split_sentences(pair.premise) if len(premise) > size else []
    windows = cut_windows(premise, sentences, size=size, overlap=backend.overlap)
    percepts = perceive([premise.ids[window.start_token : window.end_token] for window in windows])
    unseen = [_tokens(premise, parts, "premise") for parts in hidden]
    shown = [np.delete(hypothesis.ids, _tokens(hypothesis, parts, "hypothesis")) for parts in hidden]
    log_probs = np.stack(
        [
            _one_window(backend, percept, window, shown, unseen)
            for percept, window in zip(percepts, windows, strict=True)
        ],
        axis=1,
    )  # (hidden, windows, labels)
    read = coverage(pair.premise, premise)
    return [Reading(rows, read, hypothesis_read=True) for rows in log_probs]


def _one_window(
    backend: Embedded,
    percept: Percept,
    window: Window,
    shown: Sequence[NDArray[np.int32]],
    unseen: Sequence[NDArray[np.int64]],
) -> NDArray[np.float32]:
    """*Shape:* `(hidden, labels)`. What looks the same from this window is scored once."""
    rows: dict[tuple[bytes, bytes], int] = {}
    hypotheses: list[list[int]] = []
    masks: list[NDArray[np.int64]] = []
    row_of: list[int] = []
    for hypothesis, tokens in zip(shown, unseen, strict=True):
        inside = tokens[(tokens >= window.start_token) & (tokens < window.end_token)] - window.start_token
        row = rows.setdefault((hypothesis.tobytes(), inside.tobytes()), len(rows))
        if row == len(hypotheses):
            hypotheses.append(hypothesis.tolist())
            masks.append(inside)
        row_of.append(row)
    return backend.score_hidden(percept, hypotheses, masks)[row_of]


def _tokens(text: TokenisedText, parts: Sequence[Part], side: Side) -> NDArray[np.int64]:
    """The tokens of one side that share a character with its parts."""
    touched = np.zeros(len(text), np.bool_)
    for part in parts:
        if part.side == side:
            touched |= (text.starts < part.span.end) & (text.ends > part.span.start)
    return np.flatnonzero(touched)


def log_probs_by_deletion(judge: Judge, pair: Pair, hidden: Sequence[Sequence[Part]]) -> NDArray[np.float64]:
    """Log-probabilities of the pair without each of `hidden`: the text is cut, and any judge reads it anew.

    Of a side of which nothing readable is left a full stop is read instead.

    Returns:
        `(len(hidden), labels)`, the labels in the order of the judge's verdicts.
    """
    cut = [delete_parts(pair, parts) for parts in hidden]
    return posterior(judge_cut(judge, cut))


def judge_cut(judge: Judge, pairs: Sequence[Pair]) -> list[Verdict]:
    """Verdicts on pairs from which text was deleted; a full stop stands for a side of which nothing readable is left.

    Raises:
        InvalidPair: A pair that can't be judged even so.
    """
    filled = [Pair(*(text if text.strip() else "." for text in pair)) for pair in pairs]
    try:
        return judge.judge(filled)
    except InvalidPair as error:
        for problem in (error, *error.also):
            if problem.field is None:
                raise
            filled[problem.index] = filled[problem.index]._replace(**{problem.field: "."})
        return judge.judge(filled)


def posterior(verdicts: Sequence[Verdict]) -> NDArray[np.float64]:
    """Logarithms of the verdicts' probabilities. *Shape:* `(verdicts, labels)`."""
    rows = [list(verdict.probabilities.values()) for verdict in verdicts]
    return np.log(np.maximum(np.array(rows, np.float64), LEAST))
