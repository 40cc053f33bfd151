"""How well a bundle finds entities: `python benchmarks/entities.py BUNDLE dev.parquet [--names TOML]`.

Twice: with the file's own words and sentences, document by document as it was trained; and from plain text, each
sentence by itself, words joined as people write them and cut again by tuili, which is what `find` does.
"""

from __future__ import annotations

import argparse
import json
import time
import tomllib
from pathlib import Path

from tuili.evaluation.spans import chunks, score_spans
from tuili.learning.entities.documents import TaggedSentence, read_tagged
from tuili.learning.recast import joined
from tuili.reasoning import entities
from tuili.types import Span


def edges(words: tuple[str, ...], text: str, place: int = 0) -> list[Span]:
    """Where each word stands in a text that holds them in order."""
    spans = []
    for word in words:
        start = text.index(word, place)
        place = start + len(word)
        spans.append(Span(start, place))
    return spans


def gold(sentence: TaggedSentence, spans: list[Span], names: dict[str, str]) -> set[tuple[int, int, str]]:
    return {(spans[s].start, spans[e - 1].end, names.get(kind, kind)) for s, e, kind in chunks(sentence.tags)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("file", type=Path)
    parser.add_argument("--names", type=Path, default=Path(__file__).parents[1] / "models" / "entities.toml")
    parser.add_argument("--limit", type=int, default=None, help="sentences")
    parser.add_argument("--threads", type=int, default=1)
    a = parser.parse_args()
    names = tomllib.loads(a.names.read_text("utf-8"))["names"]
    finder = entities.load(a.bundle, threads=a.threads)
    sentences = read_tagged(a.file)[: a.limit]

    documents: dict[int, list[TaggedSentence]] = {}
    for sentence in sentences:
        documents.setdefault(sentence.document, []).append(sentence)
    texts = ["\n".join(" ".join(sentence.words) for sentence in group) for group in documents.values()]
    words: list[list[list[Span]]] = []
    wanted = []
    for text, group in zip(texts, documents.values(), strict=True):
        place = 0
        words.append([])
        wanted.append(set())
        for sentence in group:
            words[-1].append(edges(sentence.words, text, place))
            place = words[-1][-1][-1].end
            wanted[-1] |= gold(sentence, words[-1][-1], names)
    began = time.process_time()
    mentions = finder.find_in_words(texts, words)
    seconds = time.process_time() - began
    report = score_spans(wanted, [{(*m.span, m.type) for m in found} for found in mentions])
    count = sum(len(sentence.words) for sentence in sentences)
    print(json.dumps({"what": "words given", "words": count, "cpu_seconds": seconds, **report.to_dict()}))

    plain = [joined(sentence.words) for sentence in sentences]
    wanted = [gold(s, edges(s.words, text), names) for s, text in zip(sentences, plain, strict=True)]
    mentions = finder.find_many(plain)
    report = score_spans(wanted, [{(*m.span, m.type) for m in found} for found in mentions])
    print(json.dumps({"what": "plain sentences", **report.to_dict()}))


if __name__ == "__main__":
    main()
