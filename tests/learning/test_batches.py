from __future__ import annotations

import dataclasses

import pytest

pytest.importorskip("torch")

import toy

from tuili.errors import UsageError


def test_an_epoch_follows_from_its_seed_and_number_alone():
    one, same, other = (toy.batches().epoch(number).groups for number in (0, 0, 1))
    assert one == same
    assert one != other


def test_each_item_comes_once_and_batches_stay_within_their_budget_padding_included():
    groups = toy.batches().epoch(0).groups
    assert sorted(p.x for group in groups for p in group) == sorted(p.x for p in toy.points())
    assert all(len(group) * max(p.length for p in group) <= 40 for group in groups)
    assert len(groups) < 20


def test_neighbours_have_like_lengths():
    def padding(run):
        groups = dataclasses.replace(toy.batches(), run=run).epoch(0).groups
        return sum(max(p.length for p in group) - p.length for group in groups for p in group)

    assert padding(60) < padding(16)
    assert padding(60) < 0.1 * sum(p.length for p in toy.points())


def test_an_item_longer_than_the_budget_makes_a_batch_of_its_own():
    groups = toy.batches(budget=1).epoch(0).groups
    assert all(len(group) == 1 for group in groups)
    with pytest.raises(UsageError, match="at least 1 token"):
        toy.batches(budget=0)


def test_batches_for_measuring_keep_the_order():
    groups = toy.batches().in_order().groups
    assert [p for group in groups for p in group] == toy.points()
