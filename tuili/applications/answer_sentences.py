"""Answer-sentence selection: which of some sentences answers a question.

Three looks are blended. Words: the share of the question's words, weighed by how rare they are among the sentences,
that a sentence has. Sense: the probability, by the judge, that the sentence settles the question, put to it in two
ways: the question itself as hypothesis, as in QNLI (Wang et al. 2018), and the statement that there is an answer
("Someone wrote the book."). Neither is enough: words don't tell an answer from a mention, and a small judge takes a
mention for one. Kind: whether the sentence holds anything of the kind that is asked for, a date or a number for "when",
say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tuili.applications.answer_candidates import candidates
from tuili.applications.answer_hypotheses import understand
from tuili.applications.asking import check_share, check_texts, entailment, judged
from tuili.applications.lexical import Bm25, content_words, words
from tuili.data.text import check_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuili.types import Judge

LEXICAL_WEIGHT = 0.5
KIND_WEIGHT = 0.13
"""Both chosen on questions of WikiQA's and TrecQA's train parts."""


@dataclass(frozen=True, slots=True)
class RankedSentence:
    """A sentence and how well it answers.

    Attributes:
        index: Which of the sentences, counted from 0.
        text: The sentence.
        score: What it is ranked by, 0 to 1: the blend of the next three. A rank, not a probability.
        overlap: Weighted share of the question's words that it has, 0 to 1.
        probability: Mean probability that it settles the question.
        kind: Whether it holds something of the kind that is asked for.
    """

    index: int
    text: str
    score: float
    overlap: float
    probability: float
    kind: bool

    def to_dict(self) -> dict[str, Any]:
        return {
            "index": self.index,
            "text": self.text,
            "score": self.score,
            "overlap": self.overlap,
            "probability": self.probability,
            "kind": self.kind,
        }


def rank_sentences(
    judge: Judge, question: str, sentences: Sequence[str], *, lexical_weight: float = LEXICAL_WEIGHT
) -> list[RankedSentence]:
    """The sentences, those first that answer the question; of equals the first.

    Args:
        judge: Who decides.
        question: What is asked.
        sentences: Where the answer may be; none give an empty list.
        lexical_weight: Share that words have beside the judge, who has the rest. At 1 it is not asked.

    Raises:
        UsageError: A weight that is not from 0 to 1.
        InvalidText: The question or a sentence can't be judged.
    """
    check_share(lexical_weight, "lexical_weight")
    question = check_text(question, "question")
    checked = check_texts(sentences, "sentence")
    overlaps = _overlaps(question, checked)
    probabilities = _probabilities(judge, question, checked) if lexical_weight < 1 else [0.0] * len(checked)
    asked = understand(question)
    ranked = []
    for index, (text, overlap, probability) in enumerate(zip(checked, overlaps, probabilities, strict=True)):
        kind = bool(candidates(text, asked))
        blend = lexical_weight * overlap + (1 - lexical_weight) * probability
        score = (1 - KIND_WEIGHT) * blend + KIND_WEIGHT * kind
        ranked.append(RankedSentence(index, text, score, overlap, probability, kind))
    return sorted(ranked, key=lambda sentence: -sentence.score)


def _overlaps(question: str, sentences: Sequence[str]) -> list[float]:
    told = [set(words(sentence)) for sentence in sentences]
    index = Bm25(list(held) for held in told)
    weights = {word: index.idf(word) for word in dict.fromkeys(content_words(question))}
    total = sum(weights.values())
    return [sum(weights[word] for word in weights if word in held) / total if total else 0.0 for held in told]


def _probabilities(judge: Judge, question: str, sentences: Sequence[str]) -> list[float]:
    hypotheses = (question, understand(question).anything())
    verdicts = judged(judge, [(sentence, hypothesis) for sentence in sentences for hypothesis in hypotheses])
    chances = [entailment(verdict) for verdict in verdicts]
    return [sum(pair) / 2 for pair in zip(chances[::2], chances[1::2], strict=True)]
