"""What comes in: the outcome of every bad input is fixed (trust.md, table I)."""

from __future__ import annotations

import io
import json
import random
import socket
import time

import pytest

pytest.importorskip("fastapi")

from hypothesis import given, settings
from hypothesis import strategies as st
from live import Slow, live, pair_body

from tuili.reasoning.scripted import Scripted
from tuili.serving.app import Service
from tuili.serving.log import Log
from tuili.serving.settings import Settings

JSON = {"content-type": "application/json"}
NUMBER = b'{"sources": ["x"], "text": "y", "threshold": %s}'
PAIR = b'{"pairs": [{"premise": %s, "hypothesis": "y"}]}'


@pytest.fixture(scope="module")
def server():
    with live(max_text=5000, max_pairs=20) as running:
        yield running


def post(server, content: bytes, path: str = "/v1/judge", headers: dict[str, str] | None = None):
    with server.client() as client:
        return client.post(path, content=content, headers=headers or JSON)


def refused(response, status: int, code: str | None = None, field: str | None = None) -> None:
    error = response.json()["error"]
    assert response.status_code == status, error
    assert set(error) == {"code", "message", "field"}
    if code is not None:
        assert error["code"] == code
    if field is not None:
        assert error["field"] == field
    assert "Traceback" not in response.text


@pytest.mark.parametrize("text", [b'""', b'"  "', b'"\\u200b\\n"', b'"\\t"'])
def test_an_empty_or_blank_text(server, text):
    """I: empty and white-space-only text is 422 `empty_text`."""
    refused(post(server, PAIR % text), 422, "empty_text", "pairs.0.premise")


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"1e999"])
def test_a_number_that_is_none(server, number):
    """I: NaN, Infinity, 1e999 are 422."""
    refused(post(server, NUMBER % number, "/v1/check"), 422, "not_finite")


def test_an_open_string_of_escaped_quotes_takes_no_longer_than_it_is(server):
    """I1: time is linear in the size of a body, whatever is in it."""
    started = time.monotonic()
    refused(post(server, b'"' + b'\\"' * 200_000), 400, "invalid_json")
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("number", [b'"0.7"', b"true", b"null", b"[0.7]"])
def test_a_number_of_another_type(server, number):
    """I: strict types."""
    refused(post(server, NUMBER % number, "/v1/check"), 422, "invalid", "threshold")


@pytest.mark.parametrize("text", [b"1", b"true", b"null", b"[]", b'{"a": 1}'])
def test_a_text_of_another_type(server, text):
    """I: strict types."""
    refused(post(server, PAIR % text), 422, "invalid", "pairs.0.premise")


def test_an_unknown_key(server):
    """I: an unknown key is 422."""
    body = pair_body()
    refused(post(server, json.dumps({**body, "url": "x"}).encode()), 422, "unknown_key", "url")
    body["pairs"][0]["path"] = "/etc/passwd"
    refused(post(server, json.dumps(body).encode()), 422, "unknown_key", "pairs.0.path")


@pytest.mark.parametrize("body", [b'{"pairs": [], "pairs": []}', PAIR % b'"x", "premise": "y"'])
def test_a_key_named_twice(server, body):
    """I: a duplicate key is 400."""
    refused(post(server, body), 400, "duplicate_key")


@pytest.mark.parametrize("text", [b'"a\\ud800"', b'"\\udfff"', b'"\\udc00\\ud800 x"'])
def test_half_of_a_surrogate_pair(server, text):
    """I: a lone surrogate, written as an escape, is 422 `invalid_unicode`."""
    refused(post(server, PAIR % text), 422, "invalid_unicode", "pairs.0.premise")


def test_bytes_that_are_no_utf_8(server):
    """I: a raw surrogate, invalid UTF-8 and UTF-16 are 400; another charset is 415."""
    for text in (b'"\xed\xa0\x80"', b'"\xff"', b'"\xc3("'):
        refused(post(server, PAIR % text), 400, "invalid_encoding")
    refused(post(server, json.dumps(pair_body()).encode("utf-16")), 400)
    refused(post(server, b"{}", headers={"content-type": "application/json; charset=utf-16"}), 415)


def test_the_nul_character(server):
    """I: NUL is refused, other control characters are text."""
    refused(post(server, PAIR % b'"a\\u0000b"'), 422, "nul_character", "pairs.0.premise")
    assert post(server, PAIR % b'"a\\u0007\\u001bb"').status_code == 200


@pytest.mark.parametrize("depth", [33, 100_000, 500_000])
@pytest.mark.parametrize(("opened", "closed"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_deep_json(server, depth, opened, closed):
    """I: 100k-deep JSON is 400, at once."""
    depth = min(depth, 2**20 // (len(opened) + len(closed)) - 10)
    started = time.perf_counter()
    refused(post(server, opened * depth + b"1" + closed * depth), 400, "too_deep")
    assert time.perf_counter() - started < 2  # the bar is 50 ms; the machine may be busy


@pytest.mark.parametrize("digits", [5_000, 1_000_000])
def test_long_numbers(server, digits):
    """I: 5k- and 1M-digit numbers are 400."""
    refused(post(server, NUMBER % (b"1" * digits), "/v1/check"), 400, "number_too_long")
    assert post(server, PAIR % (b'"' + b"1" * 3000 + b'"')).status_code == 200  # digits of a text are text


@pytest.mark.parametrize("body", [b"", b"{", b"nonsense", b'{"a" 1}', b"\xef\xbb\xbf{}", b"{}{}", b"'a'", b'{"a":1,}'])
def test_what_is_not_json(server, body):
    response = post(server, body)
    refused(response, response.status_code)
    assert response.status_code in (400, 422)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_another_content_type(server, kind):
    """I: another content type is 415, `text/plain` with JSON in it too (CSRF)."""
    for path in ("/v1/judge", "/", "/predict", "/nothing"):
        refused(post(server, json.dumps(pair_body()).encode(), path, {"content-type": kind}), 415)
    refused(post(server, b"x", headers={**JSON, "content-encoding": "gzip"}), 415)


def test_a_body_over_the_limit(server):
    """I: 10 MB is 413, before it is read, with a length and without."""
    large = PAIR % (b'"' + b"a" * 10_000_000 + b'"')
    refused(post(server, large), 413, "body_too_large")
    head = b"POST /v1/judge HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    reply = server.raw(head + b"Content-Length: 300000000\r\n\r\n{")
    assert reply.startswith(b"HTTP/1.1 413")
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    sent = 0
    with socket.create_connection(("127.0.0.1", server.port), timeout=15) as connection:
        connection.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n")
        reply = b""
        connection.setblocking(False)
        while sent < 50_000_000:
            try:
                reply += connection.recv(65536)
                break
            except BlockingIOError:
                pass
            except ConnectionResetError:
                break
            try:
                sent += connection.send(chunk[sent % len(chunk) :])
            except BlockingIOError:
                time.sleep(0.001)
            except (BrokenPipeError, ConnectionResetError):
                break
    assert reply.startswith(b"HTTP/1.1 413")
    assert sent < 20_000_000  # what the kernel buffers, not what the server keeps


def test_a_length_that_lies(server):
    """I: more bytes than announced are no part of the body; fewer are waited for, and then given up."""
    body = json.dumps(pair_body()).encode()
    head = b"POST /v1/judge HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
    assert server.raw(head + b"Content-Length: %d\r\n\r\n" % len(body) + body + b"garbage").startswith(b"HTTP/1.1 200")
    both = head + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    assert server.raw(both).split()[1] in (b"400", b"422")
    assert server.raw(head + b"Content-Length: -5\r\n\r\n").split()[1] == b"400"


def test_headers_over_the_limit(server):
    """I: 1 MB of headers is 431, and so is all above 16 KiB."""
    start = b"GET /health HTTP/1.1\r\nHost: localhost\r\n"
    for size in (17_000, 70_000, 1_000_000):
        assert server.raw(start + b"X: " + b"a" * size + b"\r\n\r\n").startswith(b"HTTP/1.1 431")
    many = b"".join(b"X-%d: a\r\n" % number for number in range(3000))
    assert server.raw(start + many + b"\r\n").startswith(b"HTTP/1.1 431")
    assert server.raw(b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n").split()[1] in (b"431", b"400")
    assert server.raw(start + b"X: " + b"a" * 10_000 + b"\r\nConnection: close\r\n\r\n").startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("data", [b"nonsense\r\n\r\n", b"\x16\x03\x01\x00", b"GET / HTTP/x\r\n\r\n", b"GET /\r\n\r\n"])
def test_what_is_no_http(server, data):
    reply = server.raw(data + b"\r\n\r\n")
    assert reply.startswith(b"HTTP/1.1 400")
    assert b'"invalid_http"' in reply


def test_a_text_over_the_limit(server):
    """I: a text over the limit is 413, never cut."""
    refused(post(server, PAIR % (b'"' + b"a" * 5001 + b'"')), 413, "text_too_long", "pairs.0.premise")
    assert post(server, PAIR % (b'"' + b"a" * 5000 + b'"')).status_code == 200
    body = {"premise": "x", "hypotheses": ["y"] * 21}
    refused(post(server, json.dumps(body).encode()), 413, "too_many", "hypotheses")


FLAGGED = [
    ("\u202eabc", "bidi", 0, "U+202E", 1),
    ("a\u200b\u200bb", "invisible", 1, "U+200B", 2),
    ("ab\U000e0041", "tag", 2, "U+E0041", 1),
    ("раураl", "look_alike", 0, "U+0440", 5),
    ("ab\bc", "control", 2, "U+0008", 1),
]


@pytest.mark.parametrize(("text", "kind", "offset", "code_point", "count"), FLAGGED)
def test_unusual_characters_are_judged_as_they_are_and_told(text, kind, offset, code_point, count):
    """I, P3: bidirectional controls, zero-width, tag characters, homoglyphs are flagged, never changed."""
    told = {"kind": kind, "offset": offset, "code_point": code_point, "count": count}
    judge = Slow()
    with live(judge) as server, server.client() as client:
        reply = client.post("/v1/judge", json=pair_body("It rains.", text))
        assert reply.status_code == 200
        assert reply.json()["flags"] == [{"field": "pairs.0.hypothesis", **told}]
        assert reply.headers["x-unicode-flags"] == kind
        assert judge.asked[-1] == ("It rains.", text)
        check = client.post("/v1/check", json={"sources": [text], "text": "It rains.", "threshold": 0.5})
        assert check.json()["flags"] == [{"field": "sources.0", **told}]
        predict = client.post("/predict", json={"inputs": [text, "x"]})
        assert predict.headers["x-unicode-flags"] == kind
        plain = client.post("/v1/judge", json=pair_body("שלום \u200eabc", "👩\u200d🚀"))
        assert plain.json()["flags"] == []
        assert "x-unicode-flags" not in plain.headers
    logged = [event.get("unicode") for event in server.events() if event["event"] == "request"]
    assert logged == [[kind], [kind], [kind], None]


@pytest.mark.parametrize(("text", "kind"), [flagged[:2] for flagged in FLAGGED])
def test_a_strict_server_refuses_unusual_characters(text, kind):
    """I, P3: with `strict_unicode`, 422, on every route; nothing is asked."""
    judge = Slow()
    with live(judge, strict_unicode=True) as server, server.client() as client:
        asked = len(judge.asked)
        for path, body, field in (
            ("/v1/judge", pair_body("x", text), "pairs.0.hypothesis"),
            ("/v1/check", {"sources": ["x", {"name": "a", "text": text}], "text": "y"}, "sources.1.text"),
            ("/v1/answer", {"passages": ["x"], "question": text}, "question"),
            ("/v1/classify", {"text": "x", "labels": ["y", text]}, "labels.1"),
            ("/v1/explain", {"premise": text, "hypothesis": "x"}, "premise"),
            ("/predict", {"inputs": [["x", text]]}, "inputs.0.1"),
            ("/rerank", {"query": text, "texts": ["x"]}, "query"),
            ("/v1/rerank", {"query": "x", "documents": [{"text": text}]}, "documents.0.text"),
            ("/v2/rerank", {"query": "x", "documents": [text]}, "documents.0"),
            ("/", {"inputs": text, "parameters": {"candidate_labels": ["x"]}}, "inputs"),
        ):
            reply = client.post(path, json=body)
            refused(reply, 422, "unusual_unicode", field)
            assert kind in reply.json()["error"]["message"]
        assert len(judge.asked) == asked
        assert client.post("/v1/judge", json=pair_body("שלום \u200eabc", "👩\u200d🚀 Zürich")).status_code == 200


def test_nothing_to_judge(server):
    refused(post(server, b'{"pairs": []}'), 422, field="pairs")
    refused(post(server, b'{"premise": "x", "hypotheses": []}'), 422, field="hypotheses")
    refused(post(server, b'{"premise": "x", "hypotheses": ["y"], "pairs": []}'), 422, "unknown_key", "pairs")
    refused(post(server, b"[]"), 422)
    refused(post(server, b"null"), 422)


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/predict", {"inputs": "one text"}, "inputs"),
        ("/predict", {"inputs": ["a", "b", "c"]}, "inputs"),
        ("/predict", {"inputs": [["a", "b"], ["c"]]}, "inputs"),
        ("/rerank", {"query": "a", "texts": []}, "texts"),
        ("/v1/rerank", {"query": "a", "documents": [{"title": "no text"}]}, "documents.0.text"),
        ("/v2/rerank", {"query": "a", "documents": ["b"], "top_n": 0}, "top_n"),
        ("/v1/classify", {"text": "a", "labels": ["b"], "template": "no place"}, "template"),
        ("/v1/classify", {"text": "a", "labels": ["b", "b"]}, None),
        ("/", {"inputs": "a"}, "parameters"),
        ("/", {"inputs": "a", "parameters": {"candidate_labels": "a,b"}}, "parameters.candidate_labels"),
        ("/v1/explain", {"premise": "a"}, "hypothesis"),
        ("/v1/answer", {"passages": [], "question": "a"}, "passages"),
    ],
)
def test_each_route_says_which_field_is_wrong(server, path, body, field):
    with server.client() as client:
        refused(client.post(path, json=body), 422, field=field)


def test_methods_and_paths_that_are_not_there(server):
    with server.client() as client:
        refused(client.get("/nothing"), 404, "not_found")
        response = client.put("/v1/judge", json={})
        refused(response, 405, "method_not_allowed")
        assert response.headers["allow"] == "POST"


@pytest.mark.parametrize("timeout", ["", "x", "-1", "0", "1e9", "inf", "nan", "1" * 100])
def test_a_deadline_that_is_none(server, timeout):
    with server.client() as client:
        refused(client.post("/v1/judge", json=pair_body(), headers={"X-Request-Timeout": timeout}), 400)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


def bodies_by_route() -> dict[str, list[bytes]]:
    """Of every route that takes a body, good ones: what its description gives as examples."""
    service = Service(Scripted(default="neutral"), Settings(), log=Log(io.StringIO()))
    described = service.api.openapi()
    kinds = described["components"]["schemas"]
    found = {}
    for path, item in described["paths"].items():
        if "post" in item:
            schema = item["post"]["requestBody"]["content"]["application/json"]["schema"]
            bodies = [kinds[one["$ref"].rpartition("/")[2]] for one in schema.get("oneOf", [schema])]
            found[path] = [json.dumps(example).encode() for body in bodies for example in body["examples"]]
    return found


BODIES = bodies_by_route()
PATHS = tuple(BODIES)


def test_bodies_at_random_never_break_it(server):
    """I1: any JSON, and any bytes: 200 or 4xx."""
    with server.client() as client:

        @settings(max_examples=60, deadline=None, database=None)
        @given(st.sampled_from(PATHS), VALUES | st.fixed_dictionaries({"premise": VALUES, "hypotheses": VALUES}))
        def any_value(path, value):
            assert client.post(path, content=json.dumps(value), headers=JSON).status_code in (200, 400, 413, 422)

        @settings(max_examples=60, deadline=None, database=None)
        @given(st.sampled_from(PATHS), st.binary(max_size=200))
        def any_bytes(path, content):
            assert client.post(path, content=content, headers=JSON).status_code in (200, 400, 413, 422)

        any_value()
        any_bytes()


@pytest.mark.slow
def test_ten_thousand_hostile_bodies(server):
    """I1: deep JSON, NaN, surrogates, 50 MB, wrong types, bytes changed at random, on every route: only 4xx, or 200."""
    rng = random.Random(8)
    pieces = [
        b"NaN",
        b"1e999",
        b'"\\ud800"',
        b"[" * 50,
        b"[" * 100_000,
        b"{",
        b"}",
        b'"',
        b"\xff",
        b"null",
        b"-0",
        b"9" * 500,
        b"\\",
        b",",
        b'"":1,',
        "\u202e\u200b\U000e0041".encode(),
    ]
    asked = dict.fromkeys(PATHS, 0)
    with server.client() as client:
        for number in range(10_000):
            path = rng.choice(PATHS)
            seeds = BODIES[path] if rng.random() < 0.8 else BODIES[rng.choice(PATHS)]
            body = bytearray(rng.choice(seeds))
            for _ in range(rng.randint(0, 4)):
                place = rng.randrange(len(body) + 1)
                body[place : place + rng.randint(0, 6)] = rng.choice(pieces)
            if number % 2_500 == 0:
                body += b" " * 50_000_000
            status = client.post(path, content=bytes(body), headers=JSON).status_code
            asked[path] += 1
            assert status == 200 or 400 <= status < 500, (path, status, bytes(body[:300]))
    assert min(asked.values()) > 500
