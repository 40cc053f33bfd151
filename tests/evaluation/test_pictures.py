from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from made_up import C, E, N, random_gold, random_rows, verdict

from tuili.evaluation.plots.confusion import draw_confusion
from tuili.evaluation.plots.reliability import draw_reliability
from tuili.evaluation.plots.risk import draw_risk
from tuili.evaluation.scoring import score
from tuili.types import THREE_WAY

if TYPE_CHECKING:
    from tuili.evaluation.report import Report

pytest.importorskip("matplotlib")

PNG = b"\x89PNG\r\n\x1a\n"
REPORTS = {
    "many pairs": score(
        [verdict(*row, decided=row.max() > 0.6) for row in random_rows(300, 3)],
        [THREE_WAY[column] for column in random_gold(300, 3)],
    ),
    "one pair": score([verdict(0.9, 0.1)], [E]),
    "one wrong pair": score([verdict(0.9, 0.1)], [N]),
    "all undecided": score([verdict(0.4, 0.3, 0.3, decided=False)] * 3, [E, N, C]),
    "certain": score([verdict(1.0, 0.0, 0.0), verdict(0.0, 0.0, 1.0)], [E, C]),
    "few decided": score([verdict(0.9, 0.1, decided=i == 0) for i in range(10)], [E] * 5 + [N] * 5),
}


def draw(report: Report) -> list[bytes]:
    return [
        draw_confusion(report.confusion, report.labels, accuracy=report.accuracy),
        draw_reliability(report.reliability, report.risk_curve, ece=report.ece, ways=len(report.labels)),
        draw_risk(report.risk_curve, aurc=report.aurc, answered_share=report.answered_share),
    ]


@pytest.mark.parametrize("name", REPORTS)
def test_every_kind_of_report_can_be_drawn_without_a_warning(name: str) -> None:
    for picture in draw(REPORTS[name]):
        assert picture.startswith(PNG)
        assert len(picture) > 5_000


def test_the_same_report_gives_the_same_bytes() -> None:
    assert draw(REPORTS["many pairs"]) == draw(REPORTS["many pairs"])


def test_drawing_needs_neither_pyplot_nor_matplotlib_at_import() -> None:
    code = (
        "import sys, tuili.evaluation.report\n"
        "from tuili.evaluation.plots.confusion import draw_confusion\n"
        "from tuili.types import TWO_WAY\n"
        "assert 'matplotlib' not in sys.modules\n"
        "draw_confusion([[1, 0], [0, 1]], TWO_WAY, accuracy=1.0)\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
