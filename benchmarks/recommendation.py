"""`tuili.Recommender` against popularity, item-kNN and the ALS and BPR of `implicit`; and aspects against gold labels.

Each user's last review is left out, and its item ranked among all that the user has not reviewed. Every method is tuned
on one half of the users (by hash) and measured on the other. `--aspects` measures polarity on SemEval instead:
templates are chosen on one half of the sentences and measured on the other.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import tuili
from tuili.applications.recommend.profiles import Profiles, Weights, scaled
from tuili.applications.recommend.recommender import Recommender
from tuili.applications.recommend.reviews import Review
from tuili.types import Label

if TYPE_CHECKING:
    from numpy.typing import NDArray

TEMPLATES = {
    "good / bad": ("The {} is good.", "The {} is bad."),
    "likes / dislikes": ("The writer likes the {}.", "The writer dislikes the {}."),
    "happy / unhappy": ("The customer is happy with the {}.", "The customer is unhappy with the {}."),
    "great / terrible": ("The {} was great.", "The {} was terrible."),
}


def half(text: str) -> bool:
    return hashlib.sha256(text.encode()).digest()[0] < 128


def split(data: Path, name: str) -> tuple[list[Review], dict[str, str]]:
    """Reviews to learn from, and each user's last item."""
    import pyarrow.parquet as pq

    rows = pq.read_table(data / "amazon_reviews" / f"{name}_train.parquet").to_pylist()
    rows.sort(key=lambda row: (row["time"], row["user"], row["item"]))
    last = {row["user"]: row for row in rows}
    counts = Counter(row["user"] for row in rows)
    out = {id(row) for user, row in last.items() if counts[user] >= 2}
    train = [
        Review(r["user"], r["item"], r["rating"], f"{r['summary'] or ''}. {r['text'] or ''}")
        for r in rows
        if id(r) not in out
    ]
    items = {review.item for review in train}
    seen = {(review.user, review.item) for review in train}
    wanted = {u: r["item"] for u, r in last.items() if id(r) in out and r["item"] in items}
    return train, {u: item for u, item in wanted.items() if (u, item) not in seen}


def gains(scores: NDArray[np.float64], wanted: int, seen: list[int]) -> float:
    """NDCG@10 of the one wanted item among all that were not seen; ties count against it."""
    scores = scores.copy()
    scores[seen] = -np.inf
    rank = int((scores >= scores[wanted]).sum()) - 1
    return 1 / np.log2(rank + 2) if rank < 10 else 0.0


class Split:
    def __init__(self, train: list[Review], wanted: dict[str, str]) -> None:
        self.profiles = Profiles(train, ())
        self.train, self.wanted = train, wanted
        self.seen = {u: [self.profiles.place[r.item] for r in self.profiles.of_user[u]] for u in wanted}
        self.halves = {side: [u for u in sorted(wanted) if half(u) == side] for side in (True, False)}

    def measure(self, scores: dict[str, NDArray[np.float64]], *, tuning: bool) -> NDArray[np.float64]:
        place = self.profiles.place
        return np.array([gains(scores[u], place[self.wanted[u]], self.seen[u]) for u in self.halves[tuning]])


def factors(split_: Split) -> dict[str, list[dict[str, NDArray[np.float64]]]]:
    from implicit.als import AlternatingLeastSquares
    from implicit.bpr import BayesianPersonalizedRanking
    from scipy.sparse import csr_matrix

    users = sorted(split_.profiles.of_user)
    row = {user: i for i, user in enumerate(users)}
    at = [(row[r.user], split_.profiles.place[r.item]) for r in split_.train]
    matrix = csr_matrix((np.ones(len(at), np.float32), tuple(zip(*at, strict=True))))
    matrix.data[:] = 1
    found: dict[str, list[dict[str, NDArray[np.float64]]]] = {"ALS": [], "BPR": []}
    for size, decay in itertools.product((8, 16, 32, 64), (0.01, 0.1, 1.0)):
        models = {
            "ALS": AlternatingLeastSquares(size, regularization=decay, iterations=15, random_state=0, num_threads=1),
            "BPR": BayesianPersonalizedRanking(
                size, regularization=decay / 10, iterations=100, random_state=0, num_threads=1
            ),
        }
        for name, model in models.items():
            model.fit(matrix, show_progress=False)
            ranked = model.user_factors @ model.item_factors.T
            found[name].append({user: np.asarray(ranked[row[user]], float) for user in split_.wanted})
    return found


def recommend(arguments: argparse.Namespace) -> None:
    train, wanted = split(arguments.data, arguments.set)
    if arguments.users:
        wanted = dict(sorted(wanted.items())[: arguments.users])
    split_ = Split(train, wanted)
    profiles = split_.profiles
    judge = tuili.load(arguments.model, threads=1)
    fitted = Recommender(judge).fit(train) if arguments.judge else None
    by_aspects = fitted.profiles if fitted else profiles
    masked = Profiles([Review(r.user, r.item, r.rating) for r in train], ())
    print(f"{arguments.set}: {len(train)} reviews, {len(profiles.items)} items, {len(wanted)} users left out of")
    if fitted:
        print(f"aspects: {', '.join(aspect.name for aspect in fitted.aspects)}; {len(fitted.opinions)} opinions")

    def signals(user: str, source: Profiles) -> list[NDArray[np.float64]]:
        reviews = source.of_user[user]
        cares = by_aspects.cares(user) if source is profiles else {}
        found = [
            source.neighbours([r.item for r in reviews]),
            source.popularity,
            source.words([r.text for r in reviews]),
            by_aspects.aspects(cares),
        ]
        return [scaled(signal) for signal in found]

    text = {user: signals(user, profiles) for user in wanted}
    blank = {user: signals(user, masked) for user in wanted}

    def blend(of: dict[str, list[NDArray[np.float64]]], weights: Any) -> dict[str, NDArray[np.float64]]:
        return {user: np.tensordot(weights, np.array(found), 1) for user, found in of.items()}

    grid = [
        np.array([1.0, p, w, a])
        for p, w, a in itertools.product(
            (0.0, 0.3, 0.6, 1.0, 2.0), (0.0, 0.5, 1.0, 1.5, 2.0, 3.0), (0.0, 0.1, 0.2, 0.4)
        )
        if a == 0 or fitted
    ]
    ways: dict[str, list[dict[str, NDArray[np.float64]]]] = {
        "popularity": [blend(text, np.array([0, 1.0, 0, 0]))],
        "item-kNN (with popularity)": [blend(text, w) for w in grid if w[2] == w[3] == 0],
        **factors(split_),
        "tuili, text masked": [blend(blank, w) for w in grid],
        "tuili without the judge": [blend(text, w) for w in grid if w[3] == 0],
        "tuili": [blend(text, w) for w in grid],
        "tuili, shipped weights": [blend(text, np.array(list(vars_of(Weights()))))],
    }
    best: dict[str, NDArray[np.float64]] = {}
    print("\n| way | NDCG@10, tuned half | NDCG@10, other half |\n|---|---:|---:|")
    for name, choices in ways.items():
        tuned = [split_.measure(scores, tuning=True).mean() for scores in choices]
        chosen = int(np.argmax(tuned))
        best[name] = split_.measure(choices[chosen], tuning=False)
        extra = f" {grid[chosen].tolist()}" if name == "tuili" else ""
        print(f"| {name}{extra} | {tuned[chosen]:.4f} | {best[name].mean():.4f} |")
    rng = np.random.default_rng(0)
    draws = rng.integers(0, len(best["tuili"]), (5000, len(best["tuili"])))
    print(f"\npaired bootstrap over {draws.shape[1]} users, tuili less the other, 95 %:")
    for name, values in best.items():
        if name != "tuili":
            difference = (best["tuili"] - values)[draws].mean(1)
            low, high = np.percentile(difference, [2.5, 97.5])
            print(f"  {name}: {difference.mean():+.4f} ({low:+.4f} to {high:+.4f})")


def vars_of(weights: Weights) -> tuple[float, ...]:
    return weights.neighbours, weights.popularity, weights.words, weights.aspects


def aspects(arguments: argparse.Namespace) -> None:
    import pyarrow.parquet as pq

    judge = tuili.load(arguments.model, threads=1)
    for name in ("restaurant14", "laptop14"):
        rows = pq.read_table(arguments.data / "semeval_absa" / f"{name}_train.parquet").to_pylist()
        rows = [row for row in rows if row["label"] in ("positive", "negative")]
        rows = [rows[i] for i in np.random.default_rng(0).permutation(len(rows))[: arguments.users or 800]]
        gold = np.array([row["label"] == "positive" for row in rows])
        tune = np.array([half(row["sentence"]) for row in rows])
        print(f"\n{name}: {len(rows)} aspects, {gold.mean():.2f} positive\n")
        print("| template | tuned half | other half | balanced |")
        print("|---|---:|---:|---:|")
        for template, (good, bad) in TEMPLATES.items():
            asked = [(r["sentence"], t.format(r["aspect"])) for r in rows for t in (good, bad)]
            p = np.array([v.probabilities[Label.ENTAILMENT] for v in judge.judge(asked)]).reshape(-1, 2)
            right = (p[:, 0] > p[:, 1]) == gold
            balanced = np.mean([right[~tune & (gold == side)].mean() for side in (True, False)])
            print(f"| {template} | {right[tune].mean():.3f} | {right[~tune].mean():.3f} | {balanced:.3f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the directory that holds amazon_reviews/")
    parser.add_argument("--set", default="musical_instruments", choices=["musical_instruments", "gift_cards"])
    parser.add_argument("--users", type=int, help="at most so many users, or aspects")
    parser.add_argument("--model")
    parser.add_argument("--judge", action="store_true", help="read the aspects too, which takes minutes")
    parser.add_argument("--aspects", action="store_true")
    arguments = parser.parse_args()
    aspects(arguments) if arguments.aspects else recommend(arguments)


if __name__ == "__main__":
    main()
