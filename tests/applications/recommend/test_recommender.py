"""Recommendations, and the reasons that are quoted for them."""

from __future__ import annotations

import json

import pytest

import tuili
from tuili.applications.recommend.aspects import Aspect, AspectFinder, mine_aspects, read_aspects
from tuili.applications.recommend.opinions import read_opinions
from tuili.applications.recommend.recommender import Recommender
from tuili.applications.recommend.reviews import Review, check_reviews, read_reviews
from tuili.errors import DataError, InputError, InvalidText, UsageError
from tuili.reasoning.scripted import Scripted

ASPECTS = (Aspect("sound", ("sound", "tone")), Aspect("price", ("price", "cost")))
REVIEWS = [
    Review("ann", "amp", 5, "The sound is good. I play at night."),
    Review("ann", "cable", 4, "Does what it should, and the sound is good."),
    Review("bob", "amp", 5, "The sound is good."),
    Review("bob", "cable", 5, "The price is good."),
    Review("bob", "pedal", 5, "The sound is good. The price is bad."),
    Review("cat", "stand", 2, "The price is bad."),
    Review("dan", "stand", 3, "Wobbles. The price is bad."),
    Review("dan", "pedal", 5, "A quiet pedal for a small flat."),
]


def literal(premise: str, hypothesis: str) -> str:
    said = hypothesis.removesuffix(".").lower()
    return "entailment" if said in premise.lower() or said.removeprefix("this is ") in premise.lower() else "neutral"


class Counting(Scripted):
    pairs = 0

    def judge(self, pairs):
        asked = list(pairs)
        self.pairs += len(asked)
        return super().judge(asked)


@pytest.fixture
def fitted():
    return tuili.Recommender(Scripted(literal), aspects=ASPECTS).fit(REVIEWS)


def test_what_was_reviewed_is_not_recommended_and_neighbours_come_first(fitted):
    found = fitted.recommend("ann")
    assert [one.item for one in found] == ["pedal", "stand"]
    assert found[0].signals["neighbours"] > found[1].signals["neighbours"]
    assert found[0].score == pytest.approx(sum(found[0].signals.values()))


def test_reasons_are_sentences_of_other_people_that_entail_them(fitted):
    (pedal, stand) = fitted.recommend("ann")
    (reason,) = pedal.reasons
    assert (reason.user, reason.aspect, reason.quote) == ("bob", "sound", "The sound is good.")
    review = next(r for r in REVIEWS if (r.user, r.item) == (reason.user, reason.item))
    assert review.text[reason.span.start : reason.span.end] == reason.quote
    assert reason.probability == pytest.approx(0.9)
    assert stand.reasons == ()


def test_only_sentences_that_name_an_aspect_are_judged():
    judge = Counting(literal)
    opinions = read_opinions(judge, REVIEWS, ASPECTS)
    assert judge.pairs == 2 * len({(opinion.quote, opinion.aspect) for opinion in opinions})
    assert {opinion.aspect for opinion in opinions if opinion.item == "stand"} == {"price"}
    assert all(opinion.satisfaction < 0 for opinion in opinions if opinion.item == "stand")


def test_a_request_in_words_finds_what_a_review_entails(fitted):
    found = fitted.for_request("I want a quiet pedal for a small flat")
    assert found[0].item == "pedal"
    assert found[0].reasons[0].quote == "A quiet pedal for a small flat."
    assert found[0].reasons[0].hypothesis == "This is a quiet pedal for a small flat."
    assert "entailed" in found[0].signals


def test_masking_the_text_changes_the_ranking(fitted):
    masked = Recommender(Scripted(literal), aspects=ASPECTS).fit([Review(r.user, r.item, r.rating) for r in REVIEWS])
    assert masked.scores("ann") != fitted.scores("ann")
    assert all(one.reasons == () for one in masked.recommend("ann"))
    assert all(one.signals["words"] == one.signals["aspects"] == 0 for one in masked.recommend("ann"))


def test_similar_items_share_people(fitted):
    assert fitted.similar("amp")[0].item == "cable"
    assert "amp" not in {one.item for one in fitted.similar("amp")}


def test_an_update_judges_only_what_is_new_and_replaces():
    judge = Counting(literal)
    known = Recommender(judge, aspects=ASPECTS).fit(REVIEWS)
    before = judge.pairs
    known.update([*REVIEWS, Review("cat", "stand", 5, "The price is good.")])
    assert judge.pairs == before + 2
    assert len(known.reviews) == len(REVIEWS)
    again = Recommender(Scripted(literal), aspects=ASPECTS).fit(known.reviews)
    assert known.scores("ann") == again.scores("ann")
    assert set(known.opinions) == set(again.opinions)


def test_saved_and_loaded_it_says_the_same_and_judges_nothing(fitted, tmp_path):
    fitted.save(tmp_path / "r")
    silent = Scripted({})
    loaded = Recommender.load(silent, tmp_path / "r")
    assert loaded.recommend("ann") == fitted.recommend("ann")
    json.dumps([one.to_dict() for one in loaded.recommend("ann")])
    content = (tmp_path / "r" / "recommender.json").read_bytes()
    for broken in (b"", content[:-20], content.replace(b"sound", b"sOund"), b"{}\n{}", b"\x80\x04."):
        (tmp_path / "r" / "recommender.json").write_bytes(broken)
        with pytest.raises(DataError, match=r"recommender\.json"):
            Recommender.load(silent, tmp_path / "r")
    with pytest.raises(DataError):
        Recommender.load(silent, tmp_path / "absent")


def test_nothing_one_and_the_same_twice():
    judge = Scripted(literal)
    empty = Recommender(judge).fit([])
    assert empty.for_request("a quiet amp") == []
    one = Recommender(judge).fit(REVIEWS[:1])
    assert one.recommend("ann") == []
    assert [found.item for found in one.for_request("an amp with a good sound")] == ["amp"]
    twice = Recommender(judge, aspects=ASPECTS).fit([*REVIEWS, *REVIEWS])
    assert twice.scores("ann") == Recommender(judge, aspects=ASPECTS).fit(REVIEWS).scores("ann")


def test_names_that_nobody_knows(fitted):
    with pytest.raises(UsageError, match=r"'eve'.*for_request"):
        fitted.recommend("eve")
    with pytest.raises(UsageError, match="'piano'"):
        fitted.similar("piano")
    with pytest.raises(UsageError):
        fitted.recommend("ann", n=0)
    with pytest.raises(InvalidText):
        fitted.for_request(" ")


@pytest.mark.parametrize(
    "review",
    [
        7,
        {},
        {"user": "a", "item": "b"},
        {"user": "a", "item": "b", "rating": "high"},
        {"user": "a", "item": "b", "rating": float("nan")},
        {"user": " ", "item": "b", "rating": 1},
        {"user": "a", "item": "b", "rating": 1, "text": "a\x00"},
        {"user": "a", "item": "b", "rating": 1, "text": 7},
    ],
)
def test_what_is_no_review_is_named(review):
    with pytest.raises(InputError, match="review 1"):
        check_reviews([REVIEWS[0], review])


@pytest.mark.parametrize("reviews", ["text", 7, {"user": "a"}])
def test_what_are_no_reviews_is_refused(reviews):
    with pytest.raises(InputError):
        check_reviews(reviews)


def test_a_long_and_hostile_review_is_read():
    hostile = "The sound is good. " + "<script>alert('x')</script> " * 35_000
    known = Recommender(Scripted(literal), aspects=ASPECTS).fit([Review("a", "b", 5, hostile[:1_000_000])])
    assert [opinion.quote for opinion in known.opinions] == ["The sound is good."]


def test_reviews_in_files(tmp_path):
    (tmp_path / "r.jsonl").write_text("\n".join(json.dumps(review.to_dict()) for review in REVIEWS) + "\n\n")
    assert read_reviews(tmp_path / "r.jsonl") == REVIEWS
    (tmp_path / "r.csv").write_text('user,item,rating,text\nann,amp,5,"Good, really"\n')
    assert read_reviews(tmp_path / "r.csv") == [Review("ann", "amp", 5, "Good, really")]
    (tmp_path / "bad.jsonl").write_text('{"user": "a", "item": "b", "rating": 1}\n{"user": "a"}\n')
    with pytest.raises(DataError, match=r"row 2.*item is missing"):
        read_reviews(tmp_path / "bad.jsonl")
    (tmp_path / "broken.jsonl").write_text("{")
    (tmp_path / "r.pickle").write_bytes(b"\x80")
    for name in ("broken.jsonl", "r.pickle", "absent.csv", "."):
        with pytest.raises(DataError):
            read_reviews(tmp_path / name)


def test_aspects_are_mined_from_what_many_texts_name():
    texts = ["The battery died.", "I like its battery.", "This battery lasts.", "The box.", "battery"]
    assert [aspect.name for aspect in mine_aspects(texts, least=2)] == ["battery"]
    assert mine_aspects([]) == ()


def test_phrases_and_plurals_name_an_aspect():
    finder = AspectFinder([Aspect("battery life", ("battery life", "batteries"))])
    assert [aspect.name for aspect in finder.find("Its battery life is short.")] == ["battery life"]
    assert [aspect.name for aspect in finder.find("It eats a battery a day.")] == ["battery life"]
    assert finder.find("My life is short.") == []


def test_aspects_in_a_file(tmp_path):
    path = tmp_path / "aspects.toml"
    path.write_text('[[aspect]]\nname = "sound"\nwords = ["tone"]\ngood = "It sounds good, says {aspect}."\n')
    (aspect,) = read_aspects(path)
    assert aspect.hypotheses() == (["It sounds good, says sound."], ["The sound is bad."])
    for text in (
        "",
        "[[aspect]]\nname = 3",
        '[[aspect]]\nname = "a"\ncolour = 1',
        "[[aspect]]\nname='a'\nwords=[]",
        "x",
    ):
        path.write_text(text)
        with pytest.raises(DataError, match=r"aspects\.toml"):
            read_aspects(path)
