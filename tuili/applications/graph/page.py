"""The graph as one HTML page: a picture that can be pulled about, and a table of every edge with its quotes.

The page asks nothing of any server: its script and style are inside, and its content security policy allows no other.
"""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from tuili.applications.graph.mentions import TYPES

if TYPE_CHECKING:
    from tuili.applications.graph.graph import Edge, Graph, Statement

MAX_DRAWN = 300
"""Edges in the picture; its layout takes time that grows with the square of the nodes."""

MAX_LISTED = 5_000

_STYLE = """
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { margin: 1rem auto; max-width: 72rem; padding: 0 1rem; }
svg { width: 100%; border: 1px solid #8888; border-radius: 6px; touch-action: none; }
svg text { font-size: 11px; fill: currentColor; } .node { cursor: grab; }
.edge { stroke: #888; stroke-width: 1.2; } .edge.conflict { stroke: #c33; stroke-dasharray: 5 3; }
.edge.chosen { stroke-width: 4; }
circle { fill: #888; } .t0 { fill: #3a7bd5; } .t1 { fill: #c77a1b; } .t2 { fill: #3a9a5b; } .t3 { fill: #8a55b5; }
.t4 { fill: #b5455f; } .t5 { fill: #777; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .5rem; vertical-align: top; }
tr { border-bottom: 1px solid #8884; } tr.chosen, tr:focus { background: #88f3; outline: none; }
mark { background: #fd08; color: inherit; } .conflict { color: #c33; } small { opacity: .75; }
"""


def write_page(graph: Graph, *, title: str = "Graph") -> str:
    """A self-contained page. Everything that came from a source, a schema or a name is escaped.

    The picture shows the `MAX_DRAWN` most probable edges, the table the `MAX_LISTED` most probable; the page says so
    where there are more.
    """
    ranked = sorted(graph.edges, key=lambda edge: -edge.probability)
    drawn, listed = ranked[:MAX_DRAWN], ranked[:MAX_LISTED]
    script = (files("tuili.applications.graph") / "page.js").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    more = f" The picture shows {len(drawn)}, the table {len(listed)}." if len(ranked) > len(drawn) else ""
    conflicts = len(graph.conflicts)
    counts = (
        f"{len(graph.entities)} entities, {len(ranked)} edges, {len(graph.sources)} sources, "
        f"{conflicts} in conflict.{more}"
    )
    rows = "\n".join(_row(number, edge) for number, edge in enumerate(listed))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{escape(title)}</h1>
<p>{counts}</p>
<svg id="picture" viewBox="0 0 960 600" role="img" aria-label="The graph; the table below says the same"></svg>
<p><label>Filter <input id="filter" type="search"></label> <small>Tab goes from edge to edge.</small></p>
<table>
<thead><tr><th>Head</th><th>Relation</th><th>Tail</th><th>Probability</th><th>Quotes</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
<script type="application/json" id="data">{_data(drawn)}</script>
<script>{script}</script>
</body>
</html>
"""


def _data(edges: list[Edge]) -> str:
    """What the script draws, as JSON that can't close its element."""
    keys: dict[tuple[str, str], int] = {}
    nodes: list[dict[str, object]] = []
    for edge in edges:
        for entity in (edge.head, edge.tail):
            if entity.key not in keys:
                keys[entity.key] = len(nodes)
                kind = TYPES.index(entity.type) if entity.type in TYPES[:6] else 5
                nodes.append({"name": entity.name, "type": entity.type, "kind": kind})
    drawn = [
        {
            "head": keys[edge.head.key],
            "tail": keys[edge.tail.key],
            "title": f"{edge.head.name} — {edge.relation} — {edge.tail.name}",
            "conflict": edge.conflict,
        }
        for edge in edges
    ]
    written = json.dumps({"nodes": nodes, "edges": drawn})
    return written.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _row(number: int, edge: Edge) -> str:
    quotes = "<br>".join(
        f"{_quoted(said)} <small>{escape(said.source)} {said.span.start}–{said.span.end}</small>"
        for said in edge.statements[:5]
    )
    conflict = ""
    if edge.rivals:
        conflict += f'<br><span class="conflict">also: {escape(", ".join(rival.name for rival in edge.rivals))}</span>'
    for said in edge.against[:2]:
        conflict += f'<br><span class="conflict">against: “{escape(said.quote)}”</span>'
    return (
        f'<tr tabindex="0" data-edge="{number}">'
        f"<td>{escape(edge.head.name)}<br><small>{escape(edge.head.type)}</small></td>"
        f"<td>{escape(edge.relation)}</td><td>{escape(edge.tail.name)}<br><small>{escape(edge.tail.type)}</small></td>"
        f"<td>{edge.probability:.2f}</td><td>{quotes}{conflict}</td></tr>"
    )


def _quoted(said: Statement) -> str:
    """The quote with the two names marked."""
    parts, place = [], 0
    for span in sorted({said.head_span, said.tail_span}):
        start, end = span.start - said.span.start, span.end - said.span.start
        if start < place:
            continue
        parts += [escape(said.quote[place:start]), f"<mark>{escape(said.quote[start:end])}</mark>"]
        place = end
    return f"“{''.join(parts)}{escape(said.quote[place:])}”"
