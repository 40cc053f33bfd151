"""Why a request is not answered, in the one form that every client gets: `{"error": {code, message, field}}`."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException

from tuili.errors import InputError, InvalidPair, TuiliError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_MESSAGE = 500

GONE = 499
"""What the log says of a request whose client left; nobody is sent it."""

_BRANCH = re.compile(r"^form: |[\[\]]|^(str|NamedText|Document)$")
"""What pydantic adds to the path of a finding where a part may have several forms; nobody sent it."""


_STATUS = {
    "empty_text": 422,
    "nul_character": 422,
    "invalid_template": 422,
}
"""Findings of our own; their names are the codes."""


class Refusal(HTTPException):
    """A request that is not answered.

    Attributes:
        status_code: Of HTTP.
        code: A word for programs.
        field: Which part of the body, as a path such as `pairs.3.premise`.
        retry_after: After how many whole seconds it may be worth asking again.
    """

    def __init__(
        self, status: int, code: str, message: str, *, field: str | None = None, retry_after: float | None = None
    ) -> None:
        wait = None if retry_after is None else max(1, math.ceil(min(retry_after, 3600)))
        headers = {} if wait is None else {"Retry-After": str(wait)}
        super().__init__(status, message, headers)
        self.code = code
        self.message = message
        self.field = field
        self.retry_after = wait

    def body(self) -> bytes:
        """The answer's JSON, in ASCII: what a caller sent can be quoted in it without harm."""
        error = {"code": self.code, "message": self.message[:MAX_MESSAGE], "field": self.field}
        return json.dumps({"error": error}).encode()


class Gone(Exception):  # not an error: nobody is there to be told
    """The client has closed the connection; nobody waits for an answer."""


def refusal_of(error: TuiliError, where: Sequence[str] = ()) -> Refusal:
    """What a caller is told of an error of the library.

    Args:
        error: What was raised.
        where: For each pair that was judged, where it stands in the body.
    """
    if isinstance(error, InvalidPair):
        place = where[error.index] if error.index < len(where) else f"pairs.{error.index}"
        field = ".".join(filter(None, (place, error.field)))
        return Refusal(422, "invalid_pair", error.reason, field=field)
    if isinstance(error, InputError | UsageError):
        return Refusal(422, "invalid_input", str(error))
    return Refusal(500, "judge_failed", "the judge failed; the server's log says more under this request's id")


def invalid(errors: Sequence[Any]) -> Refusal:
    """The refusal for what pydantic found; the one that goes deepest is told."""
    deepest = max(errors, key=lambda error: (len(_path(error)), error["type"] in _STATUS))
    field = ".".join(_path(deepest))[:200] or None
    kind = str(deepest["type"])
    message = str(deepest["msg"])
    if kind == "string_too_short":
        kind, message = "empty_text", "the text is empty"
    if kind in _STATUS:
        return Refusal(_STATUS[kind], kind, message, field=field)
    return Refusal(422, "unknown_key" if kind == "extra_forbidden" else "invalid", message, field=field)


def _path(error: Any) -> list[str]:
    return [str(part) for part in error["loc"][1:] if not _BRANCH.search(str(part))]
