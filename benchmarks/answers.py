"""Answer-sentence selection on WikiQA and TrecQA, against BM25 and the base encoder's cosine, in the same run.

Also: can the best score tell WikiQA's questions that have an answer from those that have none? There `tuili.answer` is
one of the ways, by the probability of its best answer. The threshold is fitted on questions of the training set.
"""

from __future__ import annotations

import numpy as np
from shared_data import balanced_accuracy, base_encoder, drawn, interval, parser, rows
from timing import machine

import tuili
from tuili.applications.answer_sentences import rank_sentences
from tuili.applications.lexical import Bm25, content_words, words

Question = tuple[str, list[str], np.ndarray]


def questions(path, most: int, *, answered: bool) -> list[Question]:
    grouped: dict[str, list[tuple[str, int]]] = {}
    for row in rows(path):
        grouped.setdefault(row["question"], []).append((row["answer"], int(row["label"])))
    made = []
    for q, pairs in grouped.items():
        # TrecQA's file has the right sentences first, so ties would be broken by the gold labels.
        pairs = drawn(pairs, len(pairs))
        made.append((q, [a for a, _ in pairs], np.array([label for _, label in pairs])))
    # As usual for these sets: only questions with right and wrong sentences can be ranked well or badly.
    return drawn([q for q in made if not answered or 0 < q[2].sum() < len(q[2])], most)


def average_precision(scores: np.ndarray, gold: np.ndarray) -> float:
    ordered = gold[np.argsort(-scores, kind="stable")]
    return float((np.cumsum(ordered) / np.arange(1, len(ordered) + 1))[ordered == 1].mean())


def reciprocal_rank(scores: np.ndarray, gold: np.ndarray) -> float:
    return 1 / (1 + int(np.argmax(gold[np.argsort(-scores, kind="stable")])))


def main() -> None:
    options = parser(__doc__, most=80)
    options.add_argument("--encoder", help="directory of the base encoder; by default the installed package's")
    arguments = options.parse_args()
    engine = tuili.load(arguments.model, threads=arguments.threads)
    encode = base_encoder(arguments.encoder)

    def ours(question: str, sentences: list[str], weight: float | None = None) -> np.ndarray:
        extra = {} if weight is None else {"lexical_weight": weight}
        scores = np.zeros(len(sentences))
        for sentence in rank_sentences(engine, question, sentences, **extra):
            scores[sentence.index] = sentence.score
        return scores

    ways = {
        "rank_sentences": ours,
        "its judge alone": lambda q, s: ours(q, s, 0.0),
        "its words alone": lambda q, s: ours(q, s, 1.0),
        "BM25": lambda q, s: Bm25(words(x) for x in s).scores(content_words(q)),
        "base encoder's cosine": lambda q, s: encode(s) @ encode([q])[0],
    }
    print(machine("tuili", "onnxruntime"), engine.model, f"\nat most {arguments.most} questions a set\n")
    print("| set | questions | way | MAP (95 %) | MRR |\n|---|---:|---|---:|---:|")
    for name in ("wikiqa", "trecqa"):
        asked = questions(arguments.data / name / "dev.parquet", arguments.most, answered=True)
        for way, score in ways.items():
            scored = [(score(q, s), gold) for q, s, gold in asked]
            precisions = np.array([average_precision(*pair) for pair in scored])
            low, high = interval(lambda i, p=precisions: float(p[i].mean()), len(precisions))
            mrr = np.mean([reciprocal_rank(*pair) for pair in scored])
            print(
                f"| {name} | {len(asked)} | {way} | {100 * precisions.mean():.1f} ({100 * low:.0f}–{100 * high:.0f}) "
                f"| {100 * mrr:.1f} |",
                flush=True,
            )
    print("\n| is there an answer? | questions | balanced accuracy (95 %) |\n|---|---:|---:|")
    parts = {
        part: questions(arguments.data / "wikiqa" / f"{part}.parquet", arguments.most, answered=False)
        for part in ("train", "dev")
    }

    def answered(question: str, sentences: list[str]) -> np.ndarray:
        found = tuili.answer(engine, sentences, question, threshold=0, most=1)
        return np.array([found[0].probability if found else 0.0])

    for way, score in {"tuili.answer": answered, **ways}.items():
        best = {part: np.array([score(q, s).max() for q, s, _ in asked]) for part, asked in parts.items()}
        gold = {part: np.array([bool(g.any()) for *_, g in asked]) for part, asked in parts.items()}
        threshold = max(best["train"], key=lambda t: balanced_accuracy(best["train"] >= t, gold["train"]))
        said, has = best["dev"] >= threshold, gold["dev"]
        low, high = interval(lambda i, s=said, g=has: balanced_accuracy(s[i], g[i]), len(said))
        print(f"| {way} | {len(said)} | {balanced_accuracy(said, has):.1f} ({low:.0f}–{high:.0f}) |", flush=True)


if __name__ == "__main__":
    main()
