"""Steady load: nothing is refused, nothing grows (trust.md, L1, L10).

`TUILI_SOAK_SECONDS` says for how long; two hours is the bar of a release.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from pathlib import Path

import pytest

pytest.importorskip("fastapi")

from live import Slow, gather, live, pair_body

EACH = 0.02
"""Seconds of a pair, so that the judge sets the capacity (50 a second), whatever else the machine does."""

SHARE = 0.7
SECONDS = float(os.environ.get("TUILI_SOAK_SECONDS", "20"))


def resident():
    """Bytes in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def open_files():
    return len(list(Path("/proc/self/fd").iterdir()))


async def steady(server, seconds, look):
    """Requests at 0.7 of capacity, a tenth of them bad. Status and seconds of each."""
    rng = random.Random(0)
    replies = []

    async def one(client, body):
        begun = time.perf_counter()
        reply = await client.post("/v1/judge", json=body)
        replies.append((reply.status_code, time.perf_counter() - begun))

    async with server.async_client() as client, asyncio.TaskGroup() as group:
        begun = time.perf_counter()
        for number in range(int(SHARE / EACH * seconds)):
            bad = rng.random() < 0.1
            group.create_task(one(client, {"pairs": [{"premise": ""}]} if bad else pair_body(f"premise {number}")))
            await asyncio.sleep(max(0.0, begun + number * EACH / SHARE - time.perf_counter()))
            if number % 20 == 0:
                look()
    return replies


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads /proc")
def test_steady_load_refuses_nothing_and_grows_nothing(tmp_path):
    """L1, L10: no refusal, no error; memory and open files stay; as many records as verdicts."""
    pytest.importorskip("cryptography")
    from tuili.audit.log import Log
    from tuili.audit.reading import read_entries
    from tuili.audit.recorded import Recorded

    memory = []
    with Log(tmp_path / "log") as record, live(Recorded(Slow(each=EACH), record)) as server:
        before = open_files()

        async def work():
            warming = await steady(server, 5.0, lambda: None)  # what is made once
            return warming, await steady(server, SECONDS, lambda: memory.append(resident()))

        first, replies = gather(work)
        deadline = time.monotonic() + 10
        while (server.service.batcher.depth or open_files() > before) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert server.service.batcher.depth == 0
        assert open_files() <= before
    warming = [status for status, _ in first].count(200)
    statuses = [status for status, _ in replies]
    assert set(statuses) == {200, 422}
    third = max(1, len(memory) // 3)
    assert max(memory[-third:]) <= 1.05 * max(memory[:third])
    # The bar of L1 is five times the service time, on a machine of one's own; here others may be at work.
    seconds = sorted(took for status, took in replies if status == 200)
    assert seconds[int(0.99 * len(seconds))] <= 5 * EACH + 2.0
    recorded = [entry.pair[0] for entry in read_entries(tmp_path / "log") if entry.pair]
    verdicts = sum(premise.startswith("premise ") for premise in recorded)
    assert verdicts == statuses.count(200) + warming
