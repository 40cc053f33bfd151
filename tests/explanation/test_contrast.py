from __future__ import annotations

from made_judges import sleeper

from tuili.explanation.contrast import smallest_edit
from tuili.explanation.explain import explain
from tuili.explanation.sentence import edit_in_words
from tuili.reasoning.scripted import Scripted
from tuili.types import Label, Pair

PAIR = Pair("A man is sleeping.", "A man is running.")


def test_a_word_is_put_in_the_place_of_the_one_that_decides():
    found = explain(sleeper(), PAIR, edit=True).edit
    assert found is not None
    assert found.label is Label.NEUTRAL
    assert found.kind == "substitution"
    assert found.before in {"sleeping", "running"}
    assert found.after in {"sleeping", "running", "swimming", "singing", "walking"}
    assert sleeper().judge([found.pair])[0].label is found.label
    assert found.before not in getattr(found.pair, found.side)


def test_where_no_word_is_known_one_is_left_out():
    judge = Scripted(lambda premise, hypothesis: "entailment" if "zeugma" in premise else "neutral")
    found = explain(judge, ("A zeugma occurred.", "Something happened."), edit=True).edit
    assert found is not None
    assert (found.kind, found.before, found.after) == ("deletion", "zeugma", "")
    assert found.pair == Pair("A occurred.", "Something happened.")
    assert edit_in_words(found) == "Without *zeugma* in the premise the verdict would be neutral (0.90)."


def test_two_words_are_left_out_where_one_is_not_enough():
    def script(premise: str, hypothesis: str) -> dict[str, float]:
        said = (0.1, 0.6, 0.9)[("zeugma" in premise) + ("litotes" in premise)]
        return {"entailment": said, "neutral": 1 - said}

    found = explain(Scripted(script), ("Here zeugma, there litotes.", "Figures occurred."), edit=True).edit
    assert found is not None
    assert (found.kind, found.before) == ("deletion", "zeugma … litotes")
    assert found.label is Label.NEUTRAL
    assert "zeugma" not in found.pair.premise
    assert "litotes" not in found.pair.premise


def test_where_nothing_flips_there_is_no_edit():
    judge = Scripted(default="entailment")
    assert explain(judge, PAIR, edit=True).edit is None


def test_numbers_and_negations_are_tried():
    judge = Scripted(lambda premise, hypothesis: "entailment" if "7" in hypothesis else "contradiction")
    found = explain(judge, ("There were 7 people.", "I counted 7."), edit=True).edit
    assert found is not None
    assert found.pair.hypothesis == "I counted 8."


def test_the_first_round_is_bounded():
    asked: list[int] = []
    judge = Scripted(default="entailment")
    score = judge.score
    judge.score = lambda pairs: asked.append(len(pairs)) or score(pairs)  # type: ignore[method-assign]
    pair = Pair("red " * 40 + "man", "blue " * 20 + "woman")
    explained = explain(Scripted(lambda p, h: {"entailment": 0.5 + len(p) / 1e4, "neutral": 0.5 - len(p) / 1e4}), pair)
    smallest_edit(judge, pair, judge.judge([pair])[0], explained.attribution, most=5)
    assert max(asked[1:]) <= 5
