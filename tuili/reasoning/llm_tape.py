"""Replies of a language model on record, so that its verdicts can be made again, bit for bit, without it."""

from __future__ import annotations

import hashlib
import json
import threading
from base64 import b64decode, b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tuili.data.atomic import write_files
from tuili.errors import DataError
from tuili.reasoning.llm_reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuili.reasoning.llm_prompt import Mode
    from tuili.types import Label, Pair

_MODES: dict[str, Mode] = {"logprobs": "logprobs", "json": "json"}


@dataclass(frozen=True, slots=True)
class Take:
    """What came of one request: the body of a reply, or the reason why there is none."""

    mode: Mode
    body: bytes
    reason: Reason | None


class Tape:
    """What came of each pair last, by a hash of model, labels and texts. The texts themselves are not in it.

    What the model wrote is, and that may repeat a text: keep it as you keep the texts.
    """

    def __init__(self) -> None:
        self._takes: dict[str, Take] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._takes)

    def keep(self, key: str, take: Take) -> None:
        with self._lock:
            self._takes[key] = take

    def get(self, key: str) -> Take | None:
        return self._takes.get(key)

    def save(self, path: str | Path) -> None:
        """Write it as JSON lines.

        Raises:
            UsageError: The file can't be written.
        """
        with self._lock:
            rows = [
                {
                    "pair": key,
                    "mode": take.mode,
                    "reason": None if take.reason is None else take.reason.name,
                    "body": b64encode(take.body).decode("ascii"),
                }
                for key, take in self._takes.items()
            ]
        place = Path(path)
        write_files(place.parent, {place.name: "".join(f"{json.dumps(row)}\n" for row in rows).encode("ascii")})

    @classmethod
    def read(cls, path: str | Path) -> Tape:
        """The tape that `save` wrote.

        Raises:
            DataError: The file can't be read, or is none.
        """
        tape = cls()
        try:
            lines = Path(path).read_bytes().splitlines()
        except OSError as error:
            raise DataError(f"can't be read: {error.strerror}", path=path) from None
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
                tape._takes[str(row["pair"])] = Take(
                    mode=_MODES[row["mode"]],
                    body=b64decode(row["body"], validate=True),
                    reason=None if row["reason"] is None else Reason[row["reason"]],
                )
            except (ValueError, KeyError, TypeError, RecursionError):
                raise DataError("is no line of a tape", path=path, row=number) from None
        return tape


def key_of(model: str, labels: Sequence[Label], pair: Pair) -> str:
    """Which request it was, whatever its random mark."""
    said = json.dumps([model, [label.value for label in labels], *pair])
    return hashlib.sha256(said.encode("ascii")).hexdigest()
