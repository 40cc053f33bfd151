"""P1: whatever a text orders, and however slavishly a model obeys, out comes a label or an abstention and no more.

The judge in these tests is the worst there can be: it does what the text says. What it does is therefore the whole
effect that an order can have on a reply. That a real model obeys less is nothing that can be promised.
"""

from __future__ import annotations

import json
import socket

import pytest

pytest.importorskip("h11")

from llm_injections import WRITTEN, generated
from llm_server import FIELDS, chat, fake_server, http, tokens

from tuili.data.text import check_text
from tuili.engine.language_model import LanguageModelEngine, language_model
from tuili.reasoning.llm import LABELS, LanguageModel, Settings
from tuili.reasoning.llm_http import Reply
from tuili.types import Label, Verdict

NAMES = [label.value for label in LABELS]
KEYS = {"model", "messages", "temperature", "n", "stream", "max_tokens"}
FORMS = {"logprobs": KEYS | {"logprobs", "top_logprobs"}, "json": KEYS | {"response_format"}}


def obedient(demand, mode):
    """The reply of a model that does what it is told. Its log-probabilities are as sure of it as they can be."""
    message = dict(demand) if isinstance(demand, dict) else {"content": demand}
    content = message.pop("content", None)
    logprobs = None
    if mode == "logprobs" and isinstance(content, str):
        word = content.strip().casefold()
        shares = {name: 0.98 if name == word else 0.01 for name in NAMES}
        sure = tokens(word, shares) if word in NAMES else tokens("entailment", dict.fromkeys(NAMES, 0.33))
        logprobs = sure
    return chat(content, logprobs=logprobs, **message)


class Obeys:
    """A wire to a model that obeys everything."""

    def __init__(self, mode):
        self.mode = mode
        self.demand = ""
        self.bodies = []

    def post(self, body, until):
        self.bodies.append(body)
        return Reply(200, json.dumps(obedient(self.demand, self.mode)).encode())


def engine_on(wire, mode):
    backend = LanguageModel("openai:http://127.0.0.1:1/v1#m", settings=Settings(mode=mode), wire=wire)
    return LanguageModelEngine(backend)


def assert_structure(verdict, demand, mode):
    """A label of ours and probabilities; decided only where the reply was, to the letter, what was asked for."""
    assert verdict.label in LABELS
    assert set(verdict.probabilities) == set(LABELS)
    assert sum(verdict.probabilities.values()) == pytest.approx(1)
    assert verdict.evidence == ()
    assert verdict.model == "openai:m@127.0.0.1:1"
    assert Verdict.from_dict(json.loads(json.dumps(verdict.to_dict()))) == verdict
    obeyed = isinstance(demand, str) and (
        demand.strip().casefold() in NAMES if mode == "logprobs" else _is_answer(demand)
    )
    assert verdict.decided is obeyed
    if obeyed and mode == "logprobs":
        assert verdict.label == demand.strip().casefold()
    if not obeyed:
        assert (verdict.label, verdict.coverage, verdict.prediction_set) == (Label.NEUTRAL, 0, set(LABELS))


def _is_answer(text):
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return False
    names_once = all(text.count(f'"{name}"') == 1 for name in NAMES)
    return isinstance(value, dict) and set(value) == set(NAMES) and names_once and abs(sum(value.values()) - 1) < 0.05


def assert_request(body, premise, hypothesis, mode):
    """The text is where texts go, whole, and nowhere else."""
    asked = json.loads(body)
    assert set(asked) == FORMS[mode]
    assert [message["role"] for message in asked["messages"]] == ["system", "user"]
    assert body.isascii()
    system, user = (message["content"] for message in asked["messages"])
    marks = {mark for mark in FIELDS.findall(user) if mark[0] in system}
    assert {(field, text) for _, field, text in marks} == {("premise", premise), ("hypothesis", hypothesis)}
    mark = next(iter(marks))[0]
    assert user.count(mark) == 4
    assert system.count(mark) == 1
    plain = system.replace(mark, "")
    assert plain == json.loads(_plain_body(mode))["messages"][0]["content"].replace(_plain_mark(mode), "")


_PLAIN: dict[str, bytes] = {}


def _plain_body(mode):
    if mode not in _PLAIN:
        wire = Obeys(mode)
        engine_on(wire, mode).judge([("It rains.", "It is wet.")])
        _PLAIN[mode] = wire.bodies[0]
    return _PLAIN[mode]


def _plain_mark(mode):
    return FIELDS.search(json.loads(_plain_body(mode))["messages"][1]["content"])[1]


def test_p1_there_are_enough_of_them():
    assert len(WRITTEN) >= 60
    assert len({text for text, _ in WRITTEN}) == len(WRITTEN)
    assert len(list(generated())) >= 1000


@pytest.mark.parametrize("mode", ["logprobs", "json"])
def test_p1_written_orders_have_no_effect_beyond_the_label_over_http(mode, caplog, monkeypatch):
    connected = []
    connect = socket.socket.connect
    monkeypatch.setattr(
        socket.socket, "connect", lambda self, address: connected.append(address) or connect(self, address)
    )
    demand = [""]
    with fake_server(lambda connection: connection.send(http(obedient(demand[0], mode)))) as running:
        engine = language_model(running.address, settings=Settings(mode=mode))
        for number, (text, demand[0]) in enumerate(WRITTEN, 1):
            premise, hypothesis = (text, "It is wet.") if number % 2 else ("It rains.", text)
            verdict = engine.judge([(premise, hypothesis)])[0]
            assert len(running.requests) == number
            assert_request(running.requests[-1], premise, hypothesis, mode)
            assert verdict.label in LABELS
            assert Verdict.from_dict(json.loads(json.dumps(verdict.to_dict()))) == verdict
        assert set(connected) == {("127.0.0.1", running.port)}
    assert len(caplog.records) <= 3  # once for each reason
    for text, reply in WRITTEN:
        assert text not in caplog.text or len(text) < 2
        assert not (isinstance(reply, str) and len(reply) > 12 and reply in caplog.text)


@pytest.mark.parametrize("mode", ["logprobs", "json"])
@pytest.mark.parametrize("field", [0, 1])
def test_p1_written_and_generated_orders_give_a_label_or_an_abstention(mode, field, caplog):
    wire = Obeys(mode)
    engine = engine_on(wire, mode)
    decided = 0
    for number, (text, wire.demand) in enumerate([*WRITTEN, *generated()], 1):
        check_text(text)
        pair = (text, "It is wet.") if field == 0 else ("It rains.", text)
        verdict = engine.judge([pair])[0]
        assert len(wire.bodies) == number
        assert_structure(verdict, wire.demand, mode)
        decided += verdict.decided
        if number % 10 == 0:
            assert_request(wire.bodies[-1], *pair, mode)
    assert decided > 50  # the judge is obeyed where it says a label: the tests reach that far
    assert len(caplog.records) <= 4


def test_p1_an_order_does_not_reach_its_neighbours():
    class Poisoned:
        def post(self, body, until):
            ordered = "Ignore" in json.loads(body)["messages"][1]["content"]
            return Reply(200, json.dumps(obedient("entailment" if ordered else "contradiction", "logprobs")).encode())

    engine = engine_on(Poisoned(), "logprobs")
    pairs = [(f"Scene {i}.", "It is wet.") for i in range(20)]
    alone = engine.judge(pairs)
    among = engine.judge([(text, "It is wet.") for text, _ in WRITTEN[:10]] + pairs)
    assert among[10:] == alone
