"""OpenTelemetry in the server, with an exporter in memory."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from importlib.util import find_spec

import pytest
from live import TOKEN, live, pair_body

from tuili.engine.load import load
from tuili.errors import MissingExtra, UsageError
from tuili.serving.log import Log
from tuili.serving.traces import OpenTelemetry, Traces, traces_of

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


@pytest.fixture
def exporter():
    pytest.importorskip("opentelemetry.sdk")
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    return InMemorySpanExporter()


@pytest.fixture
def traces(exporter):
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor

    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return OpenTelemetry(provider)


def named(exporter, name):
    return [span for span in exporter.get_finished_spans() if span.name == name]


def test_a_span_for_each_request_and_each_batch(tiny_directory, exporter, traces):
    engine = load(str(tiny_directory), threads=1)
    with live(engine, traces=traces) as server, server.client() as client:
        exporter.clear()
        body = {"premise": "the man is in the park", "hypotheses": ["a dog", "a cat", "a man"]}
        assert client.post("/v1/judge", json=body, headers={"X-Request-Id": "mine"}).status_code == 200
        assert client.post("/v1/judge", json={"premise": ""}).status_code == 422
        assert client.get("/nothing").status_code == 404
    answered, refused = named(exporter, "POST /v1/judge")
    assert answered.attributes == {
        "http.request.method": "POST",
        "http.route": "/v1/judge",
        "http.response.status_code": 200,
        "tuili.pairs": 3,
        "tuili.request_id": "mine",
    }
    assert refused.attributes["http.response.status_code"] == 422
    assert [span.attributes["http.response.status_code"] for span in named(exporter, "GET unmatched")] == [404]
    [batch] = named(exporter, "judge batch")
    assert batch.attributes["tuili.batch.pairs"] == 3
    assert batch.attributes["tuili.model"] == engine.model
    assert "@" in engine.model
    # six words of the premise, two of each hypothesis, and what frames them
    assert batch.attributes["tuili.batch.tokens"] >= 12
    assert batch.attributes["tuili.batch.characters"] > 0
    assert batch.end_time > batch.start_time
    [link] = batch.links
    assert link.context == answered.get_span_context()


def test_a_request_is_part_of_its_caller_s_trace(exporter, traces):
    with live(traces=traces) as server, server.client() as client:
        for header in (PARENT, "00-nonsense", "\xff" * 40, ""):
            reply = client.post("/v1/judge", json=pair_body(), headers={"traceparent": header.encode("latin-1")})
            assert reply.status_code == 200
    ours, *others = named(exporter, "POST /v1/judge")
    assert format(ours.context.trace_id, "032x") == TRACE
    assert format(ours.parent.span_id, "016x") == "b7ad6b7169203331"
    assert [span.parent for span in others] == [None] * 3


def test_no_text_and_no_token_is_in_a_span(exporter, traces):
    """S9: traces hold neither texts nor tokens, of answers, refusals and failures."""

    class Failing:
        labels = ()

        def judge(self, pairs):
            if pairs[0][0] == "canary premise":
                raise RuntimeError(f"about {pairs[0]}")
            from tuili.reasoning.scripted import Scripted

            return Scripted(default="neutral").judge(pairs)

    headers = {
        "Authorization": f"Bearer {TOKEN}",
        "traceparent": PARENT,
        "tracestate": "canary=state",
        "baggage": "canary=bag",
        "X-Canary": "canary",
    }
    with live(Failing(), traces=traces, tokens=(TOKEN,)) as server, server.client(headers=headers) as client:
        assert client.post("/v1/judge", json=pair_body("canary premise", "canary hypothesis")).status_code == 500
        assert client.post("/v1/judge", json=pair_body("another", "canary hypothesis")).status_code == 200
        assert client.post("/v1/judge?canary=1", json={"canary": "canary"}).status_code == 422
        assert client.get("/canary").status_code == 404
    spans = exporter.get_finished_spans()
    assert len(spans) >= 6
    told = "".join(span.to_json() for span in spans)
    assert "canary" not in told
    assert named(exporter, "POST /v1/judge")[0].status.status_code.name == "ERROR"


OFF = [
    {},
    {"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"},
    {"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"},
    {"OTEL_SERVICE_NAME": "tuili"},
]
ON = [
    {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"},
    {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"},
    {"OTEL_TRACES_EXPORTER": "console"},
    {"OTEL_TRACES_EXPORTER": "otlp"},
]


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch):
    for name in list(os.environ):
        if name.startswith("OTEL_"):
            monkeypatch.delenv(name)


def opened(monkeypatch, variables, *, wanted=False):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    log = io.StringIO()
    return traces_of(wanted=wanted, log=Log(log)), log.getvalue()


@pytest.mark.parametrize("variables", OFF)
def test_it_is_off_unless_asked_for(monkeypatch, variables):
    traces, _ = opened(monkeypatch, variables)
    assert type(traces) is Traces


@pytest.mark.parametrize(("variables", "wanted"), [*((found, False) for found in ON), ({}, True)])
def test_standard_variables_and_the_option_switch_it_on(monkeypatch, variables, wanted):
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http")
    traces, _ = opened(monkeypatch, variables, wanted=wanted)
    assert type(traces) is OpenTelemetry
    traces.close()


@pytest.mark.skipif(find_spec("opentelemetry") is None, reason="needs the extra otel")
@pytest.mark.parametrize(
    "variables", [{"OTEL_TRACES_EXPORTER": "zipkin"}, {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}], ids=str
)
def test_an_exporter_that_is_not_there_is_told(monkeypatch, variables):
    with pytest.raises(UsageError, match=r"otlp|http/protobuf"):
        opened(monkeypatch, variables, wanted=True)


def test_without_the_extra_the_option_says_what_to_install_and_variables_only_log(monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(MissingExtra, match=r"tuili\[otel\]"):
        opened(monkeypatch, {}, wanted=True)
    traces, log = opened(monkeypatch, ON[0])
    assert type(traces) is Traces
    assert "no_traces" in log


def test_a_server_without_traces_loads_no_opentelemetry():
    code = "import sys, tuili.serving.server; print('opentelemetry.sdk' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


GLOBAL = """
import io
from fastapi.testclient import TestClient
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tuili.reasoning.scripted import Scripted
from tuili.serving.app import Service
from tuili.serving.log import Log
from tuili.serving.settings import Settings

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
service = Service(Scripted(default="neutral"), Settings(), log=Log(io.StringIO()))
with TestClient(service, base_url="http://localhost") as client:
    assert client.post("/v1/judge", json={"premise": "canary", "hypotheses": ["x"]}).status_code == 200
    assert client.post("/v1/judge", json={"canary": "canary"}).status_code == 422
print(len(spans.get_finished_spans()))
"""


def test_the_framework_s_own_telemetry_is_off(exporter):
    """S9: FastAPI would send what was in a request that it can't validate."""
    environment = {**os.environ, "FASTAPI_OTEL_AUTO_CONFIGURE": "true"}
    environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:1"
    done = subprocess.run([sys.executable, "-c", GLOBAL], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "0"
