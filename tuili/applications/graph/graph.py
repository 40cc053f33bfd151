"""The result: entities and edges, each with the statements of the sources that support it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tuili.applications.graph.mentions import VALUES
from tuili.data.shown import shown, shown_names
from tuili.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tuili.applications.graph.schema import Schema
    from tuili.types import Span


@dataclass(frozen=True, slots=True, order=True)
class Entity:
    """A thing, or a value where its type is `date` or `number`."""

    name: str
    type: str

    @property
    def key(self) -> tuple[str, str]:
        """What makes two entities one, in any source: the name without regard to case, and the type."""
        return self.name.casefold(), self.type

    @property
    def is_value(self) -> bool:
        return self.type in VALUES

    def to_dict(self) -> dict[str, str]:
        return {"name": self.name, "type": self.type}


@dataclass(frozen=True, slots=True)
class Statement:
    """What one passage of one source says of one possible edge.

    Attributes:
        head, relation, tail: The edge.
        holds: Whether the passage entails the edge, or contradicts it.
        probability: Calibrated, of `holds`; of a contradiction, the judge's own.
        source: Which text.
        quote: The passage, exactly as the source has it at `span`.
        span: Characters of the source.
        head_span, tail_span: Where in the source the two are named; both lie within `span`.
        hypothesis: What was put to the judge.
        model: Which judge said so.
    """

    head: Entity
    relation: str
    tail: Entity
    holds: bool
    probability: float
    source: str
    quote: str
    span: Span
    head_span: Span
    tail_span: Span
    hypothesis: str
    model: str

    @property
    def key(self) -> tuple[tuple[str, str], str, tuple[str, str]]:
        return self.head.key, self.relation, self.tail.key

    def to_dict(self) -> dict[str, Any]:
        return {
            "head": self.head.to_dict(),
            "relation": self.relation,
            "tail": self.tail.to_dict(),
            "holds": self.holds,
            "probability": self.probability,
            "source": self.source,
            "quote": self.quote,
            "span": list(self.span),
            "head_span": list(self.head_span),
            "tail_span": list(self.tail_span),
            "hypothesis": self.hypothesis,
            "model": self.model,
        }


@dataclass(frozen=True, slots=True)
class SourceGraph:
    """All that one source says.

    Attributes:
        source: Its name.
        sha256: Of its text, so that an unchanged source need not be read again.
        settings: Digest of what it was read with: schema, threshold, finder, calibration, model.
        statements: In the order of the text.
    """

    source: str
    sha256: str
    settings: str
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Edge:
    """A relation between two entities, with all that speaks for it and against it.

    Attributes:
        head, relation, tail: The edge.
        statements: What supports it; never empty; the most probable first.
        against: Statements that contradict it.
        rivals: Other tails of a relation that allows one.
    """

    head: Entity
    relation: str
    tail: Entity
    statements: tuple[Statement, ...]
    against: tuple[Statement, ...] = ()
    rivals: tuple[Entity, ...] = ()

    @property
    def probability(self) -> float:
        """Of the most probable statement."""
        return self.statements[0].probability

    @property
    def conflict(self) -> bool:
        return bool(self.against or self.rivals)

    def to_dict(self) -> dict[str, Any]:
        return {
            "head": self.head.to_dict(),
            "relation": self.relation,
            "tail": self.tail.to_dict(),
            "probability": self.probability,
            "conflict": self.conflict,
            "statements": [statement.to_dict() for statement in self.statements],
            "against": [statement.to_dict() for statement in self.against],
            "rivals": [rival.to_dict() for rival in self.rivals],
        }


@dataclass(frozen=True)
class Graph:
    """What the sources say together. Never changes: a source added or removed gives another graph.

    Attributes:
        schema: What could be said.
        sources: What each source says, by its name.
        edges: Supported by at least one source; ordered by head, relation, tail.
    """

    schema: Schema
    sources: Mapping[str, SourceGraph]
    edges: tuple[Edge, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sources", dict(self.sources))
        object.__setattr__(self, "edges", _edges(self.schema, self.sources.values()))

    @property
    def entities(self) -> tuple[Entity, ...]:
        """The things that edges speak of, without values."""
        return tuple(sorted({e for edge in self.edges for e in (edge.head, edge.tail) if not e.is_value}))

    @property
    def conflicts(self) -> tuple[Edge, ...]:
        return tuple(edge for edge in self.edges if edge.conflict)

    def with_source(self, source: SourceGraph) -> Graph:
        """This graph with one source added, or in place of what it said before."""
        return Graph(self.schema, {**self.sources, source.source: source})

    def without(self, name: str) -> Graph:
        """This graph without one source: what only it supported is gone.

        Raises:
            UsageError: There is no such source.
        """
        if name not in self.sources:
            raise UsageError(f"the graph has no source {shown(name)}; it has {shown_names(sorted(self.sources))}")
        return Graph(self.schema, {other: said for other, said in self.sources.items() if other != name})

    def of(self, name: str) -> tuple[Edge, ...]:
        """The edges that an entity of this name is head or tail of, without regard to case."""
        wanted = name.casefold()
        return tuple(edge for edge in self.edges if wanted in (edge.head.key[0], edge.tail.key[0]))

    def to_dict(self) -> dict[str, Any]:
        return {
            "schema": self.schema.to_dict(),
            "sources": [{"name": name, "sha256": said.sha256} for name, said in sorted(self.sources.items())],
            "entities": [entity.to_dict() for entity in self.entities],
            "edges": [edge.to_dict() for edge in self.edges],
        }


def _edges(schema: Schema, sources: Iterable[SourceGraph]) -> tuple[Edge, ...]:
    held: dict[Any, list[Statement]] = {}
    denied: dict[Any, list[Statement]] = {}
    symmetric = {relation.name for relation in schema.relations if relation.symmetric}
    for source in sources:
        for statement in source.statements:
            key = statement.key
            if statement.relation in symmetric and key[2] < key[0]:
                key = (key[2], key[1], key[0])
            (held if statement.holds else denied).setdefault(key, []).append(statement)
    functional = {relation.name for relation in schema.relations if relation.functional}
    tails: dict[Any, dict[Any, Entity]] = {}
    for (head, relation, tail), statements in held.items():
        if relation in functional:
            tails.setdefault((head, relation), {})[tail] = statements[0].tail
    edges = []
    for key in sorted(held):
        ranked = sorted(held[key], key=lambda s: (-s.probability, s.source, s.span))
        first = min(ranked, key=lambda s: (s.head.name, s.tail.name))  # one spelling, whatever the order of sources
        others = tails.get(key[:2], {})
        edges.append(
            Edge(
                first.head,
                first.relation,
                first.tail,
                tuple(ranked),
                tuple(sorted(denied.get(key, ()), key=lambda s: (-s.probability, s.source, s.span))),
                tuple(others[tail] for tail in sorted(others) if tail != key[2]),
            )
        )
    return tuple(edges)
