"""The graph written for others, and walked through."""

from __future__ import annotations

import json
import re
import time
import xml.etree.ElementTree as ET

import pytest

from tuili.applications.graph.build import build_graph
from tuili.applications.graph.graph import Entity, Graph, SourceGraph, Statement
from tuili.applications.graph.graphml import write_graphml
from tuili.applications.graph.page import write_page
from tuili.applications.graph.traverse import neighbourhood, path
from tuili.errors import UsageError
from tuili.types import Span

from conftest import TEXTS  # isort: skip


@pytest.fixture
def graph(judge, schema):
    return build_graph(judge, TEXTS, schema=schema, calibration=None)


def made(schema, pairs):
    """A graph of `knows` edges between named people."""
    said = tuple(
        Statement(
            Entity(a, "person"),
            "killed",
            Entity(b, "person"),
            True,
            0.9,
            "s",
            "q",
            Span(0, 1),
            Span(0, 1),
            Span(0, 1),
            "h",
            "m",
        )
        for a, b in pairs
    )
    return Graph(schema, {"s": SourceGraph("s", "0", "0", said)})


def test_turtle_and_json_ld_hold_every_edge(graph):
    ox = pytest.importorskip("pyoxigraph")
    from tuili.applications.graph.rdf import write_rdf

    for form, rdf in (("turtle", ox.RdfFormat.TURTLE), ("json-ld", ox.RdfFormat.JSON_LD)):
        quads = list(ox.parse(write_rdf(graph, form), format=rdf))
        killed = [q for q in quads if q.predicate.value == "urn:tuili:relation:killed"]
        assert [q.subject.value for q in killed] == ["urn:tuili:entity:person:peter%20holm"]
    with pytest.raises(UsageError, match="turtle"):
        write_rdf(graph, "xml")


def test_graphml_is_xml_with_every_edge(graph, schema):
    name = "{http://graphml.graphdrawing.org/xmlns}"
    root = ET.fromstring(write_graphml(graph))  # noqa: S314 - our own
    assert len(root.findall(f".//{name}edge")) == len(graph.edges)
    hostile = made(schema, [('<a b="c">&\x07', "]]>\ufffe")])
    root = ET.fromstring(write_graphml(hostile))  # noqa: S314 - our own
    labels = [data.text for data in root.findall(f".//{name}node/{name}data[@key='label']")]
    assert labels == ['<a b="c">&\ufffd', "]]>\ufffd"]


def test_the_page_asks_nothing_of_anyone_and_escapes_all(graph, schema):
    page = write_page(graph, title="<b>title</b>")
    assert "<b>title" not in page
    assert not re.search(r"(?:src|href)\s*=", page)
    assert "default-src 'none'" in page
    assert page.count('<tr tabindex="0"') == len(graph.edges)
    data = re.search(r'id="data">(.*?)</script>', page)
    assert len(json.loads(data[1])["edges"]) == len(graph.edges)
    hostile = write_page(made(schema, [("</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>")]))
    assert "<script>alert" not in hostile
    assert "<img" not in hostile


def test_the_policy_of_the_page_is_that_of_its_script(graph):
    import base64
    import hashlib

    page = write_page(graph)
    script = re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)[0]
    assert base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() in page


def test_i6_walks_end_in_cycles_chains_and_stars(schema):
    """I6: bounded steps, and the result says which limit was reached."""
    ring = made(schema, [(f"N{i}", f"N{(i + 1) % 10}") for i in range(10)])
    walk = neighbourhood(ring, "n0", hops=100)
    assert (len(walk.edges), walk.limited) == (10, None)
    chain = made(schema, [(f"N{i}", f"N{i + 1}") for i in range(100_000)])
    begun = time.process_time()
    assert path(chain, "N0", "N99999", steps=5_000).limited == "steps"
    assert len(path(chain, "N0", "N999", steps=5_000).edges) == 999
    star = made(schema, [("Hub", f"N{i}") for i in range(100_000)])
    walk = neighbourhood(star, "hub", hops=3, steps=1_000)
    assert (len(walk.edges), walk.limited) == (1_000, "steps")
    assert neighbourhood(star, "hub", steps=10**9, seconds=0).limited == "seconds"
    assert time.process_time() - begun < 30


def test_a_walk_from_nowhere_is_empty(graph):
    assert neighbourhood(graph, "nobody").edges == ()
    assert path(graph, "Mary Byron", "nobody").edges == ()
    assert [edge.relation for edge in path(graph, "Anna Frost", "Acme Institute").edges] == [
        "killed",
        "knows",
        "works_for",
    ]
    with pytest.raises(UsageError):
        neighbourhood(graph, "Mary Byron", hops=0)
