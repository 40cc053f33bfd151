"""An explanation for the terminal, and as Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, get_args

from tuili.explanation.marked import pieces, visible
from tuili.explanation.sentence import edit_in_words
from tuili.types import Side

if TYPE_CHECKING:
    from tuili.explanation.explanation import Explanation
    from tuili.explanation.faithfulness import Faithfulness

_BOLD, _PLAIN = "\x1b[1;4m", "\x1b[0m"
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~&$^])")


def render_terminal(explanation: Explanation, *, colour: bool = False) -> str:
    """Lines for a terminal: evidence in brackets, and underlined where `colour` is on.

    Nothing in a text can steer the terminal: control characters are replaced.
    """
    verdict = explanation.verdict
    lines = [f"{verdict.label}  {verdict.confidence:.3f}   {visible(explanation.sentence)}"]
    for side in get_args(Side):
        marked = ""
        for piece in pieces(getattr(explanation.pair, side), verdict.evidence, side):
            shown = visible(piece.text)
            if piece.evidence is not None:
                shown = f"[{_BOLD}{shown}{_PLAIN}]" if colour else f"[{shown}]"
            marked += shown
        lines.append(f"  {side:<10}  {marked}")
    if explanation.edit is not None:
        lines.append(f"  {visible(edit_in_words(explanation.edit))}")
    lines += [f"  {line}" for line in tested(explanation.faithfulness)]
    return "\n".join(lines)


def render_markdown(explanation: Explanation) -> str:
    """A section of Markdown: evidence in bold, everything else as it stands, escaped."""
    verdict = explanation.verdict
    lines = [f"**{verdict.label}** ({verdict.confidence:.3f}). {_prose(explanation.sentence)}", ""]
    for side in get_args(Side):
        marked = "".join(
            _escaped(piece.text) if piece.evidence is None else f"**{_escaped(piece.text)}**"
            for piece in pieces(getattr(explanation.pair, side), verdict.evidence, side)
        )
        lines.append(f"- {side}: {marked}")
    if explanation.edit is not None:
        lines.append(f"- {_prose(edit_in_words(explanation.edit))}")
    lines += [f"- {_escaped(line)}" for line in tested(explanation.faithfulness)]
    lines += ["", f"*Model {_escaped(verdict.model)}, method {_escaped(explanation.method)}.*", ""]
    return "\n".join(lines)


def tested(faithfulness: Faithfulness | None) -> list[str]:
    """What the deletion tests found, in words."""
    if faithfulness is None:
        return []
    f = faithfulness
    without, without_random = -f.comprehensiveness, -f.comprehensiveness_random
    only, only_random = -f.sufficiency, -f.sufficiency_random
    return [
        f"without the evidence, probability changes by {without:+.2f}, without random words by {without_random:+.2f}",
        f"with nothing but the evidence by {only:+.2f}, with nothing but random words by {only_random:+.2f}",
    ]


def _escaped(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", " ".join(visible(text).splitlines()))


def _prose(sentence: str) -> str:
    """A sentence whose `*…*` are meant as emphasis; all else is escaped."""
    return "".join(
        f"*{_escaped(part)}*" if index % 2 else _escaped(part) for index, part in enumerate(_emphasised(sentence))
    )


def _emphasised(sentence: str) -> list[str]:
    return sentence.split("*")
