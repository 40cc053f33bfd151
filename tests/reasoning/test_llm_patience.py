"""F10: retries with a budget, a circuit breaker, and what is judged here goes on beside a server that is down."""

from __future__ import annotations

import logging
import statistics
import threading
import time
from contextlib import suppress

import numpy as np
import pytest

pytest.importorskip("h11")

from llm_server import chat, fake_server, honest, http

from tuili.engine.cascade import Cascade
from tuili.engine.language_model import language_model
from tuili.reasoning.llm import LanguageModel, Settings
from tuili.reasoning.llm_http import Reply
from tuili.reasoning.llm_patience import MOST_FAILURES, Patience
from tuili.reasoning.llm_reasons import Reason, Unanswered
from tuili.reasoning.scripted import Scripted
from tuili.types import Pair

PAIR = Pair("Two dogs run on a beach.", "Animals are moving.")


class Flaky:
    """A wire that fails as it is told to."""

    def __init__(self, outcomes):
        self.outcomes = iter(outcomes)
        self.sent = 0

    def post(self, body, until):
        self.sent += 1
        outcome = next(self.outcomes)
        if isinstance(outcome, Reason):
            raise Unanswered(outcome)
        return outcome if isinstance(outcome, Reply) else Reply(outcome, b"")


def for_ever(*outcomes):
    while True:
        yield from outcomes


def test_f10_the_breaker_opens_at_the_fifth_failure_and_one_request_tries_later():
    for failure in (500, 503, Reason.UNREACHABLE, Reason.LATE):
        wire = Flaky(for_ever(failure))
        patience = Patience(wire, rest=0.2)
        patience._pause = lambda attempt, after: 0.0
        reasons = []
        for _ in range(20):
            with pytest.raises(Unanswered) as unanswered:
                patience.post(b"", time.monotonic() + 10)
            reasons.append(unanswered.value.reason)
        assert wire.sent == MOST_FAILURES == 5
        assert reasons[-10:] == [Reason.RESTING] * 10
        time.sleep(0.25)
        with pytest.raises(Unanswered):
            patience.post(b"", time.monotonic() + 10)
        assert wire.sent == 6  # one that tries, without a retry
        with pytest.raises(Unanswered, match="left alone"):
            patience.post(b"", time.monotonic() + 10)
        time.sleep(0.25)
        wire.outcomes = for_ever(200)
        assert patience.post(b"", time.monotonic() + 10).status == 200
        with pytest.raises(Unanswered, match="left alone"):  # until it is known what the reply is worth
            patience.post(b"", time.monotonic() + 10)
        patience.passed()
        assert patience.post(b"", time.monotonic() + 10).status == 200


def test_f10_a_server_that_is_down_costs_five_requests_and_no_more_time_than_their_deadlines():
    with fake_server(lambda connection: connection.send(http({}, "500 Oops"))) as running:
        engine = language_model(running.address, settings=Settings(mode="json", deadline=5, concurrency=1))
        verdicts = engine.judge([(f"Scene {i}.", "It is quiet.") for i in range(200)])
        assert len(running.requests) == 5
        assert not any(verdict.decided for verdict in verdicts)


def test_f10_what_a_text_leads_a_model_to_say_opens_no_breaker():
    with fake_server(lambda connection: connection.send(http(chat("I will not judge this.")))) as running:
        engine = language_model(running.address, settings=Settings(mode="json", concurrency=1))
        engine.judge([(f"Scene {i}.", "It is quiet.") for i in range(12)])
        assert len(running.requests) == 12
        assert dict(engine.usage.abstained) == {"no_label": 12}


def test_f10_retries_add_a_tenth_at_most_beside_the_first_three():
    wire = Flaky(for_ever(500, 200))
    patience = Patience(wire)
    patience._pause = lambda attempt, after: 0.0
    for _ in range(300):
        with suppress(Unanswered):
            patience.post(b"", time.monotonic() + 10)
            patience.passed()
    assert patience.retries <= 3 + 300 // 10
    assert patience.retries >= 20
    assert wire.sent == 300 + patience.retries


def test_f10_pauses_are_jittered_grow_and_honour_retry_after():
    patience = Patience(Flaky([]))
    for attempt, most in ((0, 0.25), (1, 0.5), (2, 1.0), (10, 8.0)):
        pauses = [patience._pause(attempt, None) for _ in range(300)]
        assert len(set(pauses)) > 290
        assert 0 <= min(pauses) < 0.2 * most
        assert 0.8 * most < max(pauses) <= most
    assert all(7 <= patience._pause(0, 7.0) <= 7.25 for _ in range(50))


@pytest.mark.parametrize(("after", "least"), [("0.3", 0.3), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0)])
def test_f10_a_busy_server_is_asked_again_when_it_says(after, least):
    moments = []

    def handle(connection):
        moments.append(time.monotonic())
        busy = len(moments) == 1
        connection.send(http({}, "429 Busy", f"Retry-After: {after}") if busy else http(honest(connection.body)))

    with fake_server(handle) as running:
        engine = language_model(running.address, settings=Settings(mode="json", deadline=10))
        assert engine.judge([PAIR])[0].decided
    assert len(moments) == 2
    assert moments[1] - moments[0] >= least


def test_f10_no_more_requests_at_once_than_allowed():
    lock, now, most = threading.Lock(), [0], [0]

    def handle(connection):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.03)
        with lock:
            now[0] -= 1
        connection.send(http(honest(connection.body)))

    with fake_server(handle) as running:
        engine = language_model(running.address, settings=Settings(mode="json", concurrency=3, deadline=20))
        jobs = [
            threading.Thread(target=lambda: engine.judge([(f"Scene {i}.", "It is quiet.") for i in range(8)]))
            for _ in range(3)
        ]
        for job in jobs:
            job.start()
        for job in jobs:
            job.join()
    assert most[0] == 3


def test_f10_what_is_judged_here_does_not_wait_for_a_server_that_is_down():
    judge = Scripted(
        lambda premise, hypothesis: "entailment" if "quiet" in premise else {"entailment": 0.5, "neutral": 0.5}
    )
    with fake_server(lambda connection: connection.stop.wait(5)) as running:
        second = language_model(running.address, settings=Settings(mode="json", deadline=0.2, rest=60))
        cascade = Cascade(judge, second, when=0.7)
        for i in range(5):
            cascade.judge([(f"Loud {i}.", "x")])
        alone, beside = [], []
        for _ in range(200):
            for store, subject in ((alone, judge), (beside, cascade)):
                started = time.perf_counter()
                subject.judge([("It is quiet.", "x"), ("It is quiet.", "y")])
                store.append(time.perf_counter() - started)
        assert len(running.requests) == 5
        verdict = cascade.judge([("Loud.", "x")])[0]
    assert (verdict.model, verdict.decided) == ("scripted", False)
    assert statistics.median(beside) < statistics.median(alone) + 0.001


def test_f10_a_log_says_once_why_and_nothing_of_what_came(caplog):
    with fake_server(lambda connection: connection.send(http(chat("SECRET words of a model")))) as running:
        engine = language_model(running.address, settings=Settings(mode="json"))
        engine.judge([PAIR, ("a", "b")])
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert Reason.NO_LABEL.value in caplog.text
    assert "SECRET" not in caplog.text


def test_scores_of_an_abstention_are_even_and_finite():
    backend = LanguageModel("openai:http://h/v1#m", settings=Settings(mode="json"), wire=Flaky([401]))
    np.testing.assert_allclose(np.exp(backend.score([PAIR])), 1 / 3, atol=1e-7)
