"""What an accuracy does not show, on pairs not trained on: `python models/shortcuts.py --data DIR [--model BUNDLE]`.

- Word overlap: non-entailed pairs of a held part whose hypothesis has no word that the premise lacks.
- Irrelevant context: labels that change when unrelated sentences are put after the premise.
- Small changes: a slip of the pen, case, punctuation.
- New generated pairs, family by family (of the generator that part of training came from).
- Beside each three-way set, a bag of the hypothesis' words alone (Gururangan et al. 2018), and accuracy where it errs.

Writes JSON to standard output. The generated pairs' seed is none of the mixture's.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as parquet
from splits import read_part

import tuili
from tuili.evaluation.perturb import ALL, add_unrelated
from tuili.evaluation.robustness import check_robustness
from tuili.learning.synthesis import generate
from tuili.types import Label

if TYPE_CHECKING:
    from tuili.engine.engine import Engine

SNLI, MNLI = "esnli/dev.parquet", "mnli/dev_matched.parquet"
TRAIN = {SNLI: "snli_train_subset/train.parquet", MNLI: "mnli_train_subset/train.parquet"}
WORD = re.compile(r"\w+")
SEED = 4242


def words(text: str) -> set[str]:
    return set(WORD.findall(text.lower()))


def overlap(engine: Engine, data: Path) -> dict[str, Any]:
    """Share right among non-entailed pairs whose every hypothesis word stands in the premise."""
    rows = [row for row in read_part(data, MNLI, "held") if words(row[1]) <= words(row[0])]
    verdicts = engine.judge([(premise, hypothesis) for premise, hypothesis, _ in rows])
    trap = [(v.label is not Label.ENTAILMENT, v.label == row[2], row[2]) for v, row in zip(verdicts, rows, strict=True)]
    not_entailed = [item for item in trap if item[2] is not Label.ENTAILMENT]
    entailed = [item for item in trap if item[2] is Label.ENTAILMENT]
    return {
        "not_entailed": len(not_entailed),
        "not_called_entailment": round(sum(item[0] for item in not_entailed) / len(not_entailed), 3),
        "right_label": round(sum(item[1] for item in not_entailed) / len(not_entailed), 3),
        "entailed": len(entailed),
        "entailed_right": round(sum(item[1] for item in entailed) / len(entailed), 3),
    }


def unmoved(engine: Engine, data: Path, name: str, pairs: int) -> dict[str, Any]:
    rows = read_part(data, name, "held")[:pairs]
    changes = {name: ALL[name] for name in ("typo", "case", "punctuation")}
    changes |= {f"unrelated_{count}": add_unrelated(count) for count in (1, 5, 10, 20)}
    report = check_robustness(engine, [(p, h) for p, h, _ in rows], perturbations=changes, seed=SEED)
    return {change.name: round(change.label_changed, 3) for change in report.changes}


def generated(engine: Engine, pairs: int) -> dict[str, float]:
    made = list(generate(pairs, seed=SEED, distractors=0.2))
    verdicts = engine.judge([(pair.premise, pair.hypothesis) for pair in made])
    right: dict[str, list[bool]] = defaultdict(list)
    for pair, verdict in zip(made, verdicts, strict=True):
        right[pair.family].append(verdict.label == pair.label)
        right["all"].append(verdict.label == pair.label)
    return {family: round(sum(found) / len(found), 3) for family, found in sorted(right.items())}


def hypothesis_only(engine: Engine, data: Path, name: str) -> dict[str, Any]:
    """Accuracy of a linear model of the hypothesis alone, of the engine, and of the engine where that model errs."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    train = parquet.read_table(data / TRAIN[name], columns=["hypothesis", "label"]).slice(0, 40_000).to_pydict()
    held = read_part(data, name, "held")
    bag = TfidfVectorizer(ngram_range=(1, 2), min_df=3, sublinear_tf=True)
    model = LogisticRegression(max_iter=300)
    model.fit(bag.fit_transform(train["hypothesis"]), train["label"])
    guesses = model.predict(bag.transform([hypothesis for _, hypothesis, _ in held]))
    verdicts = engine.judge([(premise, hypothesis) for premise, hypothesis, _ in held])
    right = [verdict.label == row[2] for verdict, row in zip(verdicts, held, strict=True)]
    guessed = [guess == row[2].value for guess, row in zip(guesses, held, strict=True)]
    hard = [found for found, easy in zip(right, guessed, strict=True) if not easy]
    return {
        "pairs": len(held),
        "hypothesis_only": round(sum(guessed) / len(held), 4),
        "accuracy": round(sum(right) / len(held), 4),
        "accuracy_where_it_errs": round(sum(hard) / len(hard), 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--model", help="a bundle; without it, what ships")
    parser.add_argument("--pairs", type=int, default=500, help="pairs of each set that are changed")
    parser.add_argument("--generate", type=int, default=1600)
    arguments = parser.parse_args()
    engine = tuili.load(arguments.model)
    figures = {
        "word overlap": overlap(engine, arguments.data),
        "generated": generated(engine, arguments.generate),
        "hypothesis only": {name: hypothesis_only(engine, arguments.data, name) for name in TRAIN},
        "labels changed": {name: unmoved(engine, arguments.data, name, arguments.pairs) for name in TRAIN},
    }
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
