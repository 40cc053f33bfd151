"""Why a language model gave no verdict: a fixed list, so that nothing a server sends can end up in a message."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why there is no verdict. The value is what a log says of it."""

    UNREACHABLE = "the server can't be reached"
    LATE = "no whole reply came before the deadline"
    CUT = "the connection broke, or what came is not HTTP"
    TOO_LARGE = "the reply is larger than is read"
    ENCODED = "the reply is compressed, which was not asked for"
    REDIRECT = "the server redirects, and redirects are not followed"
    KEY = "the server wants another key (401 or 403); see TUILI_LLM_KEY"
    UNKNOWN = "the server knows no such address or model (404)"
    REJECTED = "the server rejects this request"
    BUSY = "the server is busy"
    FAILED = "the server failed"
    RESTING = "the server failed too often, and is left alone for a while"
    NOT_JSON = "the reply is not JSON"
    NOT_A_COMPLETION = "the reply is JSON, but no chat completion"
    DECLINED = "the model declined, called a tool, or was stopped by a filter"
    NO_LABEL = "the model's answer is not what it was asked for"
    NO_PROBABILITIES = "the log-probabilities are missing, or are none"
    NOT_RECORDED = "no reply to this pair was recorded"


OF_THE_MODEL = frozenset({Reason.DECLINED, Reason.NO_LABEL, Reason.NO_PROBABILITIES, Reason.NOT_RECORDED})
"""Reasons that lie in what the model makes of a pair. All others lie in the server, or in how it is asked."""


class Unanswered(Exception):  # it becomes an abstention, no error
    """There is no verdict on a pair. It does not leave the back end."""

    def __init__(self, reason: Reason, *, after: float | None = None) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.after = after  # seconds that the server asks to wait
