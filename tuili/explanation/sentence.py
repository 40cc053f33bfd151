"""An explanation in one or two sentences, made from its evidence and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuili.types import Label

if TYPE_CHECKING:
    from tuili.explanation.contrast import Edit
    from tuili.types import Evidence, Side, Verdict

MOST_SHOWN = 3
_VERBS = {
    Label.ENTAILMENT: "supports",
    Label.CONTRADICTION: "excludes",
    Label.NOT_ENTAILMENT: "does not support",
}


def in_words(verdict: Verdict) -> str:
    """What the verdict rests on, such as: The premise says *sleeping*, which excludes *running*."""
    premise, hypothesis = (_quoted(verdict.evidence, side) for side in ("premise", "hypothesis"))
    verb = _VERBS.get(verdict.label)
    if verb is None:
        return f"Nothing in the premise supports or excludes {hypothesis or 'the hypothesis'}."
    if not premise and not hypothesis:
        return f"No single word decides that the label is {verdict.label}."
    if not premise:
        return f"The premise {verb} {hypothesis}."
    return f"The premise says {premise}, which {verb} {hypothesis or 'the hypothesis'}."


def edit_in_words(edit: Edit) -> str:
    """What would turn the verdict, such as: With *asleep* instead of *running* in the hypothesis: entailment."""
    if edit.kind == "deletion":
        change = f"Without *{edit.before}* in the {edit.side}"
    else:
        change = f"With *{edit.after}* instead of *{edit.before}* in the {edit.side}"
    return f"{change} the verdict would be {edit.label} ({edit.confidence:.2f})."


def _quoted(evidence: tuple[Evidence, ...], side: Side | str) -> str:
    """The strongest phrases of a side, in the order of the text."""
    strongest = sorted((found for found in evidence if found.side == side), key=lambda found: -found.weight)
    shown = [f"*{found.text}*" for found in sorted(strongest[:MOST_SHOWN], key=lambda found: found.span)]
    return shown[0] if len(shown) == 1 else ", ".join(shown[:-1]) + f" and {shown[-1]}" if shown else ""
