from __future__ import annotations

import pytest

from tuili.errors import UsageError
from tuili.learning.schedules import Schedule


def test_the_rate_rises_in_a_line_and_falls_as_asked():
    for decay in ("linear", "cosine", "constant", "late"):
        schedule = Schedule(0.1, decay)
        assert schedule.factor(0.05) == pytest.approx(0.5)
        assert schedule.factor(0.1) == pytest.approx(1.0)
    assert Schedule(0.1).factor(0.55) == pytest.approx(0.5)
    assert Schedule(0.1, "cosine").factor(0.55) == pytest.approx(0.5)
    assert Schedule(0.1, "cosine").factor(0.325) == pytest.approx((1 + 2**-0.5) / 2)
    assert Schedule(0.1, "constant").factor(1.0) == 1.0
    assert Schedule(0.1, "late", tail=0.4).factor(0.6) == pytest.approx(1.0)
    assert Schedule(0.1, "late", tail=0.4).factor(0.8) == pytest.approx(0.5)
    for decay in ("linear", "cosine", "late"):
        assert Schedule(0.0, decay).factor(1.0) == pytest.approx(0.0)


@pytest.mark.parametrize("options", [{"warmup": 1.0}, {"warmup": -0.1}, {"decay": "steep"}, {"tail": 0.0}])
def test_what_can_not_be_is_refused(options):
    with pytest.raises(UsageError, match=next(iter(options))):
        Schedule(**options)
