"""A text cut where its evidence begins and ends: what every rendering starts from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tuili.types import Evidence, Side


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters of a text; `evidence` where they are evidence."""

    text: str
    evidence: Evidence | None


def pieces(text: str, evidence: Iterable[Evidence], side: Side) -> list[Piece]:
    """The whole text, in order. Evidence of the other side is left aside; of overlapping spans the first counts."""
    cut: list[Piece] = []
    place = 0
    for found in sorted((found for found in evidence if found.side == side), key=lambda found: found.span):
        if found.span.start < place:
            continue
        if found.span.start > place:
            cut.append(Piece(text[place : found.span.start], None))
        cut.append(Piece(text[found.span.start : found.span.end], found))
        place = found.span.end
    if place < len(text):
        cut.append(Piece(text[place:], None))
    return cut


def visible(text: str) -> str:
    """The text with U+FFFD for whatever would steer a terminal or turn the direction of writing."""
    return "".join(
        character if character.isprintable() or character == "\n" else " " if character == "\t" else "\ufffd"
        for character in text
    )
