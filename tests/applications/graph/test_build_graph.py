"""From texts to edges with quotes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tuili
from tuili.applications.graph.build import build_graph
from tuili.applications.graph.schema import parse_schema
from tuili.errors import InvalidText, UsageError
from tuili.reasoning.scripted import Scripted

from conftest import SCHEMA, TEXTS, literal  # isort: skip


def triples(graph):
    return {(edge.head.name, edge.relation, edge.tail.name) for edge in graph.edges}


def build(judge, texts, schema, **options):
    return build_graph(judge, texts, schema=schema, calibration=None, **options)


def test_entailed_edges_are_kept_with_their_quotes(judge, schema):
    graph = build(judge, TEXTS, schema)
    assert triples(graph) == {
        ("Mary Byron", "works_for", "Acme Institute"),
        ("Mary Byron", "born_in", "Paris"),
        ("Mary Byron", "born_in", "Rome"),
        ("Peter Holm", "knows", "Mary Byron"),
        ("Peter Holm", "killed", "Anna Frost"),
    }
    works = graph.of("acme institute")[0]
    assert [said.source for said in works.statements] == ["a", "b"]
    assert works.statements[0].quote == "Mary Byron works for Acme Institute."
    assert works.probability == pytest.approx(0.9)


def test_every_quote_is_in_its_source_and_holds_both_names(judge, schema):
    graph = build(judge, TEXTS, schema)
    statements = [said for source in graph.sources.values() for said in source.statements]
    assert statements
    for said in statements:
        text = TEXTS[said.source]
        assert text[said.span.start : said.span.end] == said.quote
        for span in (said.head_span, said.tail_span):
            assert said.span.start <= span.start < span.end <= said.span.end


def test_the_direction_that_is_more_probable_is_kept(schema):
    judge = Scripted(
        lambda premise, hypothesis: (
            {"entailment": 0.9, "neutral": 0.1}
            if hypothesis == "Anna Frost killed Peter Holm."
            else ({"entailment": 0.6, "neutral": 0.4} if "killed" in hypothesis else "neutral")
        )
    )
    graph = build(judge, ["Peter Holm was killed by Anna Frost."], schema)
    assert triples(graph) == {("Anna Frost", "killed", "Peter Holm")}


def test_types_that_the_relation_does_not_allow_are_never_asked(schema):
    asked = []
    judge = Scripted(lambda premise, hypothesis: asked.append(hypothesis) or "entailment")
    build(judge, ["Mary Byron works for Acme Institute."], schema)
    assert set(asked) == {"Mary Byron works for Acme Institute.", "Acme Institute works for Mary Byron."}


def test_each_sentence_is_one_premise_in_one_call(schema):
    calls = []

    class Counting(Scripted):
        def judge(self, pairs):
            calls.append(list(pairs))
            return super().judge(calls[-1])

    text = "Peter Holm knows Mary Byron. Anna Frost was born in Rome."
    build(Counting(literal), [text], schema)
    assert len(calls) == 1
    assert {premise for premise, _ in calls[0]} == {"Peter Holm knows Mary Byron.", "Anna Frost was born in Rome."}
    assert len(calls[0]) == len(set(calls[0]))


def test_two_values_of_a_functional_relation_are_a_conflict(judge, schema):
    graph = build(judge, TEXTS, schema)
    assert {(edge.tail.name, edge.rivals[0].name) for edge in graph.conflicts} == {("Paris", "Rome"), ("Rome", "Paris")}
    assert not build(judge, {"a": TEXTS["a"]}, schema).conflicts


def test_a_contradiction_elsewhere_is_flagged(schema):
    judge = Scripted(
        lambda p, h: {"contradiction": 0.95, "neutral": 0.05} if literal(p, h) == "contradiction" else literal(p, h)
    )
    texts = {"x": "Mary Byron works for Acme Institute.", "y": "Mary Byron never works for Acme Institute."}
    (edge,) = build(judge, texts, schema).edges
    assert edge.conflict
    assert [said.quote for said in edge.against] == [texts["y"]]
    assert not build(judge, {"y": texts["y"]}, schema).edges


def test_surname_and_pronoun_are_the_same_person(schema):
    judge = Scripted(
        {
            ("Byron works for Acme Institute.", "Byron works for Acme Institute."): "entailment",
            ("Mary Byron sang. She was born in Rome.", "Mary Byron was born in Rome."): "entailment",
        },
        default="neutral",
    )
    text = "Mary Byron sang. She was born in Rome. Byron works for Acme Institute."
    graph = build(judge, [text], schema)
    assert triples(graph) == {("Mary Byron", "works_for", "Acme Institute"), ("Mary Byron", "born_in", "Rome")}


def test_a_pronoun_that_could_be_two_people_is_left_alone(schema):
    asked = []
    judge = Scripted(lambda premise, hypothesis: asked.append((premise, hypothesis)) or "neutral")
    build(judge, ["Mary Byron met Anna Frost. She was born in Rome."], schema)
    assert not [pair for pair in asked if "Rome" in pair[1]]


def test_nothing_gives_an_empty_graph(judge, schema):
    assert build(judge, [], schema).edges == ()
    graph = build(judge, ["Nothing here is a name."], schema)
    assert (graph.edges, graph.entities, len(graph.sources)) == ((), (), 1)


@pytest.mark.parametrize("text", ["", "  \n", "a\x00b", "\ud800", 7])
def test_a_text_that_cannot_be_judged_is_named(judge, schema, text):
    with pytest.raises(InvalidText, match="source 'bad'"):
        build(judge, {"good": "Peter Holm knows Mary Byron.", "bad": text}, schema)


@pytest.mark.parametrize("texts", ["one text", 7, {"": "text"}, {"a\nb": "text"}])
def test_texts_that_are_none_are_refused(judge, schema, texts):
    with pytest.raises(UsageError):
        build(judge, texts, schema)


@pytest.mark.parametrize("options", [{"threshold": 2}, {"threshold": "x"}, {"calibration": "other"}, {"schema": {}}])
def test_options_that_cannot_be_are_refused(judge, options):
    with pytest.raises(UsageError):
        build_graph(judge, [], **options)


def test_a_relation_that_the_schema_lacks_is_named(schema):
    with pytest.raises(UsageError, match=r"'likes'.*works_for"):
        schema.only(["likes"])


def test_unchanged_sources_are_not_read_again(judge, schema):
    first = build(judge, TEXTS, schema)
    silent = Scripted({})  # any question is an error
    silent.name = judge.name
    assert build(silent, TEXTS, schema, graph=first) == first
    changed = build(judge, {"c": "Peter Holm knows Anna Frost."}, schema, graph=first)
    assert set(changed.sources) == {"a", "b", "c"}
    assert not any(edge.relation == "killed" for edge in changed.edges)


def test_precision_does_not_fall_as_edges_are_kept_by_probability(judge, schema):
    sizes = [len(build(judge, TEXTS, schema, threshold=t).edges) for t in (0.1, 0.5, 0.89, 0.95)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] == 0 < sizes[0]


SENTENCES = [
    "Mary Byron works for Acme Institute.",
    "Mary Byron was born in Paris.",
    "Mary Byron was born in Rome.",
    "Peter Holm knows Mary Byron.",
    "Peter Holm killed Anna Frost.",
    "Nothing happened.",
]


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.sampled_from("abcd"), st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=4), min_size=1),
    st.randoms(use_true_random=False),
)
def test_removing_sources_leaves_no_orphan(contents, random):
    """What is left is exactly what the other sources say by themselves."""
    judge, schema = Scripted(literal), parse_schema(SCHEMA)
    texts = {name: " ".join(sentences) for name, sentences in contents.items()}
    graph = build(judge, texts, schema)
    names = list(texts)
    random.shuffle(names)
    for name in names:
        graph = graph.without(name)
        texts.pop(name)
        assert graph == build(judge, texts, schema)
        assert all(said.source in texts for edge in graph.edges for said in (*edge.statements, *edge.against))
    assert (graph.edges, graph.entities) == ((), ())


def test_a_source_that_is_not_there_cannot_be_removed(judge, schema):
    with pytest.raises(UsageError, match="'z'"):
        build(judge, TEXTS, schema).without("z")


def test_a_megabyte_is_read_in_linear_time(schema):
    judge = Scripted(default="neutral")
    text = ("Peter Holm knows Mary Byron and Anna Frost. " * 25_000)[:1_000_000].rsplit(".", 1)[0]
    with pytest.raises(InvalidText):
        build(judge, [text + text], schema)
    few = Scripted(default="neutral")
    seen = []
    graph = build(few, ["word " * 200_000], schema, progress=seen.append)
    assert graph.edges == ()
    assert seen[-1] == 1_000_000
    one = "Peter Holm, Mary Byron, " * 200  # one endless sentence: each name meets a bounded number of others
    assert build(few, [one], schema).edges == ()


def test_the_shipped_calibration_and_schema_find_a_plain_fact():
    judge = Scripted(literal)
    graph = tuili.build_graph(judge, ["Mary Byron works for Acme Institute."], threshold=0.2)
    assert ("Mary Byron", "works_for", "Acme Institute") in triples(graph)
