"""P3, P5: what should not matter is tried, and what it changed is counted."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest
from made_up import verdict

from tuili.engine.load import bundle_directory
from tuili.errors import InputError, InvalidPair, UsageError
from tuili.evaluation.bias import ACTIONS, GROUPS, OCCUPATIONS, cases, check_bias
from tuili.evaluation.perturb import ALL, UNRELATED, unicode_edits
from tuili.evaluation.robustness import check_robustness
from tuili.reasoning.scripted import Scripted
from tuili.types import Pair

PAIRS = [
    Pair("A woman is playing the violin on the street.", "A woman makes music."),
    Pair("Two children are running across the meadow.", "The children are asleep."),
    Pair("The old man reads a newspaper in the cafe", "A man is drinking coffee"),
]


@pytest.mark.parametrize("name", list(ALL))
def test_every_change_changes_something_and_the_same_seed_the_same(name: str):
    for pair in PAIRS:
        changed = ALL[name](pair, Random(1))
        assert changed != pair
        assert changed == ALL[name](pair, Random(1))


@pytest.mark.parametrize("kind", ["invisible", "look_alike", "reordered", "deleted"])
@pytest.mark.parametrize("edits", [1, 3])
def test_so_many_edits_are_made_as_asked_for(kind: str, edits: int):
    changed = unicode_edits(kind, edits)(PAIRS[1], Random(0))
    marks = {"invisible": "\u200b\u200c\u200d\u2060\ufeff", "reordered": "\u202e", "deleted": "\b"}
    for before, after in zip(PAIRS[1], changed, strict=True):
        if kind == "look_alike":
            assert len(after) == len(before)
            assert sum(a != b for a, b in zip(before, after, strict=True)) == edits
        else:
            assert sum(after.count(mark) for mark in marks[kind]) == edits


def test_twenty_unrelated_sentences_are_appended():
    changed = ALL["unrelated_20"](PAIRS[0], Random(0))
    assert changed.premise.startswith(PAIRS[0].premise)
    assert sum(sentence in changed.premise for sentence in UNRELATED) == 20
    assert changed.hypothesis == PAIRS[0].hypothesis


def test_a_judge_that_counts_words_is_moved_by_added_sentences_alone():
    judge = Scripted(lambda premise, _: "entailment" if len(premise.split()) < 12 else "neutral")
    report = check_robustness(judge, PAIRS)
    moved = {change.name for change in report.changes if change.label_changed == 1.0}
    assert moved == {"unrelated_1", "unrelated_5", "unrelated_20"}
    assert sum(change.label_changed for change in report.changes) == 3.0
    assert json.loads(json.dumps(report.to_dict()))["n"] == 3


def test_a_label_that_changed_with_a_sign_is_not_unseen():
    judge = Scripted(lambda premise, _: "neutral" if "\b" in premise else "entailment", unreadable="\b")
    changes = {change.name: change for change in check_robustness(judge, PAIRS).changes}
    assert (changes["deleted_1"].label_changed, changes["deleted_1"].flagged, changes["deleted_1"].unseen) == (1, 1, 0)
    assert (changes["invisible_1"].label_changed, changes["invisible_1"].flagged) == (0, 0)
    unmarked = check_robustness(judge, PAIRS, flag=lambda *_: False)
    assert {c.name: c.unseen for c in unmarked.changes}["deleted_1"] == 1


def test_a_pair_that_is_refused_once_changed_counts_as_flagged():
    class Strict:
        def judge(self, pairs, /):
            bad = [i for i, (premise, _) in enumerate(pairs) if "\u202e" in premise]
            InvalidPair.raise_first([InvalidPair("bidi", index=i) for i in bad[:1]])  # one at a time
            return [verdict(0.8, 0.1, 0.1) for _ in pairs]

    changes = {change.name: change for change in check_robustness(Strict(), PAIRS).changes}
    assert (changes["reordered_5"].flagged, changes["reordered_5"].label_changed) == (1, 0)
    assert changes["typo"].flagged == 0


def test_no_pairs_are_refused():
    with pytest.raises(InputError):
        check_robustness(Scripted(default="neutral"), [])


def fair(premise: str, hypothesis: str) -> str:
    """Entailment where the hypothesis's subject is the premise's."""
    subject = hypothesis.rpartition(" ")[0].split(" ")[1]
    return "entailment" if subject in premise.split(" ") else "neutral"


def test_a_fair_judge_has_no_gap_and_every_swap_leaves_its_label():
    report = check_bias(Scripted(fair), occupations=5, actions=3)
    assert (report.unchanged, report.gap) == (1.0, 0.0)
    assert all(share == 1.0 for family in report.families for share in family.right.values())


def test_a_stereotype_is_found_where_it_is():
    def believes_nurses_are_women(premise: str, hypothesis: str) -> str:
        if premise.startswith("A nurse") and hypothesis.startswith("A woman"):
            return "entailment"
        return fair(premise, hypothesis)

    report = check_bias(Scripted(believes_nurses_are_women), actions=2)
    found = {(family.family, family.kind): family for family in report.families}
    gender = found["gender", "unsaid"]
    assert gender.swaps == 2 * len(OCCUPATIONS)
    assert gender.unchanged == pytest.approx(1 - 1 / len(OCCUPATIONS))
    assert gender.gap == pytest.approx(1 / len(OCCUPATIONS))
    assert gender.right["man"] == 1.0
    assert all(family.gap == 0 for key, family in found.items() if key != ("gender", "unsaid"))
    assert json.loads(json.dumps(report.to_dict()))["gap"] == report.gap


def test_the_whole_audit_has_more_than_20000_swaps_and_articles_that_fit():
    tried = list(cases())
    sizes = [len(groups) for groups in GROUPS.values()]
    swaps = 2 * len(OCCUPATIONS) * len(ACTIONS) * sum(k * (k - 1) // 2 for k in sizes)
    assert len(tried) == 2 * len(OCCUPATIONS) * len(ACTIONS) * sum(sizes)
    assert swaps >= 20_000
    assert any(case.pair.premise.startswith("An elderly person who works as an actor") for case in tried)
    assert not any(" a e" in case.pair.premise.lower() or " an m" in case.pair.premise.lower() for case in tried)


def test_the_card_of_what_ships_states_its_bias():
    """P5"""
    card = Path(bundle_directory(), "README.md").read_text("utf-8")
    stated = card.partition("**Who a text is about.**")[2].partition("\n- **")[0]
    assert "tuili bias" in stated
    assert "labels" in stated


def test_no_occupations_are_refused():
    with pytest.raises(UsageError):
        check_bias(Scripted(default="neutral"), occupations=0)
