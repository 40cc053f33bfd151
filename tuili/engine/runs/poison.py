"""Rows at which a judge fails though it answers about others, told apart from a judge that is down.

Halving finds the suspects. One is only blamed where it makes the judge fail alone, twice, and a witness, a row that has
an answer, gets it again in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from tuili.errors import AuditError, MissingExtra, ResumeError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Row = TypeVar("Row")
Done = TypeVar("Done")

OURS = (AuditError, MissingExtra, ResumeError, UsageError)
"""What no row is to blame for."""


@dataclass(frozen=True, slots=True)
class Halving(Generic[Row, Done]):
    """The search for poison.

    Attributes:
        judged: What comes of rows, in order; raises where the judge fails.
        is_answer: Whether what came of a row is an answer of the judge.
    """

    judged: Callable[[Sequence[Row]], list[Done]]
    is_answer: Callable[[Done], bool]

    def without_poison(self, rows: Sequence[Row], error: Exception, witness: Row | None) -> list[Done | Exception]:
        """What comes of each row, or the error that it causes, in order.

        Args:
            rows: Rows of which at least one made the judge fail.
            error: What it raised then.
            witness: A row that it answered about; None where none is known yet.

        Raises:
            Exception: The judge fails at others too: no row is to blame.
        """
        if isinstance(error, OURS):
            raise error
        known = self._any_answered(rows, error) if witness is None else witness
        self.judged([known])
        return self._sorted_out(rows, known)

    def _any_answered(self, rows: Sequence[Row], error: Exception) -> Row:
        for place in dict.fromkeys((0, len(rows) // 2, len(rows) - 1)):
            try:
                done = self.judged([rows[place]])
            except Exception:  # noqa: BLE001, S112  # the next one, or none: then `error` is told
                continue
            if self.is_answer(done[0]):
                return rows[place]
        raise error

    def _sorted_out(self, rows: Sequence[Row], witness: Row) -> list[Done | Exception]:
        try:
            return list(self.judged(rows))
        except OURS:
            raise
        except Exception as error:  # noqa: BLE001  # narrowed down
            if len(rows) == 1:
                return self._again(rows, witness, error)
        middle = len(rows) // 2
        return self._sorted_out(rows[:middle], witness) + self._sorted_out(rows[middle:], witness)

    def _again(self, rows: Sequence[Row], witness: Row, error: Exception) -> list[Done | Exception]:
        self.judged([witness])
        try:
            return list(self.judged(rows))
        except OURS:
            raise
        except Exception:  # noqa: BLE001  # becomes the row's
            return [error]
