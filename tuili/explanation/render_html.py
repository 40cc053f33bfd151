"""An explanation as one HTML page: no script, nothing fetched, readable without colour and by a screen reader."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, get_args

from tuili.explanation.marked import pieces, visible
from tuili.explanation.render_text import tested
from tuili.explanation.sentence import edit_in_words
from tuili.types import Side

if TYPE_CHECKING:
    from tuili.explanation.explanation import Explanation
    from tuili.types import Evidence

# Evidence is told by underline and weight of type as well as by colour; contrast is at least 7 to 1.
_STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.6 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #111;
  background: #fff; }
mark { color: #111; background: #ffe9a8; font-weight: 600; text-decoration: underline; text-decoration-thickness: 2px;
  padding: 0 .1em; }
mark.strong { background: #ffcf5c; text-decoration-style: double; }
blockquote { margin: .3rem 0 1rem; padding: .5rem 1rem; border-left: 4px solid #666; white-space: pre-wrap;
  overflow-wrap: anywhere; }
table { border-collapse: collapse; } th, td { text-align: left; padding: .15rem .8rem .15rem 0; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
footer { color: #444; font-size: .9rem; }
@media (prefers-color-scheme: dark) {
  body { color: #eee; background: #111; } footer { color: #bbb; } blockquote { border-color: #999; }
}
"""


def render_html(explanation: Explanation, *, language: str = "en") -> str:
    """The page, whole; every character of the texts is escaped.

    Args:
        language: Of the texts, for screen readers.
    """
    verdict = explanation.verdict
    title = f"{verdict.label} {verdict.confidence:.3f}"
    sides = "".join(
        f'<h2>{side.capitalize()}</h2>\n<blockquote dir="auto" lang="{escape(language)}">'
        f"{_marked(explanation, side)}</blockquote>\n"
        for side in get_args(Side)
    )
    rows = "".join(
        f'<tr><th scope="row">{label.value}</th><td>{probability:.3f}</td></tr>\n'
        for label, probability in verdict.probabilities.items()
    )
    facts = [edit_in_words(explanation.edit)] if explanation.edit is not None else []
    facts += [line[0].upper() + line[1:] + "." for line in tested(explanation.faithfulness)]
    listed = "".join(f"<li>{_shown(fact)}</li>\n" for fact in facts)
    facts_list = f"<h2>Tested on this verdict</h2>\n<ul>\n{listed}</ul>\n" if listed else ""
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{escape(title)}</h1>\n<p>{_shown(explanation.sentence)}</p>\n{sides}"
        f"<h2>Probabilities</h2>\n<table>\n<tbody>\n{rows}</tbody>\n</table>\n{facts_list}</main>\n"
        f"<footer>Marked and underlined: evidence; doubly underlined: the strongest. "
        f"Model {_shown(verdict.model)}, method {_shown(explanation.method)}.</footer>\n</body>\n</html>\n"
    )


def _marked(explanation: Explanation, side: Side) -> str:
    return "".join(
        _shown(piece.text) if piece.evidence is None else _mark(piece.text, piece.evidence)
        for piece in pieces(getattr(explanation.pair, side), explanation.verdict.evidence, side)
    )


def _mark(text: str, evidence: Evidence) -> str:
    strong = ' class="strong"' if evidence.weight >= 1 else ""
    said = f"evidence for {evidence.label}, weight {evidence.weight:.2f}"
    return (
        f'<mark{strong} title="{escape(said)}"><span class="hidden">[{escape(said)}: </span>'
        f'{_shown(text)}<span class="hidden">]</span></mark>'
    )


def _shown(text: str) -> str:
    return escape(visible(text))
