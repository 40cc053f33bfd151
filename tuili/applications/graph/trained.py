"""A finder that learned: names from the entity tagger, dates and numbers from the rules."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from tuili.applications.graph.finder import RuleFinder
from tuili.applications.graph.mentions import ANY, OTHER, VALUES, EntityFinder
from tuili.errors import ModelError
from tuili.reasoning import entities

if TYPE_CHECKING:
    import os

    from tuili.types import Mention

_FINER = frozenset({"work", "event"})


class TrainedFinder:
    """Names as `tuili.reasoning.entities` finds them, and the dates and numbers of `RuleFinder` between them.

    What the tagger calls `entity` is a name that is no person, organization or place: here `other`, or `work` or
    `event` where the rules say so.

    Relations: finds more than `RuleFinder`, types better, and its scores are probabilities; reads some 20,000
    characters a second on one thread where the rules read a million.

    Attributes:
        name: Of its weights and rules; part of what a source was read with.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None, *, threads: int = 1) -> None:
        """Load the tagger.

        Args:
            path: The directory of an entity bundle; None for the one that comes with the package.
            threads: Processor threads that it may use.

        Raises:
            BundleError: The directory is missing or damaged, or holds a model of another kind.
            ModelError: No path, and this installation came without an entity bundle.
            UsageError: `threads` is less than 1.
        """
        self._tagger = entities.load(path, threads=threads)
        self._rules = RuleFinder()
        self.name = f"{self._tagger.name}+rules"

    def find(self, text: str, /) -> list[Mention]:
        """The mentions of a text, in order, disjoint.

        Raises:
            InvalidText: The text can't be read.
        """
        by_rules = self._rules.find(text)
        names = [_typed(mention, by_rules) for mention in self._tagger.find(text)]
        values = [mention for mention in by_rules if mention.type in VALUES]
        return _merged(names, values)


def _typed(mention: Mention, by_rules: list[Mention]) -> Mention:
    if mention.type != ANY:
        return mention
    finer = next((rule.type for rule in by_rules if rule.span == mention.span and rule.type in _FINER), OTHER)
    return replace(mention, type=finer)


def _merged(names: list[Mention], values: list[Mention]) -> list[Mention]:
    """Both in order; of a value that a name overlaps, the name: 1984 may be a book."""
    kept: list[Mention] = []
    for mention in sorted([*names, *values], key=lambda one: (one.span.start, one.type in VALUES)):
        if kept and mention.span.start < kept[-1].span.end:
            if mention.type not in VALUES and kept[-1].type in VALUES:
                kept[-1] = mention
            continue
        kept.append(mention)
    return kept


@cache
def default_finder(threads: int = 1) -> EntityFinder:
    """`TrainedFinder` where its weights came with the package, else `RuleFinder`. Loaded once."""
    try:
        return TrainedFinder(threads=threads)
    except ModelError:
        return RuleFinder()
