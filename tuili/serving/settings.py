"""What a server may be told. Checked as a whole before anything starts: a configuration that can't work is refused."""

from __future__ import annotations

import ipaddress
import math
from dataclasses import dataclass, fields

from tuili.data.text import MAX_CHARACTERS
from tuili.errors import UsageError

LEAST_TOKEN = 16
_RANGES: dict[str, tuple[float, float]] = {
    "port": (0, 65535),
    "workers": (1, 64),
    "threads": (1, 1024),
    "max_body": (1024, 2**30),
    "max_text": (1, MAX_CHARACTERS),
    "max_pairs": (1, 100_000),
    "max_depth": (8, 200),
    "max_wait": (0.001, 600),
    "deadline": (0.01, 3600),
    "batch_characters": (1, 10_000_000),
    "linger": (0, 1),
    "rate": (0.001, 1_000_000),
    "burst": (1, 1_000_000),
    "read_timeout": (0.1, 600),
    "drain": (0, 5),
    "max_requests": (1, 100_000),
    "application_threads": (1, 256),
}
_WHOLE = {"port", "workers", "threads", "max_body", "max_text", "max_pairs", "max_depth", "batch_characters", "burst"}
_WHOLE |= {"max_requests", "application_threads"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to serve.

    Attributes:
        model: Address of the model, as `tuili.load` takes it.
        require_signed: The public key that the model must be signed with; None: any bundle.
        threads: Processor threads of the model in each worker.
        host: Address to listen on. Anything but loopback needs a token.
        port: 0 takes a free one.
        workers: Processes, each with a model of its own.
        tokens: Who may ask: each a secret of at least 16 characters. None: anyone who can reach the address.
        hosts: Further names by which the server may be called; others get 421.
        max_body: Bytes of a body.
        max_text: Characters of a text.
        max_pairs: Pairs, hypotheses, documents or labels of a request.
        max_depth: Levels of nesting of a body.
        max_wait: Seconds that a request may be expected to wait; a third of its deadline where that is less.
        deadline: Seconds in which a request is answered unless it asks for less (`X-Request-Timeout`).
        batch_characters: Characters that are judged in one go.
        linger: Seconds an idle judge waits for company.
        rate: Requests a second for each caller; `burst` at once.
        read_timeout: Seconds for a request to arrive whole.
        drain: Seconds between "not ready" and the end of listening, at shutdown.
        max_requests: Requests in progress in each worker, waiting ones included.
        application_threads: Requests for checks, explanations and the like at once.
        audit: Directory of the record of verdicts; None: no record.
        strict_unicode: Refuse texts with characters that a reader does not see as they are (`data.unusual`).
        otel: Send traces (OpenTelemetry); without it, where the environment's `OTEL_` variables ask for them.
    """

    model: str | None = None
    require_signed: str | None = None
    threads: int = 1
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    tokens: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    max_body: int = 2**20
    max_text: int = 100_000
    max_pairs: int = 1000
    max_depth: int = 32
    max_wait: float = 10.0
    deadline: float = 30.0
    batch_characters: int = 16_384
    linger: float = 0.002
    rate: float = 1000.0
    burst: int = 1000
    read_timeout: float = 10.0
    drain: float = 0.5
    max_requests: int = 2000
    application_threads: int = 8
    audit: str | None = None
    strict_unicode: bool = False
    otel: bool = False

    def __post_init__(self) -> None:
        for field in fields(self):
            if field.name in _RANGES:
                _check_number(field.name, getattr(self, field.name))
        for token in self.tokens:
            if len(token) < LEAST_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
                raise UsageError(f"a token needs at least {LEAST_TOKEN} visible ASCII characters; none is shown here")
        if not self.is_loopback and not self.tokens:
            raise UsageError(
                f"{self.host} can be reached from other machines, so a token is needed: set TUILI_TOKEN, or use "
                "--token-file; or listen on 127.0.0.1"
            )

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the address."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def allowed_hosts(self) -> frozenset[str]:
        """Names a request's `Host` may carry, in lower case, without ports."""
        wildcard = self.host in ("0.0.0.0", "::", "")  # noqa: S104  # compared with, not listened on
        own = () if wildcard else (self.host.lower(),)
        return frozenset({"localhost", "127.0.0.1", "::1", *own, *(host.lower() for host in self.hosts)})


def _check_number(name: str, value: object) -> None:
    low, high = _RANGES[name]
    kinds = (int,) if name in _WHOLE else (int, float)
    if type(value) not in kinds or not math.isfinite(value) or not low <= value <= high:  # type: ignore[arg-type,operator]
        what = "a whole number" if name in _WHOLE else "a number"
        raise UsageError(f"{name} must be {what} from {low:g} to {high:g}, got {value!r}")
