"""Check a text against its sources: what is supported, what is contradicted, what isn't there.

Each sentence is cut into its claims, each claim is put to the window of the sources that shares most of its words and,
where other sentences have words of it that the window lacks, to the best of these together. The reading that decides is
the one that says most: the highest probability of entailment, or, where no reading reaches the threshold, of
contradiction (SummaC-ZS does so with sentences; Laban et al. 2022).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuili.applications.asking import check_count, check_share, contradiction, entailment, judged_if_readable
from tuili.applications.check_report import CheckedClaim, CheckReport, Quote, Source, Status
from tuili.applications.claims import split_claims
from tuili.applications.lexical import Bm25, best, content_words, words
from tuili.applications.windows import WIDE, SourceWindows
from tuili.data.text import check_text
from tuili.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tuili.applications.claims import Claim
    from tuili.applications.windows import Place, Reading
    from tuili.types import Judge, Verdict

THRESHOLD = 0.37
"""Fitted for version 3 of the embedded weights, on what they were not trained on of the tune halves of seven sets."""

LEAST_CONTRADICTION = 0.5
"""No claim is contradicted below this: of what reaches less, most is not in the sources at all."""

WINDOWS = 1


def check(
    judge: Judge,
    sources: str | Sequence[str] | Mapping[str, str],
    text: str,
    *,
    threshold: float = THRESHOLD,
    windows: int = WINDOWS,
) -> CheckReport:
    """Every claim of a text, judged against its sources.

    Args:
        judge: Who decides.
        sources: What the text should follow from: a text, several, or texts by name.
        text: What is checked.
        threshold: Probability from which on a claim is supported; or contradicted, if it is at least
            `LEAST_CONTRADICTION`.
        windows: How many windows of the sources each claim is put to, besides sentences that are gathered.

    Raises:
        UsageError: An option that can't be, or no source.
        InvalidText: The text or a source can't be judged; the message says which.
    """
    check_share(threshold, "threshold")
    check_count(windows, "windows")
    named = _named(sources)
    text = check_text(text, "text")
    cut = SourceWindows([source.text for source in named], WIDE)
    claims = split_claims(text)
    readings = [cut.readings(claim.statement, windows) for claim in claims]
    pairs = [(r.premise, c.statement) for c, several in zip(claims, readings, strict=True) for r in several]
    verdicts = iter(judged_if_readable(judge, pairs))
    checked = []
    for claim, several in zip(claims, readings, strict=True):
        answers = [(reading, next(verdicts)) for reading in several]
        checked.append(_decide(claim, answers, threshold, cut, named))
    return CheckReport(text=text, sources=named, claims=tuple(checked), threshold=threshold)


def _named(sources: object) -> tuple[Source, ...]:
    if isinstance(sources, str):
        sources = [sources]
    if hasattr(sources, "items"):
        pairs = [(str(name), text) for name, text in sources.items()]
    elif hasattr(sources, "__iter__") and not isinstance(sources, bytes):
        pairs = [(f"source {number}", text) for number, text in enumerate(sources, 1)]
    else:
        raise UsageError(f"sources are a text, a list of texts, or texts by name; got {type(sources).__name__}")
    if not pairs:
        raise UsageError("there is no source to check against; give at least one")
    return tuple(Source(name, check_text(text, name)) for name, text in pairs)


def _decide(
    claim: Claim,
    answers: Sequence[tuple[Reading, Verdict | None]],
    threshold: float,
    cut: SourceWindows,
    sources: Sequence[Source],
) -> CheckedClaim:
    """What the readings of one claim come to."""
    read = [(reading, verdict) for reading, verdict in answers if verdict is not None]
    support = max((entailment(verdict) for _, verdict in read), default=0.0)
    conflict = max((contradiction(verdict) for _, verdict in read), default=0.0)
    status = Status.NOT_FOUND
    if support >= threshold:
        status = Status.SUPPORTED
    elif conflict >= max(threshold, LEAST_CONTRADICTION):
        status = Status.CONTRADICTED
    weigh = contradiction if status is Status.CONTRADICTED else entailment
    reading, verdict = max(read, key=lambda answer: weigh(answer[1])) if read else answers[0]
    return CheckedClaim(
        statement=claim.statement,
        span=claim.span,
        sentence=claim.sentence,
        status=status,
        entailment=support,
        contradiction=conflict,
        verdict=verdict,
        premise=reading.premise,
        quotes=tuple(_quote(claim, place, cut, sources) for place in reading.places),
    )


def _quote(claim: Claim, place: Place, cut: SourceWindows, sources: Sequence[Source]) -> Quote:
    """The window, and the sentence of it that shares most with the claim."""
    sentences = cut.sentences(place) or [place]
    index = Bm25(words(cut.text(sentence)) for sentence in sentences)
    focus = sentences[best(index.scores(content_words(claim.statement)), 1)[0]]
    return Quote(place.source, sources[place.source].name, place.span, cut.text(place), focus.span)
