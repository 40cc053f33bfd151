"""A graph on disk: an embedded RDF store in which each source is put whole, replaced whole, and removed whole."""

from __future__ import annotations

import json
import re
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote

from tuili.applications.graph.graph import Graph, SourceGraph
from tuili.applications.graph.rdf import BASE, node, oxigraph, schema_from, source_of, source_quads
from tuili.data.shown import shown, shown_names
from tuili.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuili.applications.graph.schema import Schema

MAX_ROWS = 10_000
SECONDS = 30.0
_MARK = "tuili-graph.json"
_META = "graph"


@dataclass(frozen=True, slots=True)
class Rows:
    """The answer to a query.

    Attributes:
        variables: Names of the columns; of a CONSTRUCT query subject, predicate, object; of an ASK query `answer`.
        rows: A text for each, or None where a variable is unbound.
        limited: What cut the answer short, if anything.
    """

    variables: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    limited: Literal["rows", "seconds"] | None = None

    def to_dict(self) -> dict[str, Any]:
        return {"variables": list(self.variables), "rows": [list(row) for row in self.rows], "limited": self.limited}


class Store:
    """Keeps a graph in a directory, or in memory. One process at a time may open a directory."""

    def __init__(self, path: str | Path | None = None, *, create: bool = False) -> None:
        """Open a store.

        Args:
            path: A directory; None: in memory.
            create: Whether a directory that is not there, or is empty, is made into a store.

        Raises:
            DataError: It is not a store, is damaged, or another process has it open.
            UsageError: It can't be made.
            MissingExtra: pyoxigraph is not installed.
        """
        ox = oxigraph()
        self._ox = ox
        if path is None:
            self._store = ox.Store()
            return
        folder = Path(path)
        self._check(folder, create=create)
        try:
            self._store = ox.Store(str(folder / "data"))
        except (OSError, ValueError) as error:
            hint = "another process has it open" if "lock" in str(error).lower() else str(error)
            raise DataError(f"the store can't be opened: {hint}", path=path) from None

    @staticmethod
    def _check(folder: Path, *, create: bool) -> None:
        from tuili.data.atomic import write_files

        try:
            if (folder / _MARK).is_file():
                return
            if not create:
                raise DataError("is not a graph; `tuili graph build` makes one", path=folder)
            if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
                raise UsageError(f"{folder} holds something else; name an empty or a new directory")
        except (OSError, ValueError) as error:
            raise DataError(f"can't be opened: {getattr(error, 'strerror', None) or error}", path=folder) from None
        write_files(folder, {_MARK: b'{"kind": "tuili graph", "version": 1}\n'})

    @property
    def schema(self) -> Schema | None:
        """What the graph may say; None before the first source."""
        found = next(iter(self._store.quads_for_pattern(None, None, None, node("meta", _META))), None)
        return None if found is None else schema_from(found.object.value)

    def set_schema(self, schema: Schema) -> None:
        """Say what the graph may say. Sources read with another schema are read again when next they are added."""
        ox = self._ox
        meta = node("meta", _META)
        quad = ox.Quad(meta, ox.NamedNode(BASE + "schema"), ox.Literal(json.dumps(schema.to_dict())), meta)
        self._replace(meta, [quad])

    def put(self, source: SourceGraph) -> None:
        """Add a source, or put it in the place of what it said before: all of it or, if this fails, nothing.

        Raises:
            UsageError: The store has no schema yet.
            DataError: The disk can't be written.
        """
        schema = self.schema
        if schema is None:
            raise UsageError("the store has no schema; set_schema() comes first")
        self._replace(node("source", source.source), list(source_quads(source, schema)))

    def _replace(self, graph: Any, quads: list[Any]) -> None:
        """One transaction. The terms are written by the store's own serialiser, which escapes them."""
        triples = self._ox.serialize((quad.triple for quad in quads), format=self._ox.RdfFormat.N_TRIPLES).decode()
        with _translated():
            self._store.update(f"DROP SILENT GRAPH {graph}; INSERT DATA {{ GRAPH {graph} {{ {triples} }} }}")

    def remove(self, name: str) -> None:
        """Remove a source, and with it all that only it supported.

        Raises:
            UsageError: There is no such source.
        """
        if name not in (known := self.sources):
            raise UsageError(f"the graph has no source {shown(name)}; it has {shown_names(known)}")
        with _translated():
            self._store.remove_graph(node("source", name))

    @property
    def sources(self) -> list[str]:
        """Names, in order."""
        beginning = f"{BASE}source:"
        graphs = (graph.value for graph in self._store.named_graphs())
        return sorted(unquote(value.removeprefix(beginning)) for value in graphs if value.startswith(beginning))

    def digests(self, name: str) -> tuple[str, str] | None:
        """SHA-256 of a source's text and of the settings it was read with; None if it is not here."""
        graph = node("source", name)
        found = {
            quad.predicate.value: quad.object.value for quad in self._store.quads_for_pattern(graph, None, None, graph)
        }
        if BASE + "sha256" not in found:
            return None
        return found[BASE + "sha256"], found.get(BASE + "settings", "")

    def load(self) -> Graph:
        """The graph, with every source checked to be whole.

        Raises:
            DataError: It is not.
        """
        schema = self.schema
        if schema is None:
            if self.sources:
                raise DataError("the store has sources and no schema; build the graph again")
            from tuili.applications.graph.schema import general_schema

            return Graph(general_schema(), {})
        sources = {}
        for name in self.sources:
            graph = node("source", name)
            sources[name] = source_of(graph, list(self._store.quads_for_pattern(None, None, None, graph)))
        return Graph(schema, sources)

    def flush(self) -> None:
        """Wait until all is on disk."""
        with _translated():
            self._store.flush()

    def query(self, sparql: str, *, max_rows: int = MAX_ROWS, seconds: float = SECONDS) -> Rows:
        """The answer to a SPARQL 1.1 query over all sources as one graph. Nothing can be changed by it.

        Args:
            sparql: SELECT, ASK, CONSTRUCT or DESCRIBE. Known prefixes: tuili, entity, relation, type, source, rdfs.
            max_rows: What comes after is not computed.
            seconds: When the answer is cut short.

        Raises:
            UsageError: It is not such a query, or asks another server (SERVICE).
        """
        if re.search(r"service|\\u", sparql, re.IGNORECASE):
            raise UsageError("a query can't ask another server; it may not hold the word SERVICE, nor \\u escapes")
        answer: list[Rows] = []
        problem: list[Exception] = []
        rows: list[tuple[str | None, ...]] = []
        names: list[str] = []

        def run() -> None:
            try:
                answer.append(self._run(sparql, max_rows, rows, names))
            except Exception as error:  # noqa: BLE001 - handed to the caller's thread
                problem.append(error)

        # The store can't be interrupted: a query that takes too long is left behind with its thread.
        worker = threading.Thread(target=run, daemon=True)
        begun = time.monotonic()
        worker.start()
        worker.join(max(0.0, seconds - (time.monotonic() - begun)))
        if problem:
            if isinstance(problem[0], SyntaxError | ValueError):
                raise UsageError(f"the query can't be read: {problem[0]}") from None
            raise DataError(f"the query failed: {problem[0]}") from None
        return answer[0] if answer else Rows(tuple(names), tuple(rows), "seconds")

    def _run(self, sparql: str, most: int, rows: list[tuple[str | None, ...]], names: list[str]) -> Rows:
        from tuili.applications.graph.rdf import PREFIXES

        found = self._store.query(sparql, prefixes=PREFIXES, use_default_graph_as_union=True)
        if isinstance(found, self._ox.QueryBoolean):
            return Rows(("answer",), ((str(bool(found)).lower(),),))
        select = isinstance(found, self._ox.QuerySolutions)
        names += [v.value for v in found.variables] if select else ["subject", "predicate", "object"]
        for row in found:
            if len(rows) >= most:
                return Rows(tuple(names), tuple(rows), "rows")
            terms = list(row) if select else [row.subject, row.predicate, row.object]
            rows.append(tuple(None if term is None else str(getattr(term, "value", term)) for term in terms))
        return Rows(tuple(names), tuple(rows))


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, SyntaxError) as error:
        raise DataError(f"the store can't be written: {error}") from None
