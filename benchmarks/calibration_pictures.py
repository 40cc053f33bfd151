"""The pictures of docs/how-to-read-a-verdict.md: `python benchmarks/calibration_pictures.py --data DIR [--cache DIR]`.

Held parts, the temperature fitted on SNLI's tune part: once where that belongs, and once where it does not (MNLI).
"""

from __future__ import annotations

import argparse
from pathlib import Path

from calibration import read

from tuili.data.atomic import write_files
from tuili.evaluation.plots.reliability import draw_reliability
from tuili.evaluation.plots.risk import draw_risk
from tuili.evaluation.reliability import equal_mass_bins, expected_calibration_error
from tuili.evaluation.selective import risk_curve


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--output", type=Path, default=Path(__file__).parents[1] / "docs" / "pictures")
    arguments = parser.parse_args()
    tune = read(arguments.data, arguments.cache, "SNLI", "tune")
    how = tune.fitted()
    pictures = {}
    for name in ("SNLI", "MNLI"):
        held = read(arguments.data, arguments.cache, name, "held")
        p = held.mapped(how)
        curve = risk_curve(p, held.gold)
        ece = expected_calibration_error(p, held.gold)
        bins = equal_mass_bins(p, held.gold)
        pictures[f"reliability-{name.lower()}.png"] = draw_reliability(bins, curve, ece=ece, ways=3)
    pictures["risk-mnli.png"] = draw_risk(curve, aurc=curve.area(), answered_share=1.0)
    write_files(arguments.output, pictures)


if __name__ == "__main__":
    main()
