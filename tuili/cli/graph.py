"""`tuili graph`: build a graph from texts, ask it, show it, export it, and take sources out of it again."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tuili.cli.options import Json, LabelOrder, Model, Threads, open_engine
from tuili.cli.terminal import one_line
from tuili.errors import DataError, UsageError

if TYPE_CHECKING:
    from tuili.applications.graph.mentions import EntityFinder

app = typer.Typer(
    name="graph",
    help="Entities and relations from texts, each with the sentence that entails it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Folder = Annotated[Path, typer.Argument(metavar="GRAPH", help="The graph's directory.")]


class Export(StrEnum):
    """Formats that a graph can be written in."""

    TURTLE = "turtle"
    JSON_LD = "json-ld"
    GRAPHML = "graphml"
    JSON = "json"


class Finder(StrEnum):
    """Who finds the names."""

    TRAINED = "trained"
    RULES = "rules"


@app.command()
def build(
    graph: Folder,
    source: Annotated[
        list[Path],
        typer.Option("--source", metavar="PATH", help="A text file, or a directory of .txt, .md and .rst."),
    ],
    schema: Annotated[
        Path | None, typer.Option("--schema", help="TOML; the graph's own or the general one by default.")
    ] = None,
    relation: Annotated[
        list[str] | None,
        typer.Option("--relation", metavar="NAME", help="Only this relation of the schema; may be given again."),
    ] = None,
    threshold: Annotated[float, typer.Option("--threshold", help="Probability from which on an edge is kept.")] = 0.5,
    finder: Annotated[
        Finder | None,
        typer.Option("--finder", help="Who finds the names; by default the trained one, where its weights came along."),
    ] = None,
    open_relations: Annotated[
        bool, typer.Option("--open", help="Store relations too that no schema names, in the words of the texts.")
    ] = False,
    model: Model = None,
    labels: LabelOrder = None,
    threads: Threads = None,
    as_json: Json = False,
) -> None:
    """Read sources into GRAPH. What has not changed is not read again; the same command goes on after a break."""
    from tuili.applications.graph.build import make_settings
    from tuili.applications.graph.schema import general_schema, read_schema
    from tuili.applications.graph.store import Store
    from tuili.applications.graph.update import update_store
    from tuili.cli.progress import rows_bar

    texts = _texts(source)
    wanted = None if schema is None else read_schema(schema)
    found = _finder(finder)
    make_settings(wanted, found, threshold, "shipped")  # what can't be is told before anything is made
    store = Store(graph, create=True)
    if relation:
        wanted = (wanted or store.schema or general_schema()).only(relation)
    engine = open_engine(model, threads, labels)
    with rows_bar() as show:
        done = update_store(
            engine,
            store,
            texts,
            schema=wanted,
            finder=found,
            threshold=threshold,
            open_relations=open_relations,
            progress=show,
        )
    said = store.load()
    counts = {
        "sources": len(said.sources),
        "read": done.read,
        "unchanged": done.unchanged,
        "entities": len(said.entities),
        "edges": len(said.edges),
        "conflicts": len(said.conflicts),
    }
    if as_json:
        typer.echo(json.dumps(counts))
    else:
        typer.echo(f"{graph}: " + ", ".join(f"{count} {name}" for name, count in counts.items()), err=True)


@app.command()
def query(
    graph: Folder,
    sparql: Annotated[
        str, typer.Argument(metavar="SPARQL", help="A query, such as: SELECT ?a ?b { ?a relation:works_for ?b }")
    ],
    max_rows: Annotated[int, typer.Option("--max-rows", min=1, help="Rows after these are not computed.")] = 10_000,
    seconds: Annotated[float, typer.Option("--seconds", min=0.1, help="When the answer is cut short.")] = 30.0,
    as_json: Json = False,
) -> None:
    """Ask GRAPH in SPARQL."""
    from tuili.applications.graph.store import Store

    rows = Store(graph).query(sparql, max_rows=max_rows, seconds=seconds)
    if as_json:
        typer.echo(json.dumps(rows.to_dict(), ensure_ascii=False))
        return
    typer.echo("\t".join(rows.variables))
    for row in rows.rows:
        typer.echo("\t".join("" if value is None else one_line(value) for value in row))
    if rows.limited:
        typer.echo(f"tuili: cut short: the limit of {rows.limited} was reached", err=True)


@app.command()
def show(
    graph: Folder,
    html: Annotated[Path | None, typer.Option("--html", help="Write a page with a picture and all quotes.")] = None,
    entity: Annotated[str | None, typer.Option("--entity", help="Only what is near this name.")] = None,
    hops: Annotated[int, typer.Option("--hops", min=1, help="How near.")] = 1,
    as_json: Json = False,
) -> None:
    """Show the edges of GRAPH with their quotes."""
    from tuili.applications.graph.store import Store
    from tuili.applications.graph.traverse import neighbourhood

    said = Store(graph).load()
    if html is not None:
        from tuili.applications.graph.page import write_page
        from tuili.data.atomic import write_file

        write_file(html, write_page(said, title=graph.name).encode())
        typer.echo(f"{html}: {len(said.edges)} edges", err=True)
        return
    edges, limited = said.edges, None
    if entity is not None:
        walk = neighbourhood(said, entity, hops=hops)
        edges, limited = walk.edges, walk.limited
        if not edges:
            raise DataError(f"no edge has an entity called {entity!r}", path=graph)
    if as_json:
        typer.echo(json.dumps({"edges": [edge.to_dict() for edge in edges], "limited": limited}, ensure_ascii=False))
        return
    if not edges:
        typer.echo(f"{graph}: no edges; nothing in its {len(said.sources)} sources was entailed", err=True)
    for edge in edges:
        mark = "  (in conflict)" if edge.conflict else ""
        typer.echo(
            f"{one_line(edge.head.name)} · {edge.relation} · {one_line(edge.tail.name)}  {edge.probability:.2f}{mark}"
        )
        for statement in edge.statements:
            typer.echo(f"    “{one_line(statement.quote)}”  {one_line(statement.source)}")
    if limited:
        typer.echo(f"tuili: cut short: the limit of {limited} was reached", err=True)


@app.command()
def export(
    graph: Folder,
    output: Annotated[Path, typer.Option("--output", help="The file to write.")],
    form: Annotated[Export, typer.Option("--format", help="What to write.")] = Export.TURTLE,
) -> None:
    """Write GRAPH in a format that other programs read."""
    from tuili.applications.graph.graphml import write_graphml
    from tuili.applications.graph.rdf import write_rdf
    from tuili.applications.graph.store import Store
    from tuili.data.atomic import write_file

    said = Store(graph).load()
    if form is Export.GRAPHML:
        content = write_graphml(said)
    elif form is Export.JSON:
        content = json.dumps(said.to_dict(), ensure_ascii=False, indent=1).encode()
    else:
        content = write_rdf(said, form.value)
    write_file(output, content)
    typer.echo(f"{output}: {len(said.edges)} edges", err=True)


@app.command()
def remove(graph: Folder, source: Annotated[list[str], typer.Argument(metavar="SOURCE...", help="Names.")]) -> None:
    """Take sources out of GRAPH, and with them all that only they supported."""
    from tuili.applications.graph.store import Store

    store = Store(graph)
    for name in source:
        store.remove(name)
    store.flush()
    typer.echo(f"{graph}: {len(store.sources)} sources left", err=True)


def _finder(wanted: Finder | None) -> EntityFinder | None:
    if wanted is Finder.RULES:
        from tuili.applications.graph.finder import RuleFinder

        return RuleFinder()
    if wanted is Finder.TRAINED:
        from tuili.applications.graph.trained import TrainedFinder

        return TrainedFinder()
    return None


def _texts(sources: list[Path]) -> dict[str, str]:
    """The texts by the names under which they were given."""
    from tuili.applications.passages import SUFFIXES, files_of
    from tuili.data.files import READ_ERRORS, open_regular, unreadable

    paths: list[Path] = []
    for source in sources:
        found = files_of(source)
        if not found:
            raise UsageError(f"{source} holds no {', '.join(SUFFIXES)} files")
        paths += found
    texts = {}
    for path in paths:
        try:
            with open_regular(path) as file:
                texts[str(path)] = file.read().decode("utf-8")
        except UnicodeDecodeError as error:
            raise DataError(f"is not UTF-8 at byte {error.start}", path=path) from None
        except READ_ERRORS as error:
            raise unreadable(error, path) from error
    return texts
