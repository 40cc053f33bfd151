"""The calibration record of the next weights: `python models/calibrate.py --model BUNDLE --data DIR --output BUNDLE`.

Run it after `export.py`. The tune parts of the short dev sets (`splits.toml`) are written to one file, and `BUNDLE` is
calibrated on it, so that prediction sets and `--max-risk` work without a calibration of one's own. What it promises
holds of pairs drawn like that mixture, which is nobody's: users should calibrate on pairs of their own.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from splits import SPLITS, read_part

from tuili.evaluation.calibrate import calibrate

NAME = "tune-parts-of-short-dev-sets.jsonl"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, type=Path)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--output", required=True, type=Path)
    parser.add_argument("--method", default="temperature", choices=("temperature", "vector", "isotonic"))
    parser.add_argument("--alpha", default=0.1, type=float)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, NAME)
        with file.open("w", encoding="utf-8") as lines:
            for name in SPLITS["short"]:
                for premise, hypothesis, label in read_part(arguments.data, name, "tune"):
                    row = {"premise": premise, "hypothesis": hypothesis, "label": str(label)}
                    lines.write(json.dumps(row, ensure_ascii=False) + "\n")
        bundle = calibrate(arguments.model, file, arguments.output, method=arguments.method, alpha=arguments.alpha)
    print(bundle.digest)


if __name__ == "__main__":
    main()
