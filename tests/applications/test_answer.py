from __future__ import annotations

import json

import pytest
from overlap import HOSTILE, Counting, TwoWay

import tuili
from tuili.applications.answer_candidates import candidates
from tuili.applications.answer_hypotheses import Asks, understand
from tuili.applications.passages import Document
from tuili.errors import DataError, InvalidText, UsageError
from tuili.reasoning.scripted import Scripted

TEXT = (
    "The Severn Bridge was opened on 8 September 1966 by Queen Elizabeth. It cost 8 million pounds. "
    "It replaced a ferry because the old crossing was slow. The library is not open on Sundays."
)


@pytest.mark.parametrize(
    ("question", "asks", "answer", "statement"),
    [
        ("When was the bridge opened?", Asks.TIME, "1966", "The bridge was opened in 1966."),
        ("when did world war ii end", Asks.TIME, "1945", "World war ii ended in 1945."),
        ("Who wrote Hamlet?", Asks.PERSON, "Shakespeare", "Shakespeare wrote Hamlet."),
        ("Where was Mozart born?", Asks.PLACE, "Salzburg", "Mozart was born in Salzburg."),
        ("What is the capital of France?", Asks.THING, "Paris", "Paris is the capital of France."),
        ("What did Isaac Newton discover in 1687?", Asks.THING, "gravity", "Isaac Newton discovered gravity in 1687."),
        ("Which team won the cup in 1990?", Asks.THING, "Leeds", "Leeds won the cup in 1990."),
        ("How many people live in Paris?", Asks.NUMBER, "two", "Two people live in Paris."),
        ("How many books may members borrow?", Asks.NUMBER, "8", "Members may borrow 8 books."),
        ("How tall is the tower?", Asks.NUMBER, "300 metres", "The tower is 300 metres tall."),
        ("How much does a ticket cost?", Asks.NUMBER, "$5", "A ticket costs $5."),
        ("Why is the sky blue?", Asks.REASON, "light scatters", "The sky is blue because light scatters."),
        ("Is the library open on Sundays?", Asks.YES_OR_NO, "", "The library is open on Sundays."),
        ("Did Newton discover gravity?", Asks.YES_OR_NO, "", "Newton discovered gravity."),
        ("How are caves formed?", Asks.THING, "by water", 'The answer to "How are caves formed?" is by water.'),
    ],
)
def test_question_and_answer_make_a_statement(question, asks, answer, statement):
    understood = understand(question)
    assert understood.asks is asks
    assert understood.statement(answer) == statement


def test_the_preposition_of_the_passage_is_kept():
    assert understand("When was it opened?").statement("8 May", "before") == "It was opened before 8 May."


def test_a_question_can_be_put_without_an_answer():
    assert understand("Who wrote Hamlet?").anything() == "Someone wrote Hamlet."
    assert understand("How are caves formed?").anything() == "How are caves formed?"


@pytest.mark.parametrize("hostile", HOSTILE)
def test_any_question_makes_a_statement(hostile):
    understood = understand(hostile)
    assert understood.statement("{X} \\1 %s").strip()
    assert understood.anything().strip()


def test_candidates_are_of_the_kind_that_is_asked_for():
    def found(question):
        return [candidate.text for candidate in candidates(TEXT, understand(question))]

    assert "8 September 1966" in found("When was the bridge opened?")
    assert "Queen Elizabeth" in found("Who opened the bridge?")
    assert "8 million pounds" in found("How much did the bridge cost?")
    assert found("Why did it replace a ferry?")[0] == "the old crossing was slow"
    assert "The Severn Bridge" not in found("Who opened the Severn Bridge?")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_candidates_are_the_passages_own_characters(hostile):
    for question in ("Who is it?", "When is it?", "What is it?", "Why is it?", "How many are there?"):
        for candidate in candidates(f"{hostile} {TEXT}", understand(question)):
            assert f"{hostile} {TEXT}"[slice(*candidate.span)] == candidate.text


def test_entailed_answers_come_best_first_with_their_quotes():
    def script(premise, hypothesis):
        if "Queen Elizabeth opened" in hypothesis:
            return {"entailment": 0.95, "neutral": 0.05}
        return {"entailment": 0.6, "neutral": 0.4} if hypothesis.startswith("Old crossing opened") else "neutral"

    best, second = tuili.answer(Scripted(script), {"notes": TEXT}, "Who opened the bridge?")
    assert (best.text, best.probability, best.source) == ("Queen Elizabeth", pytest.approx(0.95, abs=1e-5), "notes")
    assert best.quote.startswith("The Severn Bridge")
    assert TEXT[slice(*best.span)] == best.text
    assert TEXT[slice(*best.quote_span)] == best.quote
    assert second.probability < best.probability
    assert json.loads(json.dumps(best.to_dict()))["start"] == TEXT.index("Queen")


def test_nothing_entailed_is_an_empty_list():
    assert tuili.answer(Scripted(default="neutral"), TEXT, "Who opened the bridge?") == []


def test_yes_and_no():
    said = "The library is open on Mondays. The library is not open on Sundays."
    yes = tuili.answer(Counting(), "The library is open on Mondays.", "Is the library open on Mondays?")
    no = tuili.answer(Counting(), said, "Is the library open on Sundays?")
    assert [a.text for a in yes] == ["yes"]
    assert [(a.text, a.quote) for a in no] == [("no", "The library is not open on Sundays.")]
    assert tuili.answer(TwoWay(), said, "Is the library open on Fridays?") == []


def test_the_judge_is_asked_once():
    judge = Counting()
    tuili.answer(judge, [TEXT] * 3, "When was the bridge opened?")
    assert len(judge.calls) == 1
    assert len(judge.calls[0]) == len(set(judge.calls[0]))


def test_passages_come_from_files_and_directories(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "bridge.md").write_text(TEXT, "utf-8")
    (tmp_path / "blank.txt").write_text(" \n", "utf-8")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\0")
    (tmp_path / ".hidden.txt").write_text("x", "utf-8")
    judge = Scripted(default="entailment")
    for passages in (tmp_path, [tmp_path / "deep" / "bridge.md"], [Document("bridge.md", TEXT)]):
        assert tuili.answer(judge, passages, "Who opened the bridge?")[0].source.endswith("bridge.md")


@pytest.mark.parametrize("passages", [[], {}])
def test_no_passages_hold_no_answer(passages):
    assert tuili.answer(Counting(), passages, "Who opened the bridge?") == []
    assert tuili.answer(Counting(), passages, "Is it open?") == []


@pytest.mark.parametrize("passages", [7, None, b"bytes"])
def test_what_cannot_be_passages_is_refused(passages):
    with pytest.raises(UsageError, match="passages"):
        tuili.answer(Counting(), passages, "Who?")


def test_bad_texts_and_files_are_told_by_name(tmp_path):
    with pytest.raises(InvalidText, match="question"):
        tuili.answer(Counting(), TEXT, " ")
    with pytest.raises(InvalidText, match="passage 2"):
        tuili.answer(Counting(), [TEXT, ""], "Who?")
    with pytest.raises(DataError, match=r"nowhere\.txt"):
        tuili.answer(Counting(), tmp_path / "nowhere.txt", "Who?")
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    with pytest.raises(DataError, match="UTF-8"):
        tuili.answer(Counting(), tmp_path / "latin.txt", "Who?")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_question_or_passage_gives_answers_or_none(hostile):
    for question in (hostile, f"Who is {hostile}?", f"Is {hostile} red?"):
        for answer in tuili.answer(Scripted(default="entailment"), [hostile, TEXT], question):
            assert answer.quote
            assert answer.source in ("passage 1", "passage 2")


def test_hostile_passages_and_questions_are_answered_by_the_embedded_model():
    engine = tuili.load(threads=1)
    for question in ("Who is it?", "🦊🦊", "Is 🦊 🦊?", "a" * 5000):
        for answer in tuili.answer(engine, HOSTILE, question):
            assert answer.probability >= 0.5


def test_a_passage_of_a_megabyte_is_searched():
    text = "The harbour was dredged in spring by two boats. " * 20_000 + "Ada Byrne kept the lamp."
    answers = tuili.answer(Counting(), text, "Who kept the lamp?")
    assert [(a.text, text[slice(*a.span)]) for a in answers] == [("Ada Byrne", "Ada Byrne")]
