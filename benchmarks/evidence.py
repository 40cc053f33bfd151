"""Evidence against the words that people marked in e-SNLI, beside baselines; whether it is true of the model; its cost.

Needs `esnli/dev.parquet` (columns `premise_marked_1` and so on). Pairs of the held half only, contradiction and
entailment; the halves are those of `models/splits.toml`. With `--joint` a checkpoint is explained too, by leave-one-out
and integrated gradients; with `--second` another model judges the texts from which evidence was cut.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from made_pairs import sentence
from timing import interleaved, machine, table

import tuili
from tuili.evaluation.explanations import LABELS, plausibility_of_words, words_of
from tuili.evaluation.highlights import Highlighted, read_highlighted
from tuili.explanation.explain import explain
from tuili.explanation.faithfulness import measure
from tuili.explanation.lexical import FUNCTION_WORDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuili.engine.engine import Engine
    from tuili.explanation.explanation import Explanation

SHARE = tomllib.loads((Path(__file__).parents[1] / "models" / "splits.toml").read_text("utf-8"))["share"]


def is_tune(premise: str) -> bool:
    return hashlib.sha256(premise.encode()).digest()[0] < 256 * SHARE


def bare(text: str) -> list[str]:
    return [re.sub(r"\W", "", word.lower()) for word in text.split()]


def content(row: Highlighted) -> tuple[tuple[bool, ...], tuple[bool, ...]]:
    premise, hypothesis = (
        tuple(word not in FUNCTION_WORDS for word in bare(text)) for text in (row.premise, row.hypothesis)
    )
    return premise, hypothesis


def absent(row: Highlighted) -> tuple[tuple[bool, ...], tuple[bool, ...]]:
    there = set(bare(row.premise))
    return (False,) * len(bare(row.premise)), tuple(word not in there for word in bare(row.hypothesis))


def by_method(engine: Engine, method: str, draws: int = 0) -> Callable[[Highlighted], Explanation]:
    return lambda row: explain(engine, (row.premise, row.hypothesis), method=method, draws=draws, seed=row.row)


def interval(values: list[float]) -> str:
    """Mean with its 95 % interval over pairs (bootstrap, seed 0)."""
    rng = random.Random(0)
    means = sorted(sum(rng.choices(values, k=len(values))) / len(values) for _ in range(1000))
    return f"{sum(values) / len(values):.3f} [{means[25]:.3f}, {means[974]:.3f}]"


def compare(rows: list[Highlighted], engine: Engine, joint: Engine | None, second: Engine | None) -> None:
    ways: dict[str, Callable[[Highlighted], Explanation]] = {
        "evidence": by_method(engine, "evidence", 3),
        "leave-one-out by deletion, same model": by_method(engine, "leave_one_out"),
    }
    if joint is not None:
        ways["leave-one-out, joint model"] = by_method(joint, "leave_one_out")
        ways["integrated gradients, joint model"] = by_method(joint, "integrated_gradients")
    scores = {name: [] for name in (*ways, "all content words", "hypothesis words absent from the premise")}
    tested: dict[str, list[float]] = {}
    for row in rows:
        for name, way in ways.items():
            found = way(row)
            scores[name].append(plausibility_of_words(row, words_of(row, found.verdict.evidence)))
            if name == "evidence" and found.faithfulness is not None:
                judges = {"": found.faithfulness}
                if second is not None:
                    verdict = second.judge([found.pair])[0]
                    other = measure(second, found.pair, verdict, found.verdict.evidence, draws=3, seed=row.row)
                    judges |= {", second model": other} if other is not None else {}
                for judge, values in judges.items():
                    for key in ("comprehensiveness", "comprehensiveness_random", "sufficiency", "sufficiency_random"):
                        tested.setdefault(key + judge, []).append(getattr(values, key))
        scores["all content words"].append(plausibility_of_words(row, content(row)))
        scores["hypothesis words absent from the premise"].append(plausibility_of_words(row, absent(row)))
    print("| words chosen by | token F1 | contradiction | entailment | IOU F1 |\n|---|---|---|---|---|")
    for name, found in scores.items():
        sides = [
            sum(one.token_f1 for one, row in zip(found, rows, strict=True) if row.label == label)
            / sum(row.label == label for row in rows)
            for label in ("contradiction", "entailment")
        ]
        iou = sum(one.iou_f1 for one in found) / len(found)
        print(f"| {name} | {interval([one.token_f1 for one in found])} | {sides[0]:.3f} | {sides[1]:.3f} | {iou:.3f} |")
    for name, values in tested.items():
        print(f"{name}: {interval(values)}")


def cost(engine: Engine, rounds: int) -> None:
    rng = random.Random(0)
    for words in (14, 350):
        # a premise that was never seen, at each call: nothing comes from the cache
        made = [" ".join(sentence(rng, 14) for _ in range(words // 14)) for _ in range(64)]
        numbers = iter(range(10**9))

        def fresh(made: list[str] = made, numbers: object = numbers) -> tuple[str, str]:
            number = next(numbers)  # type: ignore[call-overload]
            return f"{made[number % len(made)]} {number}", sentence(random.Random(number), 8)

        ways = {
            "plain verdict": lambda fresh=fresh: engine.judge([fresh()]),
            "explain": lambda fresh=fresh: explain(engine, fresh()),
        }
        print(f"\n{words} words of premise")
        print(table(interleaved(ways, rounds=rounds), work=1, unit="calls", base="plain verdict"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, nargs="?", help="esnli/dev.parquet; without it only the cost is measured")
    parser.add_argument("--pairs", type=int, default=300)
    parser.add_argument("--part", choices=["held", "tune"], default="held")
    parser.add_argument("--model", help="a bundle; the embedded model by default")
    parser.add_argument("--joint", help="a checkpoint to explain beside it")
    parser.add_argument("--second", help="a model that judges the cut texts too")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    engine = tuili.load(arguments.model, threads=arguments.threads)
    print(machine("tuili", "onnxruntime"))
    if arguments.data is not None:
        part = [
            row
            for row in read_highlighted(arguments.data)
            if row.label in LABELS and row.marked and is_tune(row.premise) == (arguments.part == "tune")
        ]
        rows = random.Random(0).sample(part, min(arguments.pairs, len(part)))
        print(f"{len(rows)} of {len(part)} pairs of the {arguments.part} half; {engine.model}\n")
        joint, second = (tuili.load(name) if name else None for name in (arguments.joint, arguments.second))
        compare(rows, engine, joint, second)
    cost(engine, arguments.rounds)


if __name__ == "__main__":
    main()
