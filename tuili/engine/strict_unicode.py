"""A judge that refuses texts with characters that a reader does not see as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tuili.data.unusual import in_words, unusual
from tuili.errors import InvalidPair
from tuili.types import Pair

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tuili.types import Judge, Verdict

_PASSED = ("provenance", "occlude")  # methods that give no verdict


class StrictUnicode:
    """Any judge, behind a look at the characters of the texts, see `data.unusual`.

        >>> import tuili
        >>> StrictUnicode(tuili.load()).judge([("He pa\\u200byed.", "He paid.")])
        Traceback (most recent call last):
        tuili.errors.InvalidPair: pair 0, premise: invisible character U+200B at position 5

    Other pairs get the judge's own verdicts. What the judge says of itself is passed on.
    """

    strict_unicode = True  # part of what identifies a run over a file

    def __init__(self, judge: Judge) -> None:
        self._judge = judge

    def judge(self, pairs: Iterable[tuple[str, str]]) -> list[Verdict]:
        """The judge's verdicts.

        Raises:
            InvalidPair: A text has unusual characters; nothing was scored.
            TuiliError: As the judge does.
        """
        listed = list(pairs)
        InvalidPair.raise_first([problem for index, pair in enumerate(listed) for problem in _problems(index, pair)])
        return self._judge.judge(listed)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        value = getattr(self._judge, name)
        if callable(value) and name not in _PASSED:
            raise AttributeError(f"{name} of the judge is not passed on: it would take texts that nobody looked at")
        return value


def _problems(index: int, pair: object) -> list[InvalidPair]:
    """The pair's first text that is refused. What is no pair of texts, the judge refuses itself."""
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        return []
    for field, text in zip(Pair._fields, pair, strict=True):
        found = unusual(text) if isinstance(text, str) else []
        if found:
            return [InvalidPair(in_words(found), index=index, field=field)]
    return []
