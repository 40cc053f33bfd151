"""Statements as RDF quads, and back. Every source is a named graph, so that removing it removes all it said.

All terms are made as objects or percent-encoded; no text of a source is ever pasted into a query.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from tuili.applications.graph.graph import Entity, Graph, SourceGraph, Statement
from tuili.applications.graph.schema import Relation, Schema
from tuili.errors import DataError, MissingExtra, UsageError
from tuili.types import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyoxigraph import NamedNode, Quad

BASE = "urn:tuili:"
RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
RDFS_LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
PREFIXES = {
    "tuili": BASE,
    "entity": f"{BASE}entity:",
    "relation": f"{BASE}relation:",
    "type": f"{BASE}type:",
    "source": f"{BASE}source:",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
}
FORMATS = ("turtle", "json-ld")


def oxigraph() -> Any:
    """The module pyoxigraph.

    Raises:
        MissingExtra: It is not installed.
    """
    try:
        import pyoxigraph
    except ImportError:
        raise MissingExtra("pyoxigraph", "graph") from None
    return pyoxigraph


def node(kind: str, name: str) -> NamedNode:
    """The IRI of a source, relation, type or entity. A name may hold any characters."""
    made: NamedNode = oxigraph().NamedNode(f"{BASE}{kind}:{quote(name, safe='')}")
    return made


def entity_term(entity: Entity) -> Any:
    """An entity's IRI, which its key decides; a value's literal."""
    if entity.is_value:
        return oxigraph().Literal(entity.name, datatype=node("type", entity.type))
    return oxigraph().NamedNode(f"{BASE}entity:{quote(entity.type, safe='')}:{quote(entity.key[0], safe='')}")


def source_quads(source: SourceGraph, schema: Schema) -> Iterator[Quad]:
    """All that one source says, in its named graph: triples of the edges, and their statements with quotes."""
    ox = oxigraph()
    graph = node("source", source.source)
    inverses = {relation.name: relation.inverse for relation in schema.relations}
    symmetric = {relation.name for relation in schema.relations if relation.symmetric}

    def quad(subject: Any, predicate: str, value: Any) -> Quad:
        made: Quad = ox.Quad(subject, ox.NamedNode(predicate), value, graph)
        return made

    yield quad(graph, RDF_TYPE, ox.NamedNode(BASE + "Source"))
    yield quad(graph, BASE + "sha256", ox.Literal(source.sha256))
    yield quad(graph, BASE + "settings", ox.Literal(source.settings))
    yield quad(graph, BASE + "statements", ox.Literal(len(source.statements)))
    for number, said in enumerate(source.statements):
        head, tail = entity_term(said.head), entity_term(said.tail)
        relation = node("relation", said.relation)
        if said.holds:
            yield ox.Quad(head, relation, tail, graph)
            back = said.relation if said.relation in symmetric else inverses.get(said.relation)
            if back is not None and not said.tail.is_value:
                yield ox.Quad(tail, node("relation", back), head, graph)
        for entity, term in ((said.head, head), (said.tail, tail)):
            if not entity.is_value:
                yield quad(term, RDF_TYPE, node("type", entity.type))
                yield quad(term, RDFS_LABEL, ox.Literal(entity.name))
        content = json.dumps([said.to_dict(), number], sort_keys=True)
        subject = node("statement", hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest())
        yield quad(subject, RDF_TYPE, ox.NamedNode(BASE + ("Statement" if said.holds else "Contradiction")))
        yield quad(subject, BASE + "head", head)
        yield quad(subject, BASE + "relation", relation)
        yield quad(subject, BASE + "tail", tail)
        yield quad(subject, BASE + "headName", ox.Literal(said.head.name))
        yield quad(subject, BASE + "tailName", ox.Literal(said.tail.name))
        yield quad(subject, BASE + "headType", ox.Literal(said.head.type))
        yield quad(subject, BASE + "tailType", ox.Literal(said.tail.type))
        yield quad(subject, BASE + "probability", ox.Literal(float(said.probability)))
        yield quad(subject, BASE + "quote", ox.Literal(said.quote))
        for name, span in (("span", said.span), ("headSpan", said.head_span), ("tailSpan", said.tail_span)):
            yield quad(subject, f"{BASE}{name}", ox.Literal(f"{span.start}-{span.end}"))
        yield quad(subject, BASE + "hypothesis", ox.Literal(said.hypothesis))
        yield quad(subject, BASE + "model", ox.Literal(said.model))
        yield quad(subject, BASE + "number", ox.Literal(number))


def source_of(graph: NamedNode, quads: list[Quad]) -> SourceGraph:
    """The source whose quads these are.

    Raises:
        DataError: Something is missing: the store was changed by another hand, or is damaged.
    """
    name = unquote(graph.value.removeprefix(f"{BASE}source:"))
    fields: dict[str, dict[str, Any]] = {}
    for quad in quads:
        fields.setdefault(str(getattr(quad.subject, "value", "")), {})[quad.predicate.value] = quad.object
    try:
        about = fields[graph.value]
        statements = [
            _statement(name, said)
            for subject, said in sorted(fields.items())
            if subject.startswith(f"{BASE}statement:")
        ]
        if int(about[BASE + "statements"].value) != len(statements):
            raise DataError(f"source {name!r} is not whole in the store: add it again")
        ordered = tuple(statement for _, statement in sorted(statements, key=lambda pair: pair[0]))
        return SourceGraph(name, about[BASE + "sha256"].value, about[BASE + "settings"].value, ordered)
    except (KeyError, ValueError, AttributeError) as error:
        raise DataError(f"source {name!r} is not whole in the store ({error}): add it again") from None


def _statement(source: str, said: dict[str, Any]) -> tuple[int, Statement]:
    def text(field: str) -> str:
        return str(said[BASE + field].value)

    def span(field: str) -> Span:
        start, _, end = text(field).partition("-")
        return Span(int(start), int(end))

    statement = Statement(
        Entity(text("headName"), text("headType")),
        unquote(text("relation").removeprefix(f"{BASE}relation:")),
        Entity(text("tailName"), text("tailType")),
        said[RDF_TYPE].value == BASE + "Statement",
        float(text("probability")),
        source,
        text("quote"),
        span("span"),
        span("headSpan"),
        span("tailSpan"),
        text("hypothesis"),
        text("model"),
    )
    return int(text("number")), statement


def schema_from(text: str) -> Schema:
    """The schema that `json.dumps(schema.to_dict())` wrote.

    Raises:
        DataError: It is not one.
    """
    try:
        return Schema(
            tuple(
                Relation(
                    table["name"],
                    tuple(table["domain"]),
                    tuple(table["range"]),
                    tuple(table["hypothesis"]),
                    table["inverse"],
                    table["symmetric"],
                    table["functional"],
                )
                for table in json.loads(text)["relation"]
            )
        )
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"the store's schema can't be read ({error}); build the graph again") from None


def write_rdf(graph: Graph, form: str) -> bytes:
    """The graph as Turtle (all sources as one graph) or JSON-LD (a named graph for each source).

    Raises:
        UsageError: Another format.
        MissingExtra: pyoxigraph is not installed.
    """
    ox = oxigraph()
    if form not in FORMATS:
        raise UsageError(f"format must be one of {', '.join(FORMATS)}, got {form!r}")
    quads = [quad for name in sorted(graph.sources) for quad in source_quads(graph.sources[name], graph.schema)]
    if form == "turtle":
        triples = dict.fromkeys(quad.triple for quad in quads)
        return bytes(ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=PREFIXES))
    return bytes(ox.serialize(quads, format=ox.RdfFormat.JSON_LD, prefixes=PREFIXES))
