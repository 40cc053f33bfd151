from __future__ import annotations

import json
from importlib.resources import files

import pytest
from overlap import HOSTILE, Counting, TwoWay

import tuili
from tuili.applications.check import LEAST_CONTRADICTION, THRESHOLD
from tuili.applications.check_report import Status, supported_rate
from tuili.errors import InvalidText, ModelError, UsageError
from tuili.reasoning.scripted import Scripted

SOURCE = (
    "The library opens at nine on weekdays. It is not closed in summer. Members borrow eight books for three weeks."
)
TEXT = "The library opens at nine. It is closed in summer. It has a cafe."


def test_each_claim_is_supported_contradicted_or_not_found():
    report = tuili.check(Counting(), SOURCE, TEXT)
    assert [claim.status for claim in report.claims] == [Status.SUPPORTED, Status.CONTRADICTED, Status.NOT_FOUND]
    assert report.status is Status.CONTRADICTED
    assert report.supported_rate == pytest.approx(1 / 3)
    assert [sentence.status for sentence in report.sentences] == [claim.status for claim in report.claims]


def test_quotes_are_the_sources_own_characters_and_point_at_the_sentence_that_matters():
    report = tuili.check(Counting(), {"leaflet": SOURCE}, TEXT)
    for claim in report.claims:
        for quote in claim.quotes:
            assert quote.name == "leaflet"
            assert SOURCE[slice(*quote.span)] == quote.text
    quote = report.claims[1].quotes[0]
    assert SOURCE[slice(*quote.focus)] == "It is not closed in summer."


def test_the_judge_is_asked_once_and_no_pair_twice():
    judge = Counting()
    tuili.check(judge, [SOURCE, SOURCE], f"{TEXT} {TEXT}")
    assert len(judge.calls) == 1
    assert len(judge.calls[0]) == len(set(judge.calls[0]))


def test_what_is_said_in_two_distant_places_is_read_together():
    filler = " ".join(f"Sentence number {n} speaks of other things entirely and at length." for n in range(60))
    source = f"The mill stands in Ashby. {filler} The mill was burnt in 1901."
    judge = Counting()
    report = tuili.check(judge, source, "The mill in Ashby was burnt in 1901.")
    assert report.claims[0].status is Status.SUPPORTED
    assert len(report.claims[0].quotes) == 2
    assert max(len(premise) for premise, _ in judge.calls[0]) < len(source) / 2


def test_two_sources_can_support_a_claim_together():
    sources = {"a": "The mill stands in Ashby.", "b": "The mill was burnt in 1901."}
    claim = tuili.check(Counting(), sources, "The mill in Ashby was burnt in 1901.").claims[0]
    assert claim.status is Status.SUPPORTED
    assert [quote.name for quote in claim.quotes] == ["a", "b"]


def test_a_long_source_is_not_read_whole_for_each_claim():
    source = " ".join(f"Item {n} weighs {n} grams and costs {n} crowns." for n in range(400))
    judge = Counting()
    assert tuili.check(judge, source, "Item 37 weighs 37 grams.").claims[0].status is Status.SUPPORTED
    assert sum(len(premise) for premise, _ in judge.calls[0]) < len(source) / 5


def test_the_threshold_decides():
    judge = Scripted(default={"entailment": 0.6, "neutral": 0.3, "contradiction": 0.1})
    assert tuili.check(judge, SOURCE, TEXT, threshold=0.6).supported_rate == 1
    assert tuili.check(judge, SOURCE, TEXT, threshold=0.61).supported_rate == 0


def test_below_one_half_nothing_is_contradicted():
    judge = Scripted(default={"entailment": 0.1, "neutral": 0.45, "contradiction": 0.45})
    assert {claim.status for claim in tuili.check(judge, SOURCE, TEXT, threshold=0.2).claims} == {Status.NOT_FOUND}
    judge = Scripted(default={"entailment": 0.1, "neutral": 0.4, "contradiction": 0.5})
    assert {claim.status for claim in tuili.check(judge, SOURCE, TEXT, threshold=0.2).claims} == {Status.CONTRADICTED}
    assert {claim.status for claim in tuili.check(judge, SOURCE, TEXT, threshold=0.6).claims} == {Status.NOT_FOUND}


def test_every_way_in_has_the_same_default_threshold():
    bodies = pytest.importorskip("tuili.serving.bodies")
    assert bodies.CheckBody.model_fields["threshold"].default == THRESHOLD
    page = (files("tuili.serving") / "page" / "index.html").read_text("utf-8")
    assert f'step="0.01" value="{THRESHOLD}"' in page
    assert f'for="threshold">{THRESHOLD:.2f}</output>' in page
    assert tuili.check(Counting(), SOURCE, TEXT).threshold == THRESHOLD


def test_the_page_has_the_rule_of_the_library():
    script = (files("tuili.serving") / "page" / "drawing.js").read_text("utf-8")
    assert f"claim.contradiction >= Math.max(threshold, {LEAST_CONTRADICTION})" in script


def test_a_judge_of_two_labels_contradicts_nothing():
    report = tuili.check(TwoWay(), SOURCE, TEXT)
    assert [claim.status for claim in report.claims] == [Status.SUPPORTED, Status.NOT_FOUND, Status.NOT_FOUND]


def test_the_rate_of_several_texts_counts_claims():
    reports = [tuili.check(Counting(), SOURCE, text) for text in ("The library opens at nine.", TEXT)]
    assert supported_rate(reports) == pytest.approx(2 / 4)
    assert supported_rate([]) == 1


def test_a_report_is_json_ready():
    report = tuili.check(Counting(), SOURCE, TEXT)
    told = json.loads(json.dumps(report.to_dict()))
    assert told["counts"] == {"supported": 1, "contradicted": 1, "not found": 1}
    assert told["sentences"][0]["claims"][0]["quotes"][0]["start"] == 0


@pytest.mark.parametrize("text", ["", "  \n", "a\0b", "\ud83d", 7])
def test_a_text_that_cannot_be_judged_is_refused(text):
    with pytest.raises(InvalidText, match="text"):
        tuili.check(Counting(), SOURCE, text)
    with pytest.raises(InvalidText, match="source 2"):
        tuili.check(Counting(), [SOURCE, text], TEXT)


@pytest.mark.parametrize("sources", [[], {}, None, 7, b"bytes"])
def test_without_a_source_there_is_nothing_to_check_against(sources):
    with pytest.raises(UsageError, match="source"):
        tuili.check(Counting(), sources, TEXT)


@pytest.mark.parametrize("options", [{"threshold": 1.1}, {"threshold": "high"}, {"threshold": True}, {"windows": 0}])
def test_options_that_cannot_be_are_refused(options):
    with pytest.raises(UsageError):
        tuili.check(Counting(), SOURCE, TEXT, **options)


def test_what_is_not_a_judge_is_refused():
    with pytest.raises(UsageError, match="judge"):
        tuili.check(SOURCE, SOURCE, TEXT)


def test_a_judge_that_leaves_pairs_out_is_found_out():
    class Lazy:
        def judge(self, pairs):
            return []

    with pytest.raises(ModelError, match="0 verdicts"):
        tuili.check(Lazy(), SOURCE, TEXT)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_is_text_like_any_other(hostile):
    report = tuili.check(Counting(), {hostile: hostile}, hostile)
    assert report.claims
    assert report.supported_rate == 1 or len(hostile) > 1000  # a word of 5,000 letters is cut


def test_hostile_text_on_the_page_is_shown_and_not_run():
    attack = "<script>alert(1)</script> <img src=x onerror='alert(2)'> \"quoted\" & more."
    page = tuili.check(Counting(), {attack: attack}, attack).to_html()
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page


def test_the_page_stands_alone_and_tells_its_verdicts_by_word(tmp_path):
    report = tuili.check(Counting(), SOURCE, TEXT)
    report.write_html(tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text("utf-8")
    assert page == report.to_html()
    assert '<html lang="en">' in page
    for forbidden in ("http:", "https:", "src=", "<script", "@import", "url("):
        assert forbidden not in page
    assert "✓ supported" in page
    assert "✗ contradicted" in page
    for number in (1, 2, 3):
        assert f"id='c{number}'" in page
        assert f"id='q{number}'" in page


def test_a_source_of_a_megabyte_is_searched_and_not_read():
    source = "The harbour was dredged in spring by two boats. " * 20_800
    judge = Counting()
    report = tuili.check(
        judge, source[:999_000] + " The keeper of the lamp was Ada Byrne.", "The keeper was Ada Byrne."
    )
    assert report.claims[0].status is Status.SUPPORTED
    assert sum(len(premise) for premise, _ in judge.calls[0]) < 5000


def test_what_the_judge_cannot_read_is_not_found_and_spoils_nothing_else():
    report = tuili.check(
        tuili.load(threads=1), ["It is closed on Sundays.", "🦊🦊"], "🦊🦊\n\nIt is closed on Sundays."
    )
    assert [claim.status for claim in report.claims] == [Status.NOT_FOUND, Status.SUPPORTED]
    assert report.claims[0].verdict is None
    assert report.to_dict()["sentences"][0]["claims"][0]["verdict"] is None
    assert "? not found" in report.to_html()


def test_hostile_texts_of_all_kinds_together_are_checked_by_the_embedded_model():
    text = "\n\n".join(HOSTILE)
    report = tuili.check(tuili.load(threads=1), text, text)
    assert {claim.sentence for claim in report.claims} == set(range(len(report.sentences)))


def test_the_embedded_model_finds_a_plain_statement():
    report = tuili.check(tuili.load(threads=1), "It is closed on Sundays and holidays.", "It is closed on Sundays.")
    assert report.claims[0].status is Status.SUPPORTED
