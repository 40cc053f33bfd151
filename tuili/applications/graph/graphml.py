"""The graph as GraphML, which Gephi, yEd, Cytoscape and networkx read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

if TYPE_CHECKING:
    from tuili.applications.graph.graph import Graph

# what XML 1.0 can't hold, escaped or not
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_KEYS = (
    ("label", "node", "string"),
    ("type", "node", "string"),
    ("relation", "edge", "string"),
    ("probability", "edge", "double"),
    ("conflict", "edge", "boolean"),
    ("quote", "edge", "string"),
    ("source", "edge", "string"),
)


def write_graphml(graph: Graph) -> bytes:
    """UTF-8 XML. An edge carries its most probable quote; characters that XML can't hold become U+FFFD."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">']
    for name, side, kind in _KEYS:
        lines.append(f'  <key id="{name}" for="{side}" attr.name="{name}" attr.type="{kind}"/>')
    lines.append('  <graph edgedefault="directed">')
    entities = dict.fromkeys(entity for edge in graph.edges for entity in (edge.head, edge.tail))
    numbers: dict[tuple[str, str], str] = {}
    for entity in entities:
        if entity.key in numbers:
            continue
        numbers[entity.key] = f"n{len(numbers)}"
        data = _data({"label": entity.name, "type": entity.type})
        lines.append(f"    <node id={quoteattr(numbers[entity.key])}>{data}</node>")
    for edge in graph.edges:
        best = edge.statements[0]
        data = _data(
            {
                "relation": edge.relation,
                "probability": repr(edge.probability),
                "conflict": str(edge.conflict).lower(),
                "quote": best.quote,
                "source": best.source,
            }
        )
        ends = f'source="{numbers[edge.head.key]}" target="{numbers[edge.tail.key]}"'
        lines.append(f"    <edge {ends}>{data}</edge>")
    return "\n".join([*lines, "  </graph>", "</graphml>", ""]).encode()


def _data(values: dict[str, str]) -> str:
    return "".join(f'<data key="{key}">{escape(_FORBIDDEN.sub("�", value))}</data>' for key, value in values.items())
