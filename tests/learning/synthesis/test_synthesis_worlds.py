"""Labels that are worked out, against counter-examples that are looked for."""

from __future__ import annotations

import random

import pytest

from tuili.errors import UsageError
from tuili.learning.synthesis.families.quantifiers import DETERMINERS, HIGH, LOW
from tuili.learning.synthesis.worlds import Orders, Populations, Propositions, Quantities, label_of
from tuili.types import Label


def test_labels_of_propositions_are_those_of_truth_tables():
    worlds = Propositions(2)
    p, q = worlds.facts
    assert label_of(p & q, p) is Label.ENTAILMENT
    assert label_of(p | q, p) is Label.NEUTRAL
    assert label_of((p | q) & worlds.no(q), p) is Label.ENTAILMENT
    assert label_of(worlds.no(p | q), q) is Label.CONTRADICTION
    with pytest.raises(UsageError):
        label_of(p & worlds.no(p), q)


def test_orders_chain_and_leave_open():
    worlds = Orders(3)
    chain = worlds.before(0, 1) & worlds.before(1, 2)
    assert label_of(chain, worlds.before(0, 2)) is Label.ENTAILMENT
    assert label_of(chain, worlds.before(2, 0)) is Label.CONTRADICTION
    assert label_of(worlds.before(0, 1) & worlds.before(0, 2), worlds.before(1, 2)) is Label.NEUTRAL
    assert label_of(chain, worlds.first(0) & worlds.last(2)) is Label.ENTAILMENT


def test_quantities_are_ranges():
    worlds = Quantities(20)
    assert label_of(worlds.exactly(5), worlds.at_least(4)) is Label.ENTAILMENT
    assert label_of(worlds.between(3, 6), worlds.at_most(4)) is Label.NEUTRAL
    assert label_of(worlds.at_least(7), worlds.at_most(6)) is Label.CONTRADICTION


def test_no_larger_population_speaks_against_the_label_of_a_quantified_pair():
    """E and C are claims about all populations; the generator looks at a few thousand, this at random larger ones."""
    rng = random.Random(5)
    worlds = Populations()
    statements = [
        (determiner, part, narrow) for determiner in DETERMINERS for part in (True, False) for narrow in (True, False)
    ]
    masks = {
        (determiner.name, part, narrow): worlds.of(determiner.holds, part=part, narrow=narrow)
        for determiner, part, narrow in statements
    }
    seen = []
    for _ in range(1500):
        cells = [rng.choice((0, 0, 1, 2, 3, 4, 5, 7, 12, 30)) for _ in range(6)]
        if sum(cells[:3]):
            seen.append(cells)

    def holds(statement, cells):
        determiner, part, narrow = statement
        part_of = cells[:3] if part else [a + b for a, b in zip(cells[:3], cells[3:], strict=True)]
        return determiner.holds(part_of[0] if narrow else part_of[0] + part_of[1], sum(part_of))

    truth = {
        (s[0].name, s[1], s[2]): sum(1 << i for i, cells in enumerate(seen) if holds(s, cells)) for s in statements
    }
    checked = 0
    for premise, told in masks.items():
        for hypothesis, asked in masks.items():
            label = label_of(told, asked)
            if label is Label.ENTAILMENT:
                assert not truth[premise] & ~truth[hypothesis], (premise, hypothesis)
            elif label is Label.CONTRADICTION:
                assert not truth[premise] & truth[hypothesis], (premise, hypothesis)
            checked += label is not Label.NEUTRAL
    assert checked > 300


def test_the_shown_numbers_keep_the_order_of_the_worlds():
    assert LOW < HIGH
