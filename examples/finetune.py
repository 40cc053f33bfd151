"""Fine-tune BERT on sentence pairs, evaluate it, and predict: the article's listing on our API.

    python examples/finetune.py BASE TRAIN DEV OUTPUT

BASE is a directory or `hf:organisation/name`; TRAIN and DEV hold the columns premise, hypothesis and label.
"""

import sys

import tuili


def main(base: str, train: str, dev: str, output: str, **options: object) -> None:
    # The data set class, the collator and the loop of the listing: one call. Batches are made of pairs of like
    # length, and the best epoch on DEV is kept.
    model = tuili.train({"file": train, "dev": dev, "base": base, "output": output, **options})

    engine = tuili.load(model)
    print(tuili.evaluate(engine, dev).text())

    verdict = engine.judge([("A man is sleeping in the park.", "A person is asleep.")])[0]
    print(f"{verdict.label} {verdict.confidence:.2f}")


if __name__ == "__main__":
    if len(sys.argv) == 5:
        main(*sys.argv[1:])
    else:
        print(__doc__)
