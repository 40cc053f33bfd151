"""Work side by side, and work within such work."""

from __future__ import annotations

import threading

import pytest

from tuili.reasoning.workers import Workers


def test_results_come_in_order_from_so_many_threads() -> None:
    workers = Workers(3)
    together = threading.Barrier(3, timeout=10)  # breaks unless three threads get there

    def work(number: int) -> int:
        together.wait()
        return number * number

    assert workers.map(work, [1, 2, 3]) == [1, 4, 9]


def test_work_within_work_keeps_to_its_own_thread() -> None:
    workers = Workers(2)

    def inner(_: int) -> int:
        return threading.get_ident()

    def outer(_: int) -> tuple[int, set[int], int]:
        return threading.get_ident(), set(workers.map(inner, range(4))), workers.free

    for own, inside, free in workers.map(outer, range(2)):
        assert inside == {own}
        assert free == 1
    assert workers.free == 2


@pytest.mark.parametrize("threads", [1, 2])
def test_what_fails_is_told(threads: int) -> None:
    def work(number: int) -> None:
        raise ValueError(number)

    with pytest.raises(ValueError, match="1"):
        Workers(threads).map(work, [1, 2])
