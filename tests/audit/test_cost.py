"""A2, A5: what a record costs, and how long a log takes to verify. Quick versions bear a busy machine."""

from __future__ import annotations

import statistics
import time

import pytest
from logs import Quick, filled, pairs

from tuili.audit import Log, Recorded
from tuili.audit.verify import verify


def test_a_record_costs_little(tmp_path):
    """A2: processor time a record, in batches; at most 0.3 ms here, where others may be at work."""
    quick, batch = Quick(), pairs(500)
    with Log(tmp_path / "log") as log:
        judge = Recorded(quick, log)
        judge.judge(batch)
        start = time.process_time()
        for _ in range(4):
            judge.judge(batch)
        each = (time.process_time() - start) / 2000
    assert each < 3e-4, each


@pytest.mark.slow
def test_a_verdict_waits_a_millisecond_for_its_record(tmp_path):
    """A2: on and off in turns, one pair a call: at most 1 ms more at the median, 5 ms at the 99th percentile."""
    quick, one = Quick(), pairs(1)
    with Log(tmp_path / "log") as log:
        recorded = Recorded(quick, log)
        times: dict[bool, list[float]] = {True: [], False: []}
        for _ in range(3000):
            for on in (True, False):
                start = time.perf_counter()
                (recorded if on else quick).judge(one)
                times[on].append(time.perf_counter() - start)
    on, off = (sorted(times[key]) for key in (True, False))
    assert statistics.median(on) - statistics.median(off) <= 1e-3
    assert on[2969] - off[2969] <= 5e-3


@pytest.mark.parametrize("records", [5000, pytest.param(50_000, marks=pytest.mark.slow)])
def test_a_million_records_verify_in_twenty_seconds(tmp_path, records):
    """A5: 20 µs of processor time a record; three times that in the quick version."""
    filled(tmp_path / "log", calls=records // 500, each=500)
    start = time.process_time()
    assert verify(tmp_path / "log").ok
    spent = (time.process_time() - start) / records
    assert spent <= (20e-6 if records > 10_000 else 60e-6), spent
