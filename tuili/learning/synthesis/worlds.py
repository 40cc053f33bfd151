"""Labels worked out instead of written down: a statement is the set of possible worlds in which it holds.

The worlds of a pattern are numbered; a set of them is an integer with a bit for each. A premise entails a hypothesis
if no world of the premise lies outside it, and contradicts it if none lies inside.
"""

from __future__ import annotations

from itertools import permutations, product
from typing import TYPE_CHECKING

from tuili.errors import UsageError
from tuili.types import Label

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Worlds = int


def label_of(premise: Worlds, hypothesis: Worlds) -> Label:
    """The label of a pair of statements over the same worlds.

    Raises:
        UsageError: The premise holds in no world.
    """
    if not premise:
        raise UsageError("a premise that holds in no world has no label")
    if not premise & ~hypothesis:
        return Label.ENTAILMENT
    return Label.NEUTRAL if premise & hypothesis else Label.CONTRADICTION


def where(worlds: Sequence[tuple[int, ...]], holds: Callable[[tuple[int, ...]], bool]) -> Worlds:
    """The set of the worlds in which something holds."""
    bits = "".join("1" if holds(world) else "0" for world in reversed(worlds))
    return int(bits, 2)


class Propositions:
    """Worlds in which each of `n` independent facts is the case or not."""

    def __init__(self, n: int) -> None:
        worlds = list(product((0, 1), repeat=n))
        self.every: Worlds = (1 << len(worlds)) - 1
        self.facts: tuple[Worlds, ...] = tuple(
            sum(1 << position for position, world in enumerate(worlds) if world[fact]) for fact in range(n)
        )

    def no(self, statement: Worlds) -> Worlds:
        """The worlds in which the statement does not hold."""
        return self.every & ~statement


class Orders:
    """Worlds in which `n` things stand in a strict order, each in another."""

    def __init__(self, n: int) -> None:
        self._worlds = list(permutations(range(n)))
        self.every: Worlds = (1 << len(self._worlds)) - 1

    def before(self, first: int, second: int) -> Worlds:
        """The first comes earlier in the order than the second."""
        return where(self._worlds, lambda world: world[first] < world[second])

    def first(self, thing: int) -> Worlds:
        """The thing comes before all others."""
        return where(self._worlds, lambda world: world[thing] == 0)

    def last(self, thing: int) -> Worlds:
        """The thing comes after all others."""
        return where(self._worlds, lambda world: world[thing] == len(world) - 1)


class Quantities:
    """Worlds in which a quantity is any whole number from 0 to `most`."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.every: Worlds = (1 << (most + 1)) - 1

    def at_least(self, n: int) -> Worlds:
        return self.every & ~((1 << n) - 1)

    def at_most(self, n: int) -> Worlds:
        return (1 << (n + 1)) - 1 & self.every

    def exactly(self, n: int) -> Worlds:
        return 1 << n

    def between(self, low: int, high: int) -> Worlds:
        return self.at_least(low) & self.at_most(high)


class Populations:
    """Worlds of a group, a part of it, a thing that its members may do, and a narrower way to do it.

    A world counts the members by whether they belong to the part, and whether they did the narrow thing, only the
    broad one, or neither. Not all counts are gone through, but enough for the numbers 2 and 3 and for shares of a half;
    the tests look for counter-examples among larger ones. The part is never empty.
    """

    NARROW = (0, 1, 2, 3, 4)
    BROAD_ONLY = (0, 1, 2, 3, 4)
    NEITHER = (0, 1, 4, 9)

    def __init__(self) -> None:
        cells = (self.NARROW, self.BROAD_ONLY, self.NEITHER)
        counts = product(*cells, *cells)
        self._worlds = [world for world in counts if sum(world[:3])]
        self.every: Worlds = (1 << len(self._worlds)) - 1

    def of(self, determiner: Callable[[int, int], bool], *, part: bool, narrow: bool) -> Worlds:
        """The determiner, as a condition on (how many did it, how many there are), of the part or the whole group."""

        def holds(world: tuple[int, ...]) -> bool:
            narrowly, broadly, neither = world[:3]
            if not part:
                narrowly, broadly, neither = narrowly + world[3], broadly + world[4], neither + world[5]
            return determiner(narrowly if narrow else narrowly + broadly, narrowly + broadly + neither)

        return where(self._worlds, holds)
