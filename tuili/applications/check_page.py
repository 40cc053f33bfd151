"""A check as one HTML page: text and sources side by side. No script, nothing loaded, every character escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from tuili.applications.check_report import Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tuili.applications.check_report import CheckedClaim, CheckReport
    from tuili.types import Span

# Told by sign and word too, not by colour alone.
_SIGNS = {Status.SUPPORTED: "✓", Status.CONTRADICTED: "✗", Status.NOT_FOUND: "?"}
_CLASSES = {Status.SUPPORTED: "yes", Status.CONTRADICTED: "no", Status.NOT_FOUND: "open"}

_STYLE = """
:root { color-scheme: light dark; --yes: #d3f0d8; --no: #f9d5d2; --open: #ece8d6; --edge: #777; }
@media (prefers-color-scheme: dark) { :root { --yes: #1d4426; --no: #5b2220; --open: #443f28; --edge: #999; } }
body { font: 1rem/1.6 system-ui, sans-serif; margin: 1.5rem; max-width: 90rem; }
.sides { display: grid; grid-template-columns: 1fr 1fr; gap: 2rem; }
@media (max-width: 50rem) { .sides { grid-template-columns: 1fr; } }
.text { white-space: pre-wrap; overflow-wrap: anywhere; }
mark { color: inherit; padding: .1em .15em; border-bottom: 2px solid var(--edge); }
mark.yes { background: var(--yes); border-bottom-style: solid; }
mark.no { background: var(--no); border-bottom-style: double; }
mark.open { background: var(--open); border-bottom-style: dotted; }
mark a { color: inherit; }
sup { line-height: 0; }
:target { outline: 3px solid; }
table { border-collapse: collapse; width: 100%; margin-top: 2rem; }
caption { text-align: left; font-weight: bold; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid var(--edge); }
"""


def page(report: CheckReport) -> str:
    """The page, as UTF-8 text. Claims are numbered; each links to its quote and back."""
    counts = ", ".join(f"{len(report.of(status))} {status}" for status in Status)
    sources = "".join(
        f"<h3>{_text(source.name)}</h3><p class='text' dir='auto'>{_source(report, number)}</p>"
        for number, source in enumerate(report.sources)
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Text checked against its sources</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>Text checked against its sources</h1>
<p>{report.supported_rate:.0%} of {len(report.claims)} claims supported: {counts}.</p>
<div class="sides">
<section aria-labelledby="checked"><h2 id="checked">Text</h2>
<p class="text" dir="auto">{_checked(report)}</p></section>
<section aria-labelledby="sources"><h2 id="sources">Sources</h2>
{sources}</section>
</div>
{_table(report)}
</main>
</body>
</html>
"""


def _checked(report: CheckReport) -> str:
    """The text with each claim marked."""
    parts, at = [], 0
    for number, claim in enumerate(report.claims, 1):
        parts.append(_text(report.text[at : claim.span.start]))
        words = _text(report.text[claim.span.start : claim.span.end])
        parts.append(
            f"<mark id='c{number}' class='{_CLASSES[claim.status]}' title='{_told(claim)}'>{words}"
            f"<sup><a href='#q{number}'>{_SIGNS[claim.status]} {number}</a></sup></mark>"
        )
        at = claim.span.end
    return "".join([*parts, _text(report.text[at:])])


def _source(report: CheckReport, number: int) -> str:
    """A source with the sentences marked that claims were decided by; where two share one, its first claim's status."""
    marked: dict[Span, list[tuple[int, CheckedClaim]]] = {}
    for place, claim in enumerate(report.claims, 1):
        if claim.status is not Status.NOT_FOUND:
            for quote in claim.quotes:
                if quote.source == number:
                    marked.setdefault(quote.focus, []).append((place, claim))
    text = report.sources[number].text
    parts, at = [], 0
    for span in sorted(marked):
        if span.start < at:
            continue  # a piece of a sentence that is marked already
        parts.append(_text(text[at : span.start]))
        statuses = {_CLASSES[claim.status] for _, claim in marked[span]}
        links = _links(marked[span])
        kind = statuses.pop() if len(statuses) == 1 else "open"
        parts.append(f"<mark class='{kind}'>{_text(text[span.start : span.end])}<sup>{links}</sup></mark>")
        at = span.end
    return "".join([*parts, _text(text[at:])])


def _links(claims: Iterable[tuple[int, CheckedClaim]]) -> str:
    return " ".join(f"<a href='#c{number}'>{_SIGNS[claim.status]} {number}</a>" for number, claim in claims)


def _table(report: CheckReport) -> str:
    rows = "".join(
        f"<tr id='q{number}'><td><a href='#c{number}'>{number}</a></td><td dir='auto'>{_text(claim.statement)}</td>"
        f"<td>{_told(claim)}</td><td dir='auto'>{_quoted(report, claim)}</td></tr>\n"
        for number, claim in enumerate(report.claims, 1)
    )
    return (
        "<table><caption>Claims</caption><thead><tr><th scope='col'>No.</th><th scope='col'>Claim</th>"
        f"<th scope='col'>Verdict</th><th scope='col'>Nearest in the sources</th></tr></thead>\n"
        f"<tbody>{rows}</tbody></table>"
    )


def _quoted(report: CheckReport, claim: CheckedClaim) -> str:
    return "<br>".join(
        f"{_text(quote.name)}: “{_text(report.sources[quote.source].text[quote.focus.start : quote.focus.end])}”"
        for quote in claim.quotes
    )


def _told(claim: CheckedClaim) -> str:
    return f"{_SIGNS[claim.status]} {claim.status} ({claim.probability:.2f})"


def _text(text: str) -> str:
    """Escaped, for content and quoted attributes alike."""
    return escape(text, quote=True)
