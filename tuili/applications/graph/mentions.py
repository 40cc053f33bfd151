"""What a finder of entities gives: spans of a text, each with a type."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from tuili.types import Mention as Mention  # noqa: TC001  where a finder looks for it

ANY = "entity"
"""The type of a name whose kind could not be told. It fits every domain and range but values'."""

OTHER = "other"
"""The type of a name that is no person, organization or place. It fits every domain and range but those and values'."""

_TOLD = frozenset({"person", "organization", "place"})

VALUES = frozenset({"date", "number"})
"""Types of mentions that are values of attributes, not things: they are never the head of an edge."""

TYPES = ("person", "organization", "place", "work", "event", ANY, OTHER, *sorted(VALUES))
"""The types that the general schema uses. A schema and a finder may agree on others."""


@runtime_checkable
class EntityFinder(Protocol):
    """Anything that finds mentions: in order, disjoint, none of them blank."""

    def find(self, text: str, /) -> list[Mention]: ...


def fits(found: str, wanted: tuple[str, ...]) -> bool:
    """Whether a mention of type `found` may stand where one of the types `wanted` must."""
    if found in VALUES:
        return found in wanted
    if found == OTHER:
        return not (_TOLD | VALUES).issuperset(wanted)
    return found in wanted or found == ANY or ANY in wanted
