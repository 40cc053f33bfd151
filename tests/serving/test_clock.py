"""F13: clocks that jump by an hour change no deadline, no rate and no order of records."""

from __future__ import annotations

import asyncio
import random
import time
from datetime import datetime, timedelta

import pytest

pytest.importorskip("fastapi")

from live import Slow, gather, live, pair_body

JUMPS = (-3600, 0, 3600)


@pytest.fixture
def jumping(monkeypatch):
    """The wall clock jumps by up to an hour from one look to the next; the monotonic one does not."""
    rng = random.Random(0)
    seconds, nanoseconds = time.time, time.time_ns
    looks = []

    def jump():
        looks.append(rng.choice(JUMPS))
        return looks[-1]

    class Jumping(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + timedelta(seconds=jump())

    monkeypatch.setattr(time, "time", lambda: seconds() + jump())
    monkeypatch.setattr(time, "time_ns", lambda: nanoseconds() + jump() * 10**9)
    monkeypatch.setattr("tuili.audit.log.datetime", Jumping)
    return looks


def test_requests_keep_their_deadlines_and_records_their_order(jumping, tmp_path):
    """F13"""
    pytest.importorskip("cryptography")
    from tuili.audit.log import Log
    from tuili.audit.reading import read_entries
    from tuili.audit.recorded import Recorded
    from tuili.audit.verify import verify

    with Log(tmp_path / "log") as record, live(Recorded(Slow(), record), max_wait=600) as server:

        async def work():
            async with server.async_client(headers={"X-Request-Timeout": "20"}) as client:
                asked = (client.post("/v1/judge", json=pair_body(f"premise {number}")) for number in range(40))
                return [reply.status_code for reply in await asyncio.gather(*asked)]

        assert gather(work) == [200] * 40
        assert 0 <= server.service.batcher.estimated_wait(1000) < 10
        with server.client() as client:
            late = client.post("/v1/judge", json=pair_body(), headers={"X-Request-Timeout": "0.000001"})
            assert late.status_code in (429, 503)
    assert set(jumping) == set(JUMPS)
    found = verify(tmp_path / "log")
    assert found.ok, found.problems
    premises = [entry.pair[0] for entry in read_entries(tmp_path / "log") if entry.pair]
    assert sorted(p for p in premises if p.startswith("premise")) == sorted(f"premise {n}" for n in range(40))


def test_a_rate_is_not_reset_by_a_clock_that_jumps(jumping):
    """F13, S8"""
    with live(rate=0.01, burst=3) as server, server.client() as client:
        statuses = [client.get("/info").status_code for _ in range(8)]
    assert statuses == [200] * 3 + [429] * 5
