"""F10: a server that is down, slow or answers nonsense gives an abstention within the deadline, and never a label."""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import threading
import time

import pytest

pytest.importorskip("h11")

from llm_server import chat, fake_server, honest, http, tokens

from tuili.engine.language_model import language_model
from tuili.reasoning.llm import Settings
from tuili.reasoning.llm_address import parse_address
from tuili.reasoning.llm_http import MAX_REPLY, HttpWire
from tuili.reasoning.llm_reasons import Reason
from tuili.types import Label, Pair

PAIR = Pair("Two dogs run on a beach.", "Animals are moving.")
DEADLINE = 0.4
SLACK = 3.0  # seconds that a busy machine may add

GOOD = json.dumps(honest(b'{"messages": [{}, {"content": ""}], "logprobs": true}')).encode()


def sends(data):
    return lambda connection: connection.send(data)


def hangs(connection):
    connection.stop.wait(5)


def hangs_after(data):
    def handle(connection):
        connection.send(data)
        connection.stop.wait(5)

    return handle


def drips(data):
    return lambda connection: connection.drip(data)


def resets(data):
    def handle(connection):
        connection.send(data)
        connection.raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    return handle


def endless(piece):
    def handle(connection):
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not connection.stop.is_set():
            connection.send(piece)

    return handle


def says(content, **options):
    return sends(http(chat(content, **options)))


def listed(shares, answer="entailment"):
    return says(answer, logprobs=tokens(answer, shares))


def entries(*items, answer="entailment"):
    return says(answer, logprobs={"content": list(items)})


def entry(word="ent", top=({"token": "ent", "logprob": -0.1},)):
    return {"token": word, "logprob": -0.1, "top_logprobs": list(top)}


def raw(text):
    """A completion with this text where the log-probability stands."""
    return sends(http(json.dumps(entries_body()).replace('"LOGPROB"', text)))


def entries_body():
    top = [{"token": "ent", "logprob": "LOGPROB"}]
    return chat("entailment", logprobs={"content": [{"token": "ent", "logprob": 0, "top_logprobs": top}]})


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
BOMB = gzip.compress(b"\0" * 50_000_000)
JSON = "json"

MODES = {
    "closes at once": (lambda connection: None, Reason.CUT),
    "resets": (resets(b""), Reason.CUT),
    "hangs before the headers": (hangs, Reason.LATE),
    "hangs within the headers": (hangs_after(HEAD), Reason.LATE),
    "hangs within the body": (hangs_after(HEAD + b"Content-Length: 500\r\n\r\n{"), Reason.LATE),
    "drips headers": (drips(HEAD * 50), Reason.LATE),
    "drips the body": (drips(http(GOOD)), Reason.LATE),
    "drips chunks": (drips(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\n{\r\n" * 99), Reason.LATE),
    "100 Continue for ever": (drips(b"HTTP/1.1 100 Continue\r\n\r\n" * 99), Reason.LATE),
    "cut body": (sends(http(GOOD)[:-40]), Reason.CUT),
    "cut chunk": (sends(HEAD + b"Transfer-Encoding: chunked\r\n\r\nff\r\n{"), Reason.CUT),
    "reset in the body": (resets(HEAD + b"Content-Length: 500\r\n\r\n{"), Reason.CUT),
    "no HTTP": (sends(b"SSH-2.0-OpenSSH_9.2\r\n"), Reason.CUT),
    "TLS on a plain port": (sends(b"\x15\x03\x01\x00\x02\x02\x16"), Reason.CUT),
    "chunk size that is none": (sends(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}"), Reason.CUT),
    "two lengths": (sends(HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} "), Reason.CUT),
    "a header of 200 KB": (sends(HEAD + b"X: " + b"x" * 200_000 + b"\r\n\r\n"), Reason.CUT),
    "switches protocols": (sends(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"), None),
    "204": (sends(b"HTTP/1.1 204 No Content\r\n\r\n"), Reason.FAILED),
    "400": (sends(http({}, "400 Bad Request")), Reason.REJECTED),
    "401": (sends(http({}, "401 Unauthorized")), Reason.KEY),
    "403": (sends(http({}, "403 Forbidden")), Reason.KEY),
    "404": (sends(http({}, "404 Not Found")), Reason.UNKNOWN),
    "413": (sends(http({}, "413 Too Large")), Reason.REJECTED),
    "429": (sends(http({}, "429 Too Many")), Reason.BUSY),
    "429 for an hour": (sends(http({}, "429 Too Many", "Retry-After: 3600")), Reason.BUSY),
    "429 with nonsense": (sends(http({}, "429 Too Many", "Retry-After: soon")), Reason.BUSY),
    "500": (sends(http({}, "500 Oops")), Reason.FAILED),
    "500 with a verdict": (sends(http(GOOD, "500 Oops")), Reason.FAILED),
    "502 in HTML": (sends(http("<html>Bad gateway</html>", "502 Bad", "Content-Type: text/html")), Reason.FAILED),
    "503": (sends(http({}, "503 Busy")), Reason.BUSY),
    "301": (sends(http({}, "301 Moved", "Location: http://127.0.0.1:9/")), Reason.REDIRECT),
    "307": (sends(http({}, "307 Moved", "Location: http://169.254.169.254/")), Reason.REDIRECT),
    "body over 1 MiB": (sends(http(b" " * (MAX_REPLY + 1))), Reason.TOO_LARGE),
    "a gigabyte announced": (
        hangs_after(HEAD + b"Content-Length: 1000000000\r\n\r\n" + b" " * 2_000_000),
        Reason.TOO_LARGE),
    "endless chunks": (endless(b"4000\r\n" + b" " * 0x4000 + b"\r\n"), Reason.TOO_LARGE),
    "gzip bomb": (sends(http(BOMB, headers="Content-Encoding: gzip")), Reason.ENCODED),
    "brotli": (sends(http(b"\x1b", headers="Content-Encoding: br")), Reason.ENCODED),
    "empty": (sends(http(b"")), Reason.NOT_JSON),
    "HTML": (sends(http("<html>Welcome</html>", headers="Content-Type: text/html")), Reason.NOT_JSON),
    "truncated JSON": (sends(http(GOOD[:-5])), Reason.NOT_JSON),
    "two JSON values": (sends(http(GOOD + GOOD)), Reason.NOT_JSON),
    "bad UTF-8": (sends(http(GOOD.replace(b"fake", b"\xff").replace(b"chat", b"\xc3\x28"))), Reason.NOT_JSON),
    "UTF-16": (sends(http(GOOD.decode().encode("utf-16"))), Reason.NOT_JSON),
    "100,000 deep": (sends(http("[" * 100_000 + "]" * 100_000)), Reason.NOT_JSON),
    "deep in strings": (sends(http('"' + '\\"' * 400_000)), Reason.NOT_JSON),
    "a key twice": (sends(http('{"choices": [], ' + GOOD.decode()[1:])), Reason.NOT_JSON),
    "a number of a million digits": (sends(http('{"choices": ' + "9" * 1_000_000 + "}")), Reason.NOT_JSON),
    "server-sent events": (
        sends(http("data: {}\n\ndata: [DONE]\n\n", headers="Content-Type: text/event-stream")),
        Reason.NOT_JSON),
    "null": (sends(http("null")), Reason.NOT_A_COMPLETION),
    "an error with 200": (sends(http({"error": {"message": "no"}})), Reason.NOT_A_COMPLETION),
    "no choice": (sends(http({"choices": []})), Reason.NOT_A_COMPLETION),
    "two choices": (sends(http({"choices": chat("entailment")["choices"] * 2})), Reason.NOT_A_COMPLETION),
    "choices of another kind": (sends(http({"choices": "entailment"})), Reason.NOT_A_COMPLETION),
    "content that is a list": (says([{"type": "text", "text": "entailment"}]), Reason.NOT_A_COMPLETION),
    "content that is null": (says(None), Reason.NOT_A_COMPLETION),
    "refusal": (says(None, refusal="I can't help with that."), Reason.DECLINED),
    "filtered": (says("", finish="content_filter"), Reason.DECLINED),
    "tool call": (says(None, tool_calls=[{"id": "1"}], finish="tool_calls"), Reason.DECLINED),
    "wrong role": (says("entailment", role="system"), Reason.DECLINED),
    "wrong label": (says("maybe"), Reason.NO_LABEL),
    "label in a sentence": (says("The answer is entailment."), Reason.NO_LABEL),
    "two labels": (says("entailment neutral"), Reason.NO_LABEL),
    "label of another language": (says("蕴含"), Reason.NO_LABEL),
    "no log-probabilities": (says("entailment"), Reason.NO_PROBABILITIES),
    "NaN": (raw("NaN"), Reason.NOT_JSON),
    "Infinity": (raw("-Infinity"), Reason.NOT_JSON),
    "1e999": (raw("1e999"), Reason.NOT_JSON),
    "positive log-probability": (raw("0.5"), Reason.NO_PROBABILITIES),
    "log-probability in words": (raw('"-0.1"'), Reason.NO_PROBABILITIES),
    "true as log-probability": (raw("true"), Reason.NO_PROBABILITIES),
    "null as log-probability": (raw("null"), Reason.NO_PROBABILITIES),
    "probabilities beyond 1": (
        listed({"entailment": 0.9, "neutral": 0.9, "contradiction": 0.9}),
        Reason.NO_PROBABILITIES),
    "labels that nobody meant": (entries(entry(top=[{"token": "I", "logprob": -0.01}])), Reason.NO_PROBABILITIES),
    "tokens of another answer": (entries(entry("neu")), Reason.NO_PROBABILITIES),
    "entry that is a string": (entries("ent"), Reason.NO_PROBABILITIES),
    "no alternatives": (entries(entry(top=[])), Reason.NO_PROBABILITIES),
    "JSON: label alone": (says('{"label": "entailment"}'), Reason.NO_LABEL, JSON),
    "JSON: a label too many": (
        says('{"entailment": 1, "neutral": 0, "contradiction": 0, "x": 0}'),
        Reason.NO_LABEL, JSON),
    "JSON: NaN": (says('{"entailment": NaN, "neutral": 0, "contradiction": 0}'), Reason.NO_LABEL, JSON),
    "JSON: negative": (says('{"entailment": 1.5, "neutral": -0.5, "contradiction": 0}'), Reason.NO_LABEL, JSON),
    "JSON: sum of 2": (says('{"entailment": 1, "neutral": 1, "contradiction": 0}'), Reason.NO_LABEL, JSON),
    "JSON: strings": (says('{"entailment": "1", "neutral": "0", "contradiction": "0"}'), Reason.NO_LABEL, JSON),
    "JSON: true": (says('{"entailment": true, "neutral": 0, "contradiction": 0}'), Reason.NO_LABEL, JSON),
    "JSON: in a fence": (
        says('```json\n{"entailment": 1, "neutral": 0, "contradiction": 0}\n```'),
        Reason.NO_LABEL, JSON),
    "JSON: cut": (says('{"entailment": 0.9, "neu', finish="length"), Reason.NO_LABEL, JSON),
    "JSON: deep": (says("[" * 50_000), Reason.NO_LABEL, JSON),
    "JSON: a key twice": (
        says('{"entailment": 1, "entailment": 1, "neutral": 0, "contradiction": 0}'),
        Reason.NO_LABEL, JSON),
}  # fmt: skip


def assert_abstained(verdict, engine, elapsed, deadline=DEADLINE):
    assert elapsed < deadline + SLACK
    assert not verdict.decided
    assert verdict.prediction_set == set(engine.labels)
    assert verdict.label == Label.NEUTRAL
    assert len(set(verdict.probabilities.values())) == 1
    assert verdict.coverage == 0


def test_there_are_forty_ways_and_more():
    assert len(MODES) >= 80


@pytest.mark.parametrize("mode", MODES)
def test_f10_abstains_within_the_deadline(mode):
    handle, reason, *form = MODES[mode]
    with fake_server(handle) as running:
        settings = Settings(mode=form[0] if form else "logprobs", deadline=DEADLINE)
        engine = language_model(running.address, settings=settings)
        started = time.monotonic()
        verdict = engine.judge([PAIR])[0]
        assert_abstained(verdict, engine, time.monotonic() - started)
        assert len(running.requests) <= 3
    if reason is not None:
        assert dict(engine.usage.abstained) == {reason.name.lower(): 1}
    assert sum(engine.usage.abstained.values()) == 1


def test_f10_the_good_reply_that_the_bad_ones_are_made_of_is_an_answer():
    with fake_server(sends(http(GOOD))) as running:
        assert language_model(running.address, settings=Settings(mode="logprobs")).judge([PAIR])[0].decided


@pytest.mark.parametrize("mode", ["502 in HTML", "hangs before the headers", "truncated JSON", "301"])
def test_f10_so_it_does_while_it_finds_out_what_the_server_can_do(mode):
    with fake_server(MODES[mode][0]) as running:
        engine = language_model(running.address, settings=Settings(deadline=DEADLINE))
        started = time.monotonic()
        assert_abstained(engine.judge([PAIR])[0], engine, time.monotonic() - started)


def test_f10_nothing_listens():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    engine = language_model(f"openai:http://127.0.0.1:{port}/v1#m", settings=Settings(deadline=DEADLINE))
    started = time.monotonic()
    assert_abstained(engine.judge([PAIR])[0], engine, time.monotonic() - started)
    assert list(engine.usage.abstained) == ["unreachable"]


def test_f10_a_name_that_is_none_and_one_that_is_looked_up_for_ever(monkeypatch):
    def fails(*_, **__):
        raise socket.gaierror(-2, "unknown")

    stop = threading.Event()

    def waits(*_, **__):
        stop.wait(5)
        return []

    for look_up, reason in ((fails, "unreachable"), (waits, "late")):
        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        engine = language_model("openai:http://nowhere.invalid/v1#m", settings=Settings(deadline=DEADLINE))
        started = time.monotonic()
        assert_abstained(engine.judge([PAIR])[0], engine, time.monotonic() - started)
        assert list(engine.usage.abstained) == [reason]
    stop.set()


def test_f10_a_server_that_knows_no_tls_gets_no_request_and_certificates_are_checked():
    with fake_server() as running:
        address = running.address.replace("http:", "https:")
        engine = language_model(address, settings=Settings(deadline=DEADLINE))
        started = time.monotonic()
        assert_abstained(engine.judge([PAIR])[0], engine, time.monotonic() - started)
        assert running.requests == []
    wire = HttpWire(parse_address("openai:https://h/v1#m"))
    assert wire._context().verify_mode == ssl.CERT_REQUIRED
    assert wire._context().check_hostname


def test_f10_a_server_that_never_reads():
    with socket.create_server(("127.0.0.1", 0), backlog=1) as listener:
        address = f"openai:http://127.0.0.1:{listener.getsockname()[1]}/v1#m"
        engine = language_model(address, settings=Settings(deadline=DEADLINE, window=1_000_000))
        started = time.monotonic()
        verdict = engine.judge([("word " * 190_000, "It is quiet.")])[0]
        assert_abstained(verdict, engine, time.monotonic() - started)
