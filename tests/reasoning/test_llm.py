"""A language model as a back end: the contract, what is asked, what it costs, D5 and S9."""

from __future__ import annotations

import json
import logging
import pickle
import re
import traceback

import numpy as np
import pytest

pytest.importorskip("h11")

from contract import BackendContract, made_up_pairs, same_bits
from llm_server import chat, fake_server, honest, http, made_up_shares, texts_of, tokens

import tuili
from tuili.engine.language_model import language_model
from tuili.errors import DataError, UsageError
from tuili.evaluation.calibrate import calibration_of
from tuili.reasoning.llm import LanguageModel, Settings
from tuili.reasoning.llm_http import Reply
from tuili.reasoning.llm_tape import Tape
from tuili.types import Judge, Label, Pair

PAIR = Pair("Two dogs run on a beach.", "Animals are moving.")


class HonestWire:
    """What the fake server says, without a network."""

    def post(self, body, until):
        return Reply(200, json.dumps(honest(body)).encode())


@pytest.fixture(scope="module")
def server():
    with fake_server() as running:
        yield running


class TestLanguageModelOverHttp(BackendContract):
    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls):
        with fake_server() as running:
            yield LanguageModel(running.address, settings=Settings(window=2000, deadline=60))


class TestLanguageModelInJson(BackendContract):
    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls):
        settings = Settings(window=2000, mode="json")
        return LanguageModel("openai:http://127.0.0.1:1/v1#fake", settings=settings, wire=HonestWire())


def test_an_address_gives_an_engine_and_nothing_is_asked_before_the_first_pair(server):
    before = len(server.requests)
    engine = tuili.load(server.address, threshold=0.4)
    assert isinstance(engine, Judge)
    assert engine.model == f"openai:fake@127.0.0.1:{server.port}"
    assert engine.labels[0] == Label.NEUTRAL
    assert len(server.requests) == before
    verdict = engine.judge([PAIR])[0]
    shares = made_up_shares(server.requests[-1])
    for label, p in verdict.probabilities.items():
        assert p == pytest.approx(shares[label.value], abs=1e-6)
    assert verdict.label == max(shares, key=lambda label: shares[label])
    assert verdict.decided is (verdict.confidence >= 0.4)
    assert verdict.coverage == 1
    again = pickle.loads(pickle.dumps(engine))
    assert again.judge([PAIR]) == [verdict]


def test_a_pair_is_one_request_and_one_more_finds_out_what_the_server_can_do():
    with fake_server() as running:
        engine = tuili.load(running.address)
        engine.judge([PAIR, PAIR, *made_up_pairs(5)])
        assert len(running.requests) == 1 + 6
        assert texts_of(running.requests[0]) != PAIR._asdict()
        engine.judge([PAIR])
        assert len(running.requests) == 1 + 6 + 1
        assert engine.usage.requests == 8
        assert engine.usage.to_dict()["prompt_tokens"] == 800
        assert engine.usage.answered == 7


def without_logprobs(connection):
    shares = made_up_shares(connection.body)
    asked = json.loads(connection.body)
    connection.send(http(chat(json.dumps(shares) if "response_format" in asked else "entailment")))


def rejects_logprobs(connection):
    if "logprobs" in json.loads(connection.body):
        connection.send(http({"error": {"message": "logprobs are not supported"}}, "400 Bad Request"))
    else:
        without_logprobs(connection)


@pytest.mark.parametrize("handle", [without_logprobs, rejects_logprobs])
def test_a_server_without_log_probabilities_is_asked_for_json(handle):
    with fake_server(handle) as running:
        engine = tuili.load(running.address)
        verdict = engine.judge([PAIR])[0]
        assert verdict.decided
        assert verdict.probabilities[Label.ENTAILMENT] == pytest.approx(
            made_up_shares(running.requests[-1])["entailment"], abs=1e-6
        )
        assert len(running.requests) == 2
        form = json.loads(running.requests[1])["response_format"]["json_schema"]
        assert form["strict"]
        assert form["schema"]["required"] == ["neutral", "entailment", "contradiction"]
        assert not form["schema"]["additionalProperties"]


def test_tokens_that_begin_a_label_count_for_it_and_what_is_not_listed_gets_what_may_be_left():
    top = [
        {"token": t, "logprob": np.log(p)} for t, p in (("ent", 0.5), (" Entail", 0.2), ("neut", 0.2), ("Yes", 0.06))
    ]
    logprobs = {
        "content": [{"token": "\n", "logprob": 0.0, "top_logprobs": top}, {"token": "ent", "top_logprobs": top}]
    }

    class Wire:
        def post(self, body, until):
            return Reply(200, json.dumps(chat("\nEntailment", logprobs=logprobs)).encode())

    backend = LanguageModel("openai:http://h/v1#m", settings=Settings(mode="logprobs"), wire=Wire())
    shares = np.exp(backend.score([PAIR])[0])
    expected = np.array([0.2, 0.7, 0.04])
    np.testing.assert_allclose(shares, expected / expected.sum(), atol=1e-6)


def test_two_way_labels():
    class Wire:
        def post(self, body, until):
            assert "not_entailment" in json.loads(body)["messages"][0]["content"]
            shares = {"not_entailment": 0.25, "entailment": 0.75}
            return Reply(200, json.dumps(chat("entailment", logprobs=tokens("entailment", shares))).encode())

    labels = ("not_entailment", "entailment")
    backend = LanguageModel("openai:http://h/v1#m", labels=labels, settings=Settings(mode="logprobs"), wire=Wire())
    np.testing.assert_allclose(np.exp(backend.score([PAIR])), [[0.25, 0.75]], atol=1e-6)


def test_texts_stand_between_marks_that_differ_from_request_to_request(server):
    engine = tuili.load(server.address)
    first = len(server.requests) + 1
    for _ in range(20):
        engine.judge([PAIR])
    contents = [json.loads(body)["messages"] for body in server.requests[first:]]
    marks = [re.search(r"\[([0-9a-f]{32}) premise begins\]", user["content"])[1] for _, user in contents]
    assert len(set(marks)) == 20
    assert all(mark in system["content"] for mark, (system, _) in zip(marks, contents, strict=True))
    assert all(PAIR.premise not in system["content"] for system, _ in contents)


def test_a_long_premise_is_asked_about_window_by_window_and_one_that_fails_leaves_no_verdict():
    premise = "It is quiet. " * 60 + "A man shouts. " + "It is dark. " * 60

    class Wire:
        def __init__(self, fail):
            self.fail = fail
            self.asked = 0

        def post(self, body, until):
            self.asked += 1
            shouts = "shouts" in texts_of(body)["premise"]
            answer = "entailment" if shouts else "neutral"
            content = "maybe" if self.fail and shouts else answer
            shares = {label: 0.9 if label == answer else 0.05 for label in ("neutral", "entailment", "contradiction")}
            return Reply(200, json.dumps(chat(content, logprobs=tokens(answer, shares))).encode())

    for fail in (False, True):
        engine = language_model("openai:http://h/v1#m", settings=Settings(mode="logprobs", window=400))
        wire = Wire(fail)
        engine._model_behind._patience._wire = wire
        verdict = engine.judge([(premise, "Somebody is loud.")])[0]
        assert wire.asked == len(engine.backend.windows(premise)) > 2
        if fail:
            assert not verdict.decided
            assert verdict.prediction_set == set(engine.labels)
            assert verdict.coverage == 0
            assert verdict.label == Label.NEUTRAL
        else:
            assert verdict.label == Label.ENTAILMENT


def test_it_is_calibrated_like_any_judge(server, tmp_path):
    engine = tuili.load(server.address)
    rows = made_up_pairs(150)
    names = ["entailment", "neutral", "contradiction"]
    file = tmp_path / "pairs.jsonl"
    lines = [
        json.dumps({"premise": p, "hypothesis": f"{h} {i}.", "label": names[i % 3]}) for i, (p, h) in enumerate(rows)
    ]
    file.write_text("\n".join(lines))
    record = calibration_of(engine, file)
    assert record.map.temperatures[0].temperature > 1.5  # its probabilities say nothing about these labels
    calm = language_model(server.address, calibration=record.to_dict())
    plain, flatter = engine.judge(rows[:20]), calm.judge(rows[:20])
    assert [v.label for v in plain] == [v.label for v in flatter]
    assert all(b.confidence < a.confidence for a, b in zip(plain, flatter, strict=True))
    assert pickle.loads(pickle.dumps(calm)).judge(rows[:3]) == flatter[:3]


def test_cost_follows_from_tokens_and_prices(server):
    engine = language_model(server.address, settings=Settings(mode="logprobs", prices=(2.0, 10.0)))
    engine.judge(made_up_pairs(10))
    assert engine.usage.cost == pytest.approx((10 * 100 * 2 + 10 * 2 * 10) / 1e6)
    assert tuili.load(server.address).usage.cost is None


class TestD5:
    """D5: a recorded reply replayed gives the same bits."""

    def test_a_replay_gives_the_same_bits_without_a_request(self, tmp_path):
        pairs = made_up_pairs(20)
        garbage = pairs[3].hypothesis

        def handle(connection):
            said = texts_of(connection.body).get("hypothesis") == garbage
            connection.send(http(chat("perhaps") if said else honest(connection.body)))

        tape = Tape()
        with fake_server(handle) as running:
            engine = language_model(running.address, tape=tape)
            live = engine.judge(pairs)
            live_scores = engine.backend.score(pairs)
            asked = len(running.requests)
            tape.save(tmp_path / "tape.jsonl")
            kept = Tape.read(tmp_path / "tape.jsonl")
            replayed = language_model(running.address, replay=kept)
            assert replayed.judge(pairs) == live
            assert same_bits(replayed.backend.score(pairs), live_scores)
            assert len(running.requests) == asked
        assert sum(not verdict.decided for verdict in live) >= 1
        saved = (tmp_path / "tape.jsonl").read_text()
        assert not any(pair.premise in saved for pair in pairs)

    def test_what_was_not_recorded_is_an_abstention(self):
        engine = language_model("openai:http://127.0.0.1:1/v1#m", replay=Tape())
        assert not engine.judge([PAIR])[0].decided
        assert dict(engine.usage.abstained) == {"not_recorded": 1}

    @pytest.mark.parametrize(
        "line", ["", "{}", "[1]", '{"pair": "a", "mode": "x", "reason": null, "body": ""}', "\udc80"]
    )
    def test_a_file_that_is_no_tape_is_refused(self, tmp_path, line):
        file = tmp_path / "tape.jsonl"
        file.write_bytes(line.encode("utf-8", "surrogateescape") + b"\n")
        with pytest.raises(DataError, match="row 1"):
            Tape.read(file)


CANARY = "canary-Zq81xV0pLw93"


class TestS9:
    """S9: neither key nor text is in logs, errors, representations or pickles."""

    def test_the_key_goes_out_in_its_header_and_nowhere_else(self, monkeypatch, caplog):
        monkeypatch.setenv("TUILI_LLM_KEY", CANARY)
        caplog.set_level(logging.DEBUG)

        def echo(connection):  # a server that throws the key back wherever it can
            status = next(statuses)
            head = f"WWW-Authenticate: {CANARY}\r\nRetry-After: {CANARY}\r\nLocation: http://{CANARY}/"
            connection.send(http(chat(CANARY, refusal=CANARY), status, head))

        kinds = [
            "200 OK",
            f"401 {CANARY}",
            "403 No",
            f"404 {CANARY}",
            "302 Found",
            f"500 {CANARY}",
            "429 Slow",
            "400 Bad",
        ]
        statuses = iter(kinds * 3)
        with fake_server(echo) as running:
            said = []
            for _ in kinds:
                engine = language_model(running.address, settings=Settings(mode="json", deadline=5, rest=0.01))
                said += [repr(engine), repr(engine.judge([PAIR])), str(engine.usage), json.dumps(engine.provenance())]
                said.append(repr(pickle.dumps(engine)))
            assert all(f"Authorization: Bearer {CANARY}".encode() in head for head in running.heads)
            assert all(CANARY.encode() not in body for body in running.requests)
        said.append(caplog.text)
        text = "\n".join(said)
        assert not any(CANARY[i : i + 5] in text for i in range(len(CANARY) - 4))
        assert PAIR.premise not in caplog.text
        assert "gave no verdict" in caplog.text

    def test_a_key_that_a_header_can_t_carry_is_refused_without_showing_it(self, monkeypatch, server):
        monkeypatch.setenv("TUILI_LLM_KEY", f"{CANARY}\r\nHost: evil")
        with pytest.raises(UsageError, match="TUILI_LLM_KEY") as refused:
            tuili.load(server.address).judge([PAIR])
        shown = "".join(traceback.format_exception(refused.value))
        assert CANARY not in shown

    def test_a_key_that_belongs_to_another_host_stays_here(self, monkeypatch):
        monkeypatch.setenv("TUILI_LLM_KEY", CANARY)
        with fake_server() as running:
            for host, sent in (("api.example.org", 0), (f"127.0.0.1:{running.port}", 1), ("127.0.0.1:1", 0)):
                monkeypatch.setenv("TUILI_LLM_HOST", host)
                running.heads.clear()
                language_model(running.address, settings=Settings(mode="json")).judge([PAIR])
                assert sum(CANARY.encode() in head for head in running.heads) == sent
                assert len(running.heads) == 1

    def test_a_password_in_an_address_is_not_repeated(self):
        with pytest.raises(UsageError) as refused:
            tuili.load(f"openai:http://user:{CANARY}@127.0.0.1/v1#m")
        assert CANARY not in "".join(traceback.format_exception(refused.value))


@pytest.mark.parametrize(
    "wrong",
    [
        {"mode": "words"},
        {"deadline": 0},
        {"deadline": float("nan")},
        {"concurrency": 0},
        {"concurrency": True},
        {"window": 10},
        {"prices": (1.0, -1.0)},
        {"rest": "long"},
    ],
)
def test_settings_that_can_t_be_are_refused(wrong):
    with pytest.raises(UsageError, match=next(iter(wrong))):
        Settings(**wrong)


def test_risk_and_labels_that_can_t_be_are_refused():
    with pytest.raises(UsageError, match="risk"):
        tuili.load("openai:http://h/v1#m", max_risk=0.1)
    with pytest.raises(UsageError, match="labels"):
        tuili.load("openai:http://h/v1#m", labels=["yes", "no"])
