"""How far the embedded model's confidence can be trusted: `python benchmarks/calibration.py --data DIR [--cache DIR]`.

What is fitted is fitted on the tune part of a dev set, and what is measured is measured on the held part
(`models/splits.toml`); `cross-fitted` goes over the held part, or over the whole dev set, in ten folds by premise.
Intervals: 95 %, bootstrap over premises. Prints Markdown.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "models"))

from splits import read_part

from tuili.bundle import Bundle
from tuili.calibration import Map
from tuili.engine.calibrate import calibrated, threshold_for
from tuili.engine.familiar import unknown_words
from tuili.engine.load import bundle_directory, load
from tuili.errors import UsageError
from tuili.evaluation import metrics
from tuili.evaluation.conformal import fit_sets, score_sets
from tuili.evaluation.cross_fit import cross_fitted
from tuili.evaluation.fit import fit_map
from tuili.evaluation.interval import bootstrap
from tuili.evaluation.reliability import debiased_ece, expected_calibration_error
from tuili.evaluation.risk import fit_risk
from tuili.evaluation.selective import risk_curve
from tuili.types import THREE_WAY

if TYPE_CHECKING:
    from tuili.evaluation.fit import Method

SETS = {
    "SNLI": "esnli/dev.parquet",
    "MNLI": "mnli/dev_matched.parquet",
    "LingNLI": "lingnli/dev.parquet",
    "InfoTabS": "infotabs/dev.parquet",
}
METHODS: tuple[Method, ...] = ("temperature", "vector", "isotonic", "familiarity")
FOLDS = 10


@dataclass(frozen=True)
class Part:
    log_probs: np.ndarray
    windows: np.ndarray
    gold: np.ndarray
    pairs: list[tuple[str, str]]

    @property
    def premises(self) -> list[str]:
        return [premise for premise, _ in self.pairs]

    def fitted(self, method: Method = "temperature") -> Map:
        return fit_map(self.log_probs, self.gold, self.windows, method=method, pairs=self.pairs)

    def mapped(self, how: Map) -> np.ndarray:
        unknown = None if how.familiar is None else unknown_words(self.pairs, how.familiar)
        return calibrated(self.log_probs, self.windows, how, unknown)


def read(data: Path, cache: Path | None, name: str, part: str) -> Part:
    """What the model says of one part of a set, from the cache if it is there."""
    rows = read_part(data, SETS[name], part)
    digest = Bundle.open(bundle_directory()).digest[:12]
    file = None if cache is None else cache / f"{digest}-{name}-{part}.npz"
    if file is not None and file.exists():
        kept = np.load(file)
        log_probs, windows = kept["log_probs"], kept["windows"]
    else:
        engine = load(threads=1)
        said = [
            row for i in range(0, len(rows), 1024) for row in engine.uncalibrated([r[:2] for r in rows[i : i + 1024]])
        ]
        log_probs = np.array([row.log_probs for row in said])
        windows = np.array([row.windows for row in said])
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            np.savez(file, log_probs=log_probs, windows=windows)
        print(f"scored {name} {part}", file=sys.stderr, flush=True)
    gold = np.array([THREE_WAY.index(label) for *_, label in rows])
    return Part(log_probs, windows, gold, [(premise, hypothesis) for premise, hypothesis, _ in rows])


def ece(p: np.ndarray, part: Part) -> str:
    found = bootstrap(debiased_ece, p, part.gold, plain=expected_calibration_error, groups=part.premises, resamples=300)
    return f"{100 * found.value:.2f} [{100 * found.low:.2f}, {100 * found.high:.2f}]"


def figures(p: np.ndarray, part: Part) -> str:
    plain = expected_calibration_error(p, part.gold)
    measured = (metrics.accuracy(p, part.gold), metrics.brier(p, part.gold), metrics.log_loss(p, part.gold))
    return f"{ece(p, part)} | {100 * plain:.2f} | " + " | ".join(f"{value:.4f}" for value in measured)


def calibration_table(tune: dict[str, Part], held: dict[str, Part]) -> None:
    print("\n## Calibration, held part\n")
    print("| set | method | fitted on | ECE %, debiased | ECE % | accuracy | Brier | log-loss |")
    print("|---|---|---|---:|---:|---:|---:|---:|")
    manifest = Bundle.open(bundle_directory()).manifest
    as_shipped = Map.plain(manifest.temperature) if manifest.calibration is None else manifest.calibration.map
    for name, part in held.items():
        print(f"| {name} | as shipped | | {figures(part.mapped(as_shipped), part)} |")
        for method in METHODS:
            for origin in dict.fromkeys(("SNLI", name)):
                p = part.mapped(tune[origin].fitted(method))
                print(f"| {name} | {method} | {origin} tune | {figures(p, part)} |")
            print(f"| {name} | {method} | cross-fitted | {figures(crossed(part, method), part)} |")


def whole_table(tune: dict[str, Part], held: dict[str, Part]) -> None:
    print("\n## Cross-fitted over the whole dev set\n")
    print("| set | method | ECE %, debiased | ECE % | accuracy | Brier | log-loss | set coverage at 90 % |")
    print("|---|---|---:|---:|---:|---:|---:|---:|")
    for name in held:
        part = joined(tune[name], held[name])
        for method in METHODS:
            p = crossed(part, method)
            print(f"| {name} | {method} | {figures(p, part)} | {crossed_coverage(p, part):.1%} |")


def crossed(part: Part, method: Method) -> np.ndarray:
    return cross_fitted(
        part.log_probs, part.gold, part.windows, part.premises, method=method, folds=FOLDS, pairs=part.pairs
    )


def crossed_coverage(p: np.ndarray, part: Part) -> float:
    """Share of sets that hold the gold label, each fold's sets found on the other folds."""
    fold = np.array([int(hashlib.sha256(premise.encode()).hexdigest()[:8], 16) % FOLDS for premise in part.premises])
    covered = 0.0
    for turn in range(FOLDS):
        out = fold == turn
        sets = fit_sets(p[~out], part.gold[~out])
        covered += score_sets(p[out], part.gold[out], sets).set_coverage * int(out.sum())
    return covered / len(part.gold)


def joined(one: Part, other: Part) -> Part:
    arrays = (np.concatenate([getattr(one, key), getattr(other, key)]) for key in ("log_probs", "windows", "gold"))
    return Part(*arrays, [*one.pairs, *other.pairs])


def sets_table(tune: dict[str, Part], held: dict[str, Part]) -> None:
    print("\n## Prediction sets at 90 %, held part\n")
    print("| set | found on | by label | set coverage | least label | labels a set | one label |")
    print("|---|---|---|---:|---:|---:|---:|")
    how = tune["SNLI"].fitted()
    for name, part in held.items():
        for origin in dict.fromkeys((name, "SNLI")):
            source = tune[origin]
            for by_label in (False, True):
                sets = fit_sets(source.mapped(how), source.gold, by_label=by_label)
                found = score_sets(part.mapped(how), part.gold, sets)
                print(
                    f"| {name} | {origin} tune | {'yes' if by_label else 'no'} | {found.set_coverage:.1%} | "
                    f"{found.least_by_label:.1%} | {found.mean_size:.2f} | {found.single:.1%} |"
                )


def selective_table(tune: dict[str, Part], held: dict[str, Part]) -> None:
    print("\n## Selective accuracy, held part, temperature of SNLI tune\n")
    print("| set | all | answered 90 % | 80 % | 50 % | gain at 80 %, points | AURC |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    how = tune["SNLI"].fitted()
    for name, part in held.items():
        p = part.mapped(how)
        right = {share: at_share(p, part.gold, share) for share in (1.0, 0.9, 0.8, 0.5)}

        def gain(probabilities: np.ndarray, gold: np.ndarray) -> float:
            return at_share(probabilities, gold, 0.8) - at_share(probabilities, gold, 1.0)

        found = bootstrap(gain, p, part.gold, groups=part.premises, resamples=300)
        shown = " | ".join(f"{value:.2%}" for value in right.values())
        area = risk_curve(p, part.gold).area()
        interval = f"{100 * found.value:.2f} [{100 * found.low:.2f}, {100 * found.high:.2f}]"
        print(f"| {name} | {shown} | {interval} | {area:.4f} |")


def at_share(p: np.ndarray, gold: np.ndarray, share: float) -> float:
    """Accuracy of the surest pairs that make up at least this share."""
    curve = risk_curve(p, gold)
    return 1 - curve.risk[int(np.searchsorted(curve.answered_share, share - 1e-12).clip(max=len(curve.risk) - 1))]


def risk_table(tune: dict[str, Part], held: dict[str, Part]) -> None:
    print("\n## A chosen risk, held part, temperature and table of the set's own tune part and of SNLI's\n")
    print("| set | found on | max risk | threshold | answered | risk found |")
    print("|---|---|---:|---:|---:|---:|")
    how = tune["SNLI"].fitted()
    for name, part in held.items():
        p = part.mapped(how)
        for origin in dict.fromkeys((name, "SNLI")):
            source = tune[origin]
            table = fit_risk(source.mapped(how), source.gold)
            for risk in (0.02, 0.05, 0.1):
                try:
                    threshold = threshold_for(table, risk)
                except UsageError:
                    print(f"| {name} | {origin} tune | {risk} | can't be shown | | |")
                    continue
                answered = p.max(1) >= threshold
                wrong = float((p.argmax(1) != part.gold)[answered].mean())
                print(f"| {name} | {origin} tune | {risk} | {threshold:.4f} | {answered.mean():.1%} | {wrong:.2%} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--cache", type=Path, help="where log-probabilities are kept for the next run")
    arguments = parser.parse_args()
    parts = {
        part: {name: read(arguments.data, arguments.cache, name, part) for name in SETS} for part in ("tune", "held")
    }
    tune, held = parts["tune"], parts["held"]
    engine = load(threads=1)
    print(f"# Calibration of {engine.model}\n")
    print(", ".join(f"{name}: {len(tune[name].gold):,} tune, {len(held[name].gold):,} held" for name in SETS))
    calibration_table(tune, held)
    whole_table(tune, held)
    sets_table(tune, held)
    selective_table(tune, held)
    risk_table(tune, held)


if __name__ == "__main__":
    main()
