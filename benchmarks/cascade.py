"""What a cascade saves and what it costs: `python benchmarks/cascade.py --data DIR [--second ADDRESS ...]`.

MNLI matched dev: the threshold is fitted on pairs of the tune part and measured on pairs of the held part
(`models/splits.toml`). The first judge is the embedded model. The second is what `--second` names, an ensemble where
there are several. Without it the second judge is SIMULATED: an oracle that knows the gold labels and errs on a stated
share of the pairs, anywhere or where the first judge is unsure. A simulation shows what the rule does with a second
judge of that strength; it shows nothing of any real one. Intervals: 95 %, bootstrap over premises. Prints Markdown.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from shared_data import drawn, parser

sys.path.insert(0, str(Path(__file__).parents[1] / "models"))

from splits import read_part

from tuili.engine.cascade import fit_on, settled
from tuili.engine.ensemble import Ensemble
from tuili.engine.load import load
from tuili.types import THREE_WAY, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuili.types import Judge, Label

SET = "mnli/dev_matched.parquet"
ACCURACIES = (0.80, 0.85, 0.90, 0.95)
WITHIN = 0.005
SEEDS = 20


def said(judge: Judge, rows: Sequence[tuple[str, str, Label]], cache: Path | None, name: str) -> list[Verdict]:
    """The verdicts on the rows, from the cache if they are there."""
    file = None if cache is None else cache / f"cascade-{name.replace('/', '_')}.npy"
    if file is not None and file.exists():
        probabilities = np.load(file)
    else:
        found = judge.judge([row[:2] for row in rows])
        probabilities = np.array([[verdict.probabilities[label] for label in THREE_WAY] for verdict in found])
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            np.save(file, probabilities)
    return [verdict(row, name) for row in probabilities]


def verdict(probabilities: np.ndarray, model: str) -> Verdict:
    label = THREE_WAY[int(probabilities.argmax())]
    shares = dict(zip(THREE_WAY, probabilities.tolist(), strict=True))
    return Verdict(label, shares, decided=True, prediction_set=frozenset([label]), coverage=1.0, model=model)


def oracle(first: Sequence[Verdict], gold: Sequence[Label], accuracy: float, *, like: bool, seed: int) -> list[Verdict]:
    """Knows the labels and errs on a share of 1 - accuracy; where the first judge is unsure, if `like`."""
    rng = np.random.default_rng(seed)
    doubt = np.array([1 - v.confidence for v in first]) if like else np.ones(len(gold))
    errors = rng.choice(len(gold), round((1 - accuracy) * len(gold)), replace=False, p=doubt / doubt.sum())
    wrong = set(errors.tolist())
    rows = []
    for place, label in enumerate(gold):
        others = [other for other in THREE_WAY if other != label]
        chosen = others[int(rng.integers(2))] if place in wrong else label
        rows.append(verdict(np.array([0.9 if name == chosen else 0.05 for name in THREE_WAY]), "oracle"))
    return rows


def measured(
    first: Sequence[Verdict], second: Sequence[Verdict], gold: Sequence[Label], when: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each pair: whether the cascade is right, whether the second judge alone is, and whether it was asked."""
    asked = np.array([v.confidence < when for v in first])
    final = [settled(a, b) if ask else a for a, b, ask in zip(first, second, asked, strict=True)]
    right = np.array([v.label == g for v, g in zip(final, gold, strict=True)])
    alone = np.array([v.label == g for v, g in zip(second, gold, strict=True)])
    return right, alone, asked


def row(name: str, parts: list[tuple[np.ndarray, np.ndarray, np.ndarray, float]], premises: Sequence[str]) -> str:
    """Means over the seeds; the interval of the difference over premises, all seeds of a pair together."""
    right, alone, asked = (np.mean([part[i] for part in parts], axis=0) for i in range(3))
    whens = [part[3] for part in parts]
    groups = np.unique(premises, return_inverse=True)[1]
    sums = np.bincount(groups, weights=right - alone)
    sizes = np.bincount(groups)
    rng = np.random.default_rng(0)
    draws = rng.integers(0, len(sizes), (1000, len(sizes)))
    low, high = np.percentile(sums[draws].sum(1) / sizes[draws].sum(1), [2.5, 97.5])
    return (
        f"| {name} | {np.mean(whens):.2f} | {100 * alone.mean():.1f} | {100 * right.mean():.1f} | "
        f"{100 * (right.mean() - alone.mean()):+.2f} [{100 * low:+.2f}, {100 * high:+.2f}] | "
        f"{100 * asked.mean():.0f} % |"
    )


def main() -> None:
    options = parser(__doc__, most=1000)
    options.add_argument("--cache", type=Path)
    options.add_argument("--second", action="append", default=[], help="a judge's address; several are an ensemble")
    arguments = options.parse_args()
    rows = {part: drawn(read_part(arguments.data, SET, part), arguments.most) for part in ("tune", "held")}
    gold = {part: [label for *_, label in of] for part, of in rows.items()}
    premises = [premise for premise, *_ in rows["held"]]
    engine = load(arguments.model, threads=arguments.threads)
    first = {part: said(engine, of, arguments.cache, f"{engine.model}-{part}-{len(of)}") for part, of in rows.items()}
    alone = np.mean([v.label == g for v, g in zip(first["held"], gold["held"], strict=True)])
    print(f"{engine.model}; fitted on {len(rows['tune'])} pairs, measured on {len(rows['held'])}")
    print(f"first judge alone: {100 * alone:.1f} %\n")
    print("| second judge | when below | alone, % | cascade, % | difference, points | asked |")
    print("|---|---:|---:|---:|---:|---:|")
    if arguments.second:
        judges = [load(address, threads=arguments.threads) for address in arguments.second]
        second: Judge = judges[0] if len(judges) == 1 else Ensemble(judges)
        name = str(getattr(second, "model", "second"))
        both = {p: said(second, of, arguments.cache, f"{name}-{p}-{len(of)}") for p, of in rows.items()}
        when = fit_on(first["tune"], both["tune"], gold["tune"], within=WITHIN).when
        print(row(name, [(*measured(first["held"], both["held"], gold["held"], when), when)], premises))
        return
    for like in (False, True):
        for accuracy in ACCURACIES:
            parts = []
            for seed in range(SEEDS):
                made = {p: oracle(first[p], gold[p], accuracy, like=like, seed=seed) for p in rows}
                when = fit_on(first["tune"], made["tune"], gold["tune"], within=WITHIN).when
                parts.append((*measured(first["held"], made["held"], gold["held"], when), when))
            where = "errs where the first is unsure" if like else "errs anywhere"
            print(row(f"simulated, {accuracy:.0%}, {where}", parts, premises), flush=True)


if __name__ == "__main__":
    main()
