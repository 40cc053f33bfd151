"""OpenTelemetry: a span for each request and each batch. Off unless it is asked for, and then never a text in it.

What a span says is one of a fixed set (method, route, status), a count, or the model's name and digest. Of a caller's
headers only `traceparent` is read, which is hexadecimal.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from tuili.errors import MissingExtra, UsageError
from tuili.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tuili.serving.log import Log
    from tuili.serving.measured import Measured

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_EXPORTER = "OTEL_TRACES_EXPORTER"


class Span(Protocol):
    """The span of a request that is under way."""

    def done(self, *, method: str, route: str, status: int, pairs: int, request_id: str) -> None:
        """Say what came of the request."""
        ...


class Traces:
    """No traces: what a server has that was not asked for any."""

    @contextmanager
    def request(self, _headers: Mapping[bytes, bytes]) -> Iterator[Span]:
        """The span of a request, for as long as it lasts."""
        yield _Nothing()

    def mark(self) -> Any:
        """Which request is being handled here: what a batch is linked to. None where that is not known."""
        return None

    def batch(self, measured: Measured, model: str) -> None:
        """A batch that has just been judged."""

    def close(self) -> None:
        """Send what has not been sent."""


class _Nothing:
    def done(self, *, method: str, route: str, status: int, pairs: int, request_id: str) -> None:
        """Nobody listens."""


class OpenTelemetry(Traces):
    """Spans through a tracer provider, which says where they go."""

    def __init__(self, provider: Any) -> None:
        from opentelemetry import trace
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._api = trace
        self._provider = provider
        self._tracer = provider.get_tracer("tuili", __version__)
        self._propagator = TraceContextTextMapPropagator()

    @contextmanager
    def request(self, headers: Mapping[bytes, bytes]) -> Iterator[Span]:
        """As a child of the caller's span, where the caller names one."""
        given = headers.get(b"traceparent", b"").decode("latin-1")
        context = self._propagator.extract({"traceparent": given}) if given else None
        # An exception's message may quote a text: it is not recorded.
        with self._tracer.start_as_current_span(
            "request",
            context=context,
            kind=self._api.SpanKind.SERVER,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            yield _RequestSpan(span, self._api)

    def mark(self) -> Any:
        context = self._api.get_current_span().get_span_context()
        return context if context.is_valid else None

    def batch(self, measured: Measured, model: str) -> None:
        ended = time.time_ns()
        attributes: dict[str, Any] = {
            "tuili.batch.pairs": measured.pairs,
            "tuili.batch.characters": measured.characters,
            "tuili.model": model,
        }
        if measured.tokens is not None:
            attributes["tuili.batch.tokens"] = measured.tokens
        span = self._tracer.start_span(
            "judge batch",
            kind=self._api.SpanKind.INTERNAL,
            attributes=attributes,
            links=[self._api.Link(mark) for mark in measured.marks],
            start_time=ended - int(1e9 * measured.seconds),
        )
        span.end(ended)

    def close(self) -> None:
        self._provider.shutdown()


class _RequestSpan:
    def __init__(self, span: Any, api: Any) -> None:
        self._span = span
        self._api = api

    def done(self, *, method: str, route: str, status: int, pairs: int, request_id: str) -> None:
        span = self._span
        span.update_name(f"{method} {route}")
        attributes = {"http.request.method": method, "http.route": route, "http.response.status_code": status}
        span.set_attributes({**attributes, "tuili.pairs": pairs, "tuili.request_id": request_id})
        if status >= 500:
            span.set_status(self._api.StatusCode.ERROR)


def traces_of(*, wanted: bool, log: Log) -> Traces:
    """What the settings and the standard variables of the environment (`OTEL_…`) ask for.

    Args:
        wanted: Asked for with `--otel`. Then the extra must be there; for variables alone, its absence is only logged.
        log: Where that is said.

    Raises:
        MissingExtra: Wanted, without the extra `otel`.
        UsageError: An exporter or protocol that is not there.
    """
    if not (wanted or _configured()) or os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return Traces()
    try:
        return OpenTelemetry(_provider())
    except ImportError as error:
        missing = MissingExtra("opentelemetry", "otel")
        if wanted:
            raise missing from error
        log.event("no_traces", reason=str(missing))
        return Traces()


def _configured() -> bool:
    exporter = os.environ.get(_EXPORTER, "").strip().lower()
    return exporter != "none" and bool(exporter or any(os.environ.get(name, "").strip() for name in _ENDPOINTS))


def _provider() -> Any:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    named = {"service.name": os.environ.get("OTEL_SERVICE_NAME", "tuili"), "service.version": __version__}
    provider = TracerProvider(resource=Resource.create(named), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(_exporter()))
    return provider


def _exporter() -> Any:
    name = os.environ.get(_EXPORTER, "").strip().lower() or "otlp"
    protocol = next((os.environ[key] for key in _PROTOCOLS if os.environ.get(key)), "http/protobuf")
    if name == "console":
        import sys

        from opentelemetry.sdk.trace.export import ConsoleSpanExporter

        return ConsoleSpanExporter(out=sys.stderr)
    if name != "otlp":
        raise UsageError(f"{_EXPORTER} is {name!r}; allowed: otlp, console, none")
    if protocol != "http/protobuf":
        raise UsageError(f"traces go out as http/protobuf, and {protocol!r} was asked for; set {_PROTOCOLS[1]}")
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter()
