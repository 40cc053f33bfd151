"""Answer a question from passages: quotes that entail an answer, best first, or nothing.

The passages that share the question's words are searched for candidates; each candidate makes a statement of the
question; an answer is a candidate whose statement follows from its passage. Where none does, the list is empty: "not in
these passages" is an answer too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tuili.applications.answer_candidates import candidates
from tuili.applications.answer_hypotheses import Asks, understand
from tuili.applications.asking import check_count, check_share, contradiction, entailment, judged_if_readable
from tuili.applications.lexical import words
from tuili.applications.passages import Document, Passage, Searchable, searchable
from tuili.data.text import check_text
from tuili.perception.sentences import split_sentences
from tuili.types import Span, Verdict

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping

    from tuili.applications.answer_hypotheses import Question
    from tuili.types import Judge

THRESHOLD = 0.5
TOP_PASSAGES = 5
MOST_ANSWERS = 5

_REFERS_BACK = re.compile(r"(?:he|she|it|they|his|her|its|their|this|that|these|those|there)\b", re.IGNORECASE)
_MOST_BEFORE = 2


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer that a passage entails.

    Attributes:
        text: The answer; of a yes-or-no question "yes" or "no".
        probability: Calibrated probability that the passage says so.
        hypothesis: The statement that was put to the judge.
        source: The name of the document.
        span: Where the answer stands in the document; of "yes" and "no", where the quote does.
        quote: The sentence around it.
        quote_span: Where the quote stands in the document.
        passage: What the judge read.
        verdict: What it said.
    """

    text: str
    probability: float
    hypothesis: str
    source: str
    span: Span
    quote: str
    quote_span: Span
    passage: str
    verdict: Verdict

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready. Offsets count Python's code points of the document."""
        return {
            "text": self.text,
            "probability": self.probability,
            "hypothesis": self.hypothesis,
            "source": self.source,
            "start": self.span.start,
            "end": self.span.end,
            "quote": self.quote,
            "quote_start": self.quote_span.start,
            "quote_end": self.quote_span.end,
            "verdict": self.verdict.to_dict(),
        }


def answer(
    judge: Judge,
    passages: str | os.PathLike[str] | Searchable | Mapping[str, str] | Iterable[str | os.PathLike[str] | Document],
    question: str,
    *,
    threshold: float = THRESHOLD,
    passages_read: int = TOP_PASSAGES,
    most: int = MOST_ANSWERS,
) -> list[Answer]:
    """The answers that the passages entail, best first; empty where they entail none.

    Args:
        judge: Who decides.
        passages: A text or several; paths of files and directories; texts by name; or a `PassageIndex`.
        question: In English, of the usual forms; others are understood less well.
        threshold: Probability from which on something is an answer.
        passages_read: How many passages, of up to five sentences, are read.
        most: How many answers are given at most.

    Raises:
        UsageError: An option that can't be.
        InvalidText: The question or a text can't be judged.
        DataError: A file can't be read.
    """
    check_share(threshold, "threshold")
    asked = understand(check_text(question, "question"))
    found = searchable(passages).search(question, check_count(passages_read, "passages_read"))
    check_count(most, "most")
    answers = _yes_or_no(judge, asked, found) if asked.asks is Asks.YES_OR_NO else _candidates(judge, asked, found)
    entailed = [item for item in answers if item.probability >= threshold]
    return _distinct(sorted(entailed, key=lambda item: -item.probability))[:most]


def _candidates(judge: Judge, question: Question, passages: list[Passage]) -> list[Answer]:
    asked = [(passage, candidate) for passage in passages for candidate in candidates(passage.text, question)]
    hypotheses = [question.statement(candidate.text, candidate.preposition) for _, candidate in asked]
    premises = [_around(passage, candidate.span) for passage, candidate in asked]
    verdicts = judged_if_readable(judge, list(zip(premises, hypotheses, strict=True)))
    return [
        _answer(passage, candidate.text, candidate.span, hypothesis, verdict, entailment(verdict), premise)
        for (passage, candidate), hypothesis, verdict, premise in zip(
            asked, hypotheses, verdicts, premises, strict=True
        )
        if verdict is not None
    ]


def _around(passage: Passage, span: Span) -> str:
    """The sentence of a candidate; with the one before it, where it begins with a word that refers back."""
    sentences = split_sentences(passage.text)
    last = next((n for n, s in enumerate(sentences) if s.start <= span.start < s.end), 0)
    first = last
    while first > 0 and last - first < _MOST_BEFORE and _REFERS_BACK.match(passage.text, sentences[first].start):
        first -= 1
    return passage.text[sentences[first].start : sentences[last].end]


def _yes_or_no(judge: Judge, question: Question, passages: list[Passage]) -> list[Answer]:
    statement = question.statement("")
    answers = []
    verdicts = judged_if_readable(judge, [(passage.text, statement) for passage in passages])
    for passage, verdict in zip(passages, verdicts, strict=True):
        if verdict is None:
            continue
        yes, no = entailment(verdict), contradiction(verdict)
        text, probability = ("yes", yes) if yes >= no else ("no", no)
        answers.append(
            _answer(passage, text, _nearest(passage.text, question), statement, verdict, probability, passage.text)
        )
    return answers


def _nearest(passage: str, question: Question) -> Span:
    """The sentence that shares most words with the question."""
    asked = set(words(question.text))
    shared = {span: len(asked & set(words(passage[span.start : span.end]))) for span in split_sentences(passage)}
    return max(shared, key=lambda span: shared[span])


def _answer(
    passage: Passage, text: str, span: Span, hypothesis: str, verdict: Verdict, probability: float, premise: str
) -> Answer:
    around = next((s for s in split_sentences(passage.text) if s.start <= span.start < s.end), span)
    quote = Span(around.start, max(around.end, span.end))
    return Answer(
        text=text,
        probability=probability,
        hypothesis=hypothesis,
        source=passage.name,
        span=Span(passage.start + span.start, passage.start + span.end),
        quote=passage.text[quote.start : quote.end],
        quote_span=Span(passage.start + quote.start, passage.start + quote.end),
        passage=premise,
        verdict=verdict,
    )


def _distinct(answers: list[Answer]) -> list[Answer]:
    """Of answers that say the same, the best; of those that hold another in the same quote, the better."""
    kept: list[Answer] = []
    for item in answers:
        said = words(item.text)
        if not any(_same(said, words(other.text), together=other.quote == item.quote) for other in kept):
            kept.append(item)
    return kept


def _same(a: list[str], b: list[str], *, together: bool) -> bool:
    return a == b or (together and (set(a) <= set(b) or set(b) <= set(a)))
