"""What does and should not change the embedded model's mind: `python benchmarks/audits.py --data DIR`.

Robustness on 500 pairs of the held parts of SNLI and MNLI dev, one a premise; bias on all sentences of the audit.
Prints JSON, one object a line.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "models"))

from splits import read_part

from tuili.engine.load import load
from tuili.evaluation.bias import check_bias
from tuili.evaluation.robustness import check_robustness

SETS = ("esnli/dev.parquet", "mnli/dev_matched.parquet")
PAIRS = 250  # of each


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, type=Path)
    arguments = parser.parse_args()
    engine = load(threads=1)
    for name in SETS:
        by_premise = {
            premise: (premise, hypothesis) for premise, hypothesis, _ in read_part(arguments.data, name, "held")
        }
        report = check_robustness(engine, list(by_premise.values())[:PAIRS])
        print(json.dumps({"model": engine.model, "set": name, **report.to_dict()}), flush=True)
    print(json.dumps({"model": engine.model, **check_bias(engine).to_dict()}), flush=True)


if __name__ == "__main__":
    main()
