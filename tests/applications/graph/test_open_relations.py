"""Relations that no schema names: proposed by patterns, stored only where the sentence entails them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuili.applications.graph.build import build_graph
from tuili.applications.graph.coreference import resolve
from tuili.applications.graph.finder import RuleFinder
from tuili.applications.graph.open_relations import open_candidates
from tuili.applications.graph.schema import parse_schema
from tuili.perception.sentences import split_sentences
from tuili.reasoning.scripted import Scripted

from conftest import SCHEMA, literal  # isort: skip


def proposed(text, schema=None):
    schema = schema or parse_schema(SCHEMA)
    sentences = split_sentences(text)
    named = resolve(text, RuleFinder().find(text), sentences)
    return [
        (one.relation.name, one.relation.said_of(one.head.name, one.tail.name)[0])
        for chunk in open_candidates(text, named, sentences, schema)
        for one in chunk
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mary Byron founded the Acme Institute.", ("founded", "Mary Byron founded the Acme Institute.")),
        ("Mary Byron later led Acme Institute.", ("led", "Mary Byron led Acme Institute.")),
        ("Paris is the capital of France.", ("capital_of", "Paris is the capital of France.")),
        ("Mary Byron, who founded Acme Institute, left.", ("founded", "Mary Byron founded Acme Institute.")),
        ("Mary Byron, mayor of Oslo, left.", ("mayor_of", "Mary Byron is the mayor of Oslo.")),
        ("Mary Byron, a lawyer in Oslo, left.", ("lawyer_in", "Mary Byron is a lawyer in Oslo.")),
        ("Acme Institute, based in Oslo, grew.", ("based_in", "Acme Institute is based in Oslo.")),
        ("Mary Byron, born in Oslo, left.", ("born_in", "Mary Byron was born in Oslo.")),
        ("France's capital, Paris, is large.", ("capital_of", "Paris is the capital of France.")),
        ("Oslo's mayor Mary Byron left.", ("mayor_of", "Mary Byron is the mayor of Oslo.")),
        ("Mary Byron was born in 1912.", ("born_on", "Mary Byron was born in 1912.")),
        ("Mary Byron sang. She was born in Oslo.", ("born_in", "Mary Byron was born in Oslo.")),
    ],
)
def test_what_a_sentence_says_of_two_names(text, expected):
    assert proposed(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "Mary Byron did not found Acme Institute.",
        "Mary Byron never met Peter Holm.",
        "Mary Byron allegedly killed Peter Holm.",
        "Mary Byron may have met Peter Holm.",
        "The wife of Peter Holm met Mary Byron.",
        "Acme Institute bought Nordic Airlines shares.",
        "Mary Byron met Peter Holm's brother.",
        "Mary Byron said Peter Holm left.",
        "Mary Byron and Peter Holm left.",
        "Mary Byron, speaking in Oslo, left.",
        "Mary Byron left; Peter Holm sang.",
        "1912 saw Mary Byron.",
        "During Mary Byron's visit, Peter Holm left.",
        "On the eve of Mary Byron's visit Peter Holm left.",
        "Oslo's governor, Democrat Peter Holm, left.",
        "Mary Byron, died in Oslo.",
        "Mary Byron bought 300 horses.",
        "Mary Byron {met} Peter Holm.",
    ],
)
def test_what_a_sentence_does_not_say(text):
    assert proposed(text) == []


def test_types_that_the_schema_does_not_allow_its_relation_are_not_proposed():
    assert proposed("Mary Byron killed Peter Holm.") == [("killed", "Mary Byron killed Peter Holm.")]
    assert proposed("Acme Institute killed Peter Holm.") == []


def test_only_what_is_entailed_is_stored_with_its_quote(schema):
    judge = Scripted(lambda premise, hypothesis: "neutral" if "founded" in hypothesis else literal(premise, hypothesis))
    text = "Peter Holm founded Acme Institute. Mary Byron joined the Acme Institute."
    options = {"schema": schema, "finder": RuleFinder()}
    graph = build_graph(judge, [text], open_relations=True, **options)
    (edge,) = graph.edges
    assert (edge.head.name, edge.relation, edge.tail.name) == ("Mary Byron", "joined", "Acme Institute")
    assert edge.statements[0].quote == "Mary Byron joined the Acme Institute."
    assert edge.probability == pytest.approx(0.9)  # the judge's own: no calibration knows open relations
    assert not build_graph(judge, [text], **options).edges


def test_the_same_fact_by_schema_and_by_its_own_words_is_one_edge(judge, schema):
    graph = build_graph(
        judge, ["Mary Byron works for Acme Institute."], schema=schema, finder=RuleFinder(), open_relations=True
    )
    (edge,) = graph.edges
    assert edge.relation == "works_for"
    assert len(edge.statements) == 1


def test_a_source_is_read_again_once_open_relations_are_wanted(judge, schema):
    text = {"a": "Mary Byron joined Acme Institute."}
    first = build_graph(judge, text, schema=schema)
    assert not first.edges
    assert build_graph(judge, text, schema=schema, open_relations=True, graph=first).edges


@given(st.text(alphabet="Mary Byron,'s{}who is the of\n.", max_size=120))
def test_any_text_is_read_and_names_are_names(text):
    for name, said in proposed(text):
        assert name.replace("_", "").isalnum()
        assert said.endswith(".")


def test_time_is_linear():
    def seconds(size):
        begun = time.process_time()
        proposed("Mary Byron founded Acme Institute, " * size)
        return time.process_time() - begun

    assert seconds(4_000) < 10 * seconds(1_000) + 0.2
