"""The clients that exist, unchanged, through their own packages."""

from __future__ import annotations

import json
import time

import pytest

pytest.importorskip("fastapi")

from live import TOKEN, Slow, live, pair_body

import tuili
from tuili.engine.remote import RemoteEngine
from tuili.errors import InvalidPair, ModelError, UsageError
from tuili.reasoning.scripted import Scripted
from tuili.types import Judge


def says(premise: str, hypothesis: str) -> dict[str, float]:
    p = 0.9 if premise.split()[0].lower() in hypothesis.lower() else 0.2
    return {"entailment": p, "neutral": 0.95 - p, "contradiction": 0.05}


@pytest.fixture(scope="module")
def server():
    with live(Scripted(says)) as running:
        yield running


def test_hugging_face_zero_shot_classification(server, monkeypatch):
    hub = pytest.importorskip("huggingface_hub")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)  # the hub stays out of reach all the same
    client = hub.InferenceClient(model=server.url)
    found = client.zero_shot_classification("Sport is healthy.", ["politics", "sport"])
    assert [one.label for one in found] == ["sport", "politics"]
    assert sum(one.score for one in found) == pytest.approx(1)
    many = client.zero_shot_classification(
        "Sport is healthy.", ["politics", "sport"], multi_label=True, hypothesis_template="It is about {}."
    )
    assert [round(one.score, 3) for one in many] == [0.9, 0.2]


@pytest.fixture
def cohere():
    """The package, and clients of it whose connections are closed."""
    package = pytest.importorskip("cohere")
    import httpx

    with httpx.Client(trust_env=False) as wire:
        yield package, lambda kind, url, key="none": kind(api_key=key, base_url=url, httpx_client=wire)


def test_cohere_rerank_of_both_versions(server, cohere):
    package, client = cohere
    documents = ["tea is hot", "cats purr", "dogs bark"]
    more = [*documents, {"text": "cats eat", "id": "4"}]
    first = client(package.Client, server.url).rerank(
        query="some cats", documents=more, top_n=2, return_documents=True, model="m"
    )
    assert [(one.index, one.document.text) for one in first.results] == [(1, "cats purr"), (3, "cats eat")]
    second = client(package.ClientV2, server.url).rerank(query="some cats", documents=documents, model="m")
    assert [one.index for one in second.results] == [1, 0, 2]
    assert second.results[0].relevance_score == pytest.approx(0.9)


def test_cohere_sends_its_key_as_a_bearer_token(cohere):
    package, client = cohere
    with live(Scripted(says), tokens=(TOKEN,)) as guarded:
        right = client(package.ClientV2, guarded.url, TOKEN)
        assert right.rerank(query="cats", documents=["cats purr"], model="m").results
        with pytest.raises(package.UnauthorizedError):
            client(package.ClientV2, guarded.url, "wrong").rerank(query="a", documents=["b"], model="m")


def test_text_embeddings_inference_shapes(server):
    """As its own documentation sends them."""
    with server.client() as client:
        single = client.post("/predict", json={"inputs": ["cats purr", "some cats"], "raw_scores": False}).json()
        assert single[0] == {"label": "entailment", "score": pytest.approx(0.9)}
        assert [one["score"] for one in single] == sorted((one["score"] for one in single), reverse=True)
        batch = {"inputs": [["cats purr", "some cats"], ["tea is hot", "some cats"]], "truncate": True}
        assert [row[0]["label"] for row in client.post("/predict", json=batch).json()] == ["entailment", "neutral"]
        ranked = client.post("/rerank", json={"query": "cats", "texts": ["tea", "cats"], "return_text": True}).json()
        assert [(one["index"], one["text"]) for one in ranked] == [(1, "cats"), (0, "tea")]
        raw = client.post("/rerank", json={"query": "cats", "texts": ["cats"], "raw_scores": True}).json()
        assert raw[0]["score"] == pytest.approx(2.197, abs=0.01)


def test_a_server_is_a_judge(server):
    engine = tuili.load(server.url)
    assert isinstance(engine, Judge)
    local = Scripted(says)
    pairs = [("cats purr", "some cats"), ("tea is hot", "some cats"), ("cats purr", "a cats' home"), ("日本", "日本語")]
    assert engine.judge(pairs) == local.judge(pairs)
    assert engine.judge([]) == []
    assert engine.model == "scripted"
    assert engine.labels == local.labels
    assert isinstance(engine, RemoteEngine)
    assert engine.__reduce__() == (RemoteEngine, (server.url,))


def test_what_the_library_does_with_a_judge_it_does_with_a_server(server):
    engine = tuili.load(server.url)
    assert tuili.classify(engine, "sport is fun", ["politics", "sport"]).label == "sport"
    assert tuili.check(engine, ["Cats purr."], "Cats purr.").to_dict()["status"] == "supported"


def test_many_pairs_go_in_several_requests():
    judge = Slow()
    with live(judge, max_pairs=7, max_body=3000) as running:
        engine = tuili.load(running.url)
        pairs = [(f"premise {n % 5} " + "p" * 300, f"h{n}") for n in range(40)]
        assert len(engine.judge(pairs)) == 40
        until = time.monotonic() + 5
        requests = []
        while sum(event["pairs"] for event in requests) < 40 and time.monotonic() < until:
            time.sleep(0.02)
            requests = [event for event in running.events() if event.get("route") == "/v1/judge"]
        assert len(requests) >= 6
        assert {event["status"] for event in requests} == {200}
        assert sum(event["pairs"] for event in requests) == 40


def test_a_bad_pair_is_the_same_error_with_its_own_index(tiny_engine):
    with live(tiny_engine) as running:
        engine = tuili.load(running.url)
        good = ("the man", "a man")
        for judge in (engine, tiny_engine):
            with pytest.raises(InvalidPair) as raised:
                judge.judge([good, ("the dog", "a man"), ("the man", "cat " * 300), good])
            assert (raised.value.index, raised.value.field) == (2, "hypothesis")
            with pytest.raises(InvalidPair) as raised:
                judge.judge([good, ("", "x")])
            assert (raised.value.index, raised.value.field) == (1, "premise")


def test_a_token_from_the_environment(monkeypatch):
    with live(Scripted(says), tokens=(TOKEN,)) as guarded:
        monkeypatch.delenv("TUILI_TOKEN", raising=False)
        with pytest.raises(ModelError, match="401"):
            tuili.load(guarded.url)
        monkeypatch.setenv("TUILI_TOKEN", TOKEN)
        assert tuili.load(guarded.url).judge([("cats", "cats")])[0].label == "entailment"


@pytest.mark.parametrize(
    "url", ["http://", "http://a:b@c", "http://h:port", "http://h:99999", "http://h/?q", "https://h#x"]
)
def test_addresses_that_are_none(url):
    with pytest.raises(UsageError):
        tuili.load(url)


def test_options_that_are_the_servers_own(server):
    with pytest.raises(UsageError, match="where it runs"):
        tuili.load(server.url, threshold=0.7)


def test_a_server_that_is_down():
    with pytest.raises(ModelError, match="can't be asked"):
        tuili.load("http://127.0.0.1:9")


class Misbehaving:
    """Answers HTTP with whatever it was given."""

    def __init__(self, *replies: bytes) -> None:
        import socket
        import threading

        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._replies = replies
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        for reply in self._replies:
            connection, _ = self._socket.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(reply)
        self._socket.close()


INFO = b'{"model_id": "m", "labels": ["entailment", "neutral", "contradiction"], "max_pairs": 10, "max_body": 100000}'


def http(body: bytes, status: bytes = b"200 OK", more: bytes = b"") -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n%s\r\n%s" % (status, len(body), more, body)


def verdict(probability: str) -> bytes:
    whole = Scripted({("a", "b"): {"entailment": 1.0}}).judge([("a", "b")])[0].to_dict()
    whole["probabilities"] = {"entailment": "HERE"}
    return json.dumps({"verdicts": [whole]}).replace('"HERE"', probability).encode()


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"garbage\r\n\r\n",
        http(b"<html>"),
        http(b"{}"),
        http(b'{"verdicts": []}'),
        http(b'{"verdicts": [{"label": "sideways"}]}'),
        http(b"[" * 100_000),
        http(verdict("NaN")),
        http(verdict('"high"')),
        http(verdict("true")),
        http(b"{}", b"302 Found", b"Location: http://127.0.0.1:9/\r\n"),
        http(b"oops", b"500 Internal Server Error"),
        http(b'{"error": {"code": "x", "message": "no", "field": null}}', b"500 Internal Server Error"),
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{",
        http(b"\xff\xfe"),
    ],
)
def test_a_server_that_answers_nonsense(reply):
    """F10 in small: each is one clear error, never a verdict."""
    fake = Misbehaving(http(INFO), reply)
    engine = RemoteEngine(fake.url, timeout=5)
    with pytest.raises(ModelError):
        engine.judge([("a", "b")])


def test_a_busy_server_is_asked_again():
    busy = http(
        b'{"error": {"code": "queue_full", "message": "full", "field": null}}', b"429 Too Many", b"Retry-After: 1\r\n"
    )
    fake = Misbehaving(http(INFO), busy, http(verdict("1.0")))
    assert RemoteEngine(fake.url, timeout=10).judge([("a", "b")])[0].label == "entailment"
    fake = Misbehaving(http(INFO), busy)
    engine = RemoteEngine(fake.url, timeout=5)
    engine._wire._timeout = 0.5
    with pytest.raises(ModelError, match="429"):
        engine.judge([("a", "b")])


def test_what_no_http_client_would_send_twice(server):
    """Several requests over one connection, one after the other and without waiting."""
    body = json.dumps(pair_body()).encode()
    one = (
        b"POST /v1/judge HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        % len(body)
    )
    reply = server.raw(one + body + b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert reply.count(b"HTTP/1.1 200") >= 1


def test_routes_give_what_the_library_gives(tiny_engine):
    from tuili.explanation.explain import explain

    pair = ("the man is sleeping outside", "a person is asleep")
    with live(tiny_engine) as running, running.client() as client:
        told = client.post("/v1/explain", json={"premise": pair[0], "hypothesis": pair[1]}).json()
        assert told == {**explain(tiny_engine, pair, draws=0).to_dict(), "flags": []}
        checked = client.post("/v1/check", json={"sources": [pair[0] + "."], "text": pair[1] + "."}).json()
        report = tuili.check(tiny_engine, {"source 1": pair[0] + "."}, pair[1] + ".")
        assert checked == {**report.to_dict(), "flags": []}
        classified = client.post(
            "/v1/classify", json={"text": pair[0], "labels": ["man", "dog"], "template": "a {}"}
        ).json()
        assert classified == {**tuili.classify(tiny_engine, pair[0], ["man", "dog"], "a {}").to_dict(), "flags": []}
        answered = client.post("/v1/answer", json={"passages": [pair[0] + "."], "question": "Who is sleeping?"}).json()
        found = tuili.answer(tiny_engine, {"passage 1": pair[0] + "."}, "Who is sleeping?")
        assert answered == {"answers": [one.to_dict() for one in found], "flags": []}
