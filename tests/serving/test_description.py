"""The OpenAPI description, and schemathesis over it (trust.md, I1)."""

from __future__ import annotations

import io

import pytest

pytest.importorskip("fastapi")

from fastapi.testclient import TestClient
from live import TOKEN, live

from tuili.reasoning.scripted import Scripted
from tuili.serving.app import Service
from tuili.serving.log import Log
from tuili.serving.settings import Settings

SCHEMA = Service(Scripted(default="neutral"), Settings(tokens=(TOKEN,)), log=Log(io.StringIO())).api.openapi()
PATHS = sorted(path for path, item in SCHEMA["paths"].items() if "post" in item)
OPERATIONS = sorted((path, method.upper()) for path, item in SCHEMA["paths"].items() for method in item)


def test_every_route_is_described():
    assert PATHS == [
        "/",
        "/predict",
        "/rerank",
        "/v1/answer",
        "/v1/check",
        "/v1/classify",
        "/v1/explain",
        "/v1/judge",
        "/v1/rerank",
        "/v2/rerank",
    ]
    assert {"/health", "/ready", "/metrics", "/info"} <= SCHEMA["paths"].keys()
    for path in PATHS:
        post = SCHEMA["paths"][path]["post"]
        assert {"200", "400", "401", "413", "415", "422", "429", "503"} <= post["responses"].keys()
        assert post["description"]
        assert "X-Unicode-Flags" in post["responses"]["200"]["headers"]
        assert "schema" in post["responses"]["200"]["content"]["application/json"]


def _body(path: str) -> list[dict]:
    schema = SCHEMA["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    references = [one["$ref"] for one in schema.get("oneOf", [schema])]
    return [SCHEMA["components"]["schemas"][one.rpartition("/")[2]] for one in references]


@pytest.mark.parametrize("path", PATHS)
def test_every_example_is_answered(path):
    examples = [example for body in _body(path) for example in body["examples"]]
    assert examples
    service = Service(Scripted(default="entailment"), Settings(), log=Log(io.StringIO()))
    with TestClient(service, base_url="http://localhost") as client:
        for example in examples:
            assert client.post(path, json=example).status_code == 200


def fuzzed(path: str, method: str, examples: int) -> int:
    """Cases that schemathesis tried on a route: valid ones and broken ones."""
    schemathesis = pytest.importorskip("schemathesis")
    from hypothesis import HealthCheck, Phase, given, settings
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        negative_data_rejection,
        response_headers_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

    schema = schemathesis.openapi.from_dict(SCHEMA)
    checks = [
        not_a_server_error,
        status_code_conformance,
        content_type_conformance,
        response_schema_conformance,
        response_headers_conformance,
        negative_data_rejection,
    ]
    tried = 0
    with live() as server:
        operation = schema[path][method]
        strategy = operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE)
        if operation.body:  # what takes nothing can't be asked wrongly
            strategy |= operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)

        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.generate],
        )
        @given(strategy)
        def attempt(case):
            nonlocal tried
            tried += 1
            case.call_and_validate(base_url=server.url, checks=checks, headers={"Connection": "close"})

        attempt()
    return tried


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_schemathesis_finds_nothing(path, method):
    """I1: no 5xx, no undescribed status, type or shape on any route; 500 cases a route in the slow run, 25 here."""
    assert fuzzed(path, method, 25) >= (20 if method == "POST" else 1)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_schemathesis_finds_nothing_for_long(path, method):
    """I1."""
    assert fuzzed(path, method, 500) >= (400 if method == "POST" else 1)
