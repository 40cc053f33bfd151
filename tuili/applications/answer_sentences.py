"""Answer-sentence selection: which of some sentences answers a question.

Two looks are blended. Words: the share of the question's words, weighed by how rare they are among the sentences, that
a sentence has. Sense: the probability, by the judge, that the sentence settles the question, put to it in two ways: the
question itself as hypothesis, as in QNLI (Wang et al. 2018), and the statement that there is an answer ("Someone wrote
the book."). Neither is enough: words don't tell an answer from a mention, and a small judge takes a mention for one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tuili.applications.answer_hypotheses import understand
from tuili.applications.asking import check_share, check_texts, entailment, judged
from tuili.applications.lexical import Bm25, content_words, words
from tuili.data.text import check_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuili.types import Judge

LEXICAL_WEIGHT = 0.7


@dataclass(frozen=True, slots=True)
class RankedSentence:
    """A sentence and how well it answers.

    Attributes:
        index: Which of the sentences, counted from 0.
        text: The sentence.
        score: What it is ranked by, 0 to 1: the blend of the next two. A rank, not a probability.
        overlap: Weighted share of the question's words that it has, 0 to 1.
        probability: Mean probability that it settles the question.
    """

    index: int
    text: str
    score: float
    overlap: float
    probability: float

    def to_dict(self) -> dict[str, Any]:
        return {
            "index": self.index,
            "text": self.text,
            "score": self.score,
            "overlap": self.overlap,
            "probability": self.probability,
        }


def rank_sentences(
    judge: Judge, question: str, sentences: Sequence[str], *, lexical_weight: float = LEXICAL_WEIGHT
) -> list[RankedSentence]:
    """The sentences, those first that answer the question; of equals the first.

    Args:
        judge: Who decides.
        question: What is asked.
        sentences: Where the answer may be; none give an empty list.
        lexical_weight: Share of the score that words have; the judge has the rest. At 1 it is not asked.

    Raises:
        UsageError: A weight that is not from 0 to 1.
        InvalidText: The question or a sentence can't be judged.
    """
    check_share(lexical_weight, "lexical_weight")
    question = check_text(question, "question")
    checked = check_texts(sentences, "sentence")
    overlaps = _overlaps(question, checked)
    probabilities = _probabilities(judge, question, checked) if lexical_weight < 1 else [0.0] * len(checked)
    ranked = [
        RankedSentence(index, text, lexical_weight * overlap + (1 - lexical_weight) * probability, overlap, probability)
        for index, (text, overlap, probability) in enumerate(zip(checked, overlaps, probabilities, strict=True))
    ]
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
