"""`classify` without examples, against the base encoder's cosine between text and the label's statement.

Sentiment (SST-5 without its neutral sentences, as two classes) and the category of a described thing (WebNLG).
Beside them the estimator that has seen a few examples a class. Accuracy.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
from shared_data import base_encoder, drawn, interval, parser, rows
from timing import machine

import tuili
from tuili.applications.classify import classify_many
from tuili.applications.estimator import ZeroShotClassifier

if TYPE_CHECKING:
    from pathlib import Path

Task = tuple[str, dict[str, str], list[tuple[str, str]], list[tuple[str, str]]]


def sentiment(data: Path, most: int) -> Task:
    """Template, words of each class, examples, texts with their class."""
    kinds = {0: "negative", 1: "negative", 3: "positive", 4: "positive"}

    def read(part: str) -> list[tuple[str, str]]:
        return [
            (r["text"], kinds[int(r["label"])]) for r in rows(data / "sst5" / f"{part}.parquet") if int(r["label"]) != 2
        ]

    names = {"negative": "bad", "positive": "good"}
    return "The film is {}.", names, drawn(read("train"), 2000), drawn(read("dev"), most)


def topic(data: Path, most: int) -> Task:
    def read(part: str) -> list[tuple[str, str]]:
        found = [(r["texts"], r["category"]) for r in rows(data / "webnlg2017" / f"{part}.parquet")]
        return [(texts[0] if isinstance(texts, list) else texts, kind) for texts, kind in found]

    train, dev = read("train"), read("dev")
    names = {kind: re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind).lower() for kind in sorted({k for _, k in dev})}
    return "This text is about {}.", names, drawn(train, 2000), drawn(dev, most)


def main() -> None:
    options = parser(__doc__, most=200)
    options.add_argument("--encoder", help="directory of the base encoder; by default the installed package's")
    options.add_argument("--examples", type=int, default=8, help="a class, for the estimator")
    arguments = options.parse_args()
    engine = tuili.load(arguments.model, threads=arguments.threads)
    encode = base_encoder(arguments.encoder)
    print(machine("tuili", "onnxruntime", "scikit-learn"), engine.model, "\n")
    print("| task | texts | classes | way | accuracy (95 %) |\n|---|---:|---:|---|---:|")
    for name, make in {"sentiment": sentiment, "topic": topic}.items():
        template, names, examples, texts = make(arguments.data, arguments.most)
        classes, said = list(names), list(names.values())
        plain = [text for text, _ in texts]
        gold = np.array([kind for _, kind in texts])
        few = [pair for kind in classes for pair in [p for p in examples if p[1] == kind][: arguments.examples]]
        estimator = ZeroShotClassifier(engine, templates=[template, "This text is about {}."], words=names)
        estimator.fit([text for text, _ in few], [kind for _, kind in few])
        of = dict(zip(said, classes, strict=True))
        statements = encode([template.replace("{}", words) for words in said])
        predictions = {
            "classify": np.array([of[r.label] for r in classify_many(engine, plain, said, template)]),
            "base encoder's cosine": np.array(classes)[(encode(plain) @ statements.T).argmax(1)],
            f"estimator, {arguments.examples} examples a class": estimator.predict(plain),
        }
        for way, predicted in predictions.items():
            right = predicted == gold
            low, high = interval(lambda i, r=right: float(r[i].mean()), len(right))
            print(
                f"| {name} | {len(right)} | {len(classes)} | {way} | {100 * right.mean():.1f} "
                f"({100 * low:.0f}–{100 * high:.0f}) |",
                flush=True,
            )


if __name__ == "__main__":
    main()
