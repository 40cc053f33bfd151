"""The graph on disk."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tuili.applications.graph.build import build_graph
from tuili.applications.graph.update import update_store
from tuili.errors import DataError, UsageError
from tuili.reasoning.scripted import Scripted

pytest.importorskip("pyoxigraph")
from tuili.applications.graph.store import Store

from conftest import TEXTS, literal  # isort: skip


def filled(store, judge, schema, texts=TEXTS):
    return update_store(judge, store, texts, schema=schema, calibration=None)


def test_what_is_stored_is_what_was_built(tmp_path, judge, schema):
    store = Store(tmp_path / "g", create=True)
    assert filled(store, judge, schema).read == 3
    assert store.load() == build_graph(judge, TEXTS, schema=schema, calibration=None)
    del store
    again = Store(tmp_path / "g")
    assert again.load() == build_graph(judge, TEXTS, schema=schema, calibration=None)
    assert filled(again, judge, schema).unchanged == 3


def test_a_removed_source_takes_with_it_what_only_it_supported(judge, schema):
    store = Store()
    filled(store, judge, schema)
    store.remove("c")
    rest = {name: text for name, text in TEXTS.items() if name != "c"}
    assert store.load() == build_graph(judge, rest, schema=schema, calibration=None)
    assert not store.query("SELECT ?a { ?a relation:killed ?b }").rows
    assert not store.query('SELECT ?a { ?a rdfs:label "Anna Frost" }').rows
    for name in ("a", "b"):
        store.remove(name)
    assert store.query("SELECT ?s { ?s ?p ?o FILTER(?p != tuili:schema) }").rows == ()
    with pytest.raises(UsageError, match="'c'"):
        store.remove("c")


def test_a_changed_source_replaces_what_it_said(judge, schema):
    store = Store()
    filled(store, judge, schema)
    assert filled(store, judge, schema, {"c": "Peter Holm knows Anna Frost."}).read == 1
    relations = {edge.relation for edge in store.load().edges}
    assert "killed" not in relations


def test_sparql_reads_relations_and_inverses(judge, schema):
    store = Store()
    filled(store, judge, schema)
    rows = store.query("SELECT DISTINCT ?n { ?o relation:employs ?p . ?p rdfs:label ?n }").rows
    assert rows == (("Mary Byron",),)
    assert store.query("ASK { ?a relation:killed ?b }").rows == (("true",),)
    assert store.query("SELECT ?s { ?s ?p ?o }", max_rows=3).limited == "rows"


@pytest.mark.parametrize(
    "query",
    ["nonsense", "", "DELETE WHERE { ?s ?p ?o }", "SELECT * { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }", "DROP ALL"],
)
def test_a_query_cannot_change_or_leave_the_store(judge, schema, query):
    store = Store()
    filled(store, judge, schema)
    with pytest.raises(UsageError):
        store.query(query)
    assert store.load() == build_graph(judge, TEXTS, schema=schema, calibration=None)


PAYLOADS = [
    '"> } ; DROP ALL ; INSERT DATA { <urn:x> <urn:y> "z',
    "urn:a> ;<urn:p> <urn:o",
    "'; DROP TABLE graph; --",
    "%3E%7D <script>alert(1)</script>",
    'a\\" ;} # ünïcødé 汉字',
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_s12_hostile_names_and_texts_change_nothing(judge, schema, payload):
    """S12: a payload in any field is only characters, and comes back as it was."""
    from tuili.applications.graph.mentions import Mention
    from tuili.types import Span

    class Finds:
        def find(self, text):
            half = text.index(" knows ")
            return [Mention(Span(0, half), "person"), Mention(Span(half + 7, len(text) - 1), "person")]

    texts = {payload: f"{payload} knows Anna {payload}."}
    believes = Scripted(default="entailment")
    clean = Store()
    update_store(believes, clean, {"other": "Peter Holm knows Mary Byron."}, schema=schema, calibration=None)
    before = clean.load().sources["other"]
    update_store(believes, clean, texts, schema=schema, calibration=None, finder=Finds())
    graph = clean.load()
    assert graph.sources["other"] == before
    assert set(graph.sources) == {"other", payload}
    assert all(payload in said.quote for said in graph.sources[payload].statements)
    assert graph.sources[payload].statements
    assert not clean.query("SELECT ?s { ?s <urn:p> ?o }").rows
    clean.remove(payload)
    assert clean.load().sources == {"other": before}


def test_directories_that_are_no_graphs(tmp_path):
    with pytest.raises(DataError, match="not a graph"):
        Store(tmp_path / "absent")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("x")
    with pytest.raises(UsageError, match="something else"):
        Store(tmp_path / "full", create=True)
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["letter.txt"]


def test_a_store_that_is_open_elsewhere_says_so(tmp_path, judge, schema):
    store = Store(tmp_path / "g", create=True)
    filled(store, judge, schema)
    with pytest.raises(DataError, match="another process"):
        Store(tmp_path / "g")


def test_a_source_that_is_not_whole_is_found(judge, schema):
    store = Store()
    filled(store, judge, schema)
    quad = next(q for q in store._store if q.predicate.value.endswith(":quote"))
    store._store.remove(quad)
    with pytest.raises(DataError, match="not whole"):
        store.load()


CHILD = """
import sys
sys.path.insert(0, {here!r})
from conftest import SCHEMA, literal
from tuili.applications.graph.schema import parse_schema
from tuili.applications.graph.store import Store
from tuili.applications.graph.update import update_store
from tuili.reasoning.scripted import Scripted
knows = "Peter Holm knows Mary Byron. "
texts = {{f"s{{n}}": knows * (1 + n % 7) + f"Mary Byron works for Acme{{n}} Institute." for n in range({count})}}
store = Store({path!r}, create=True)
print("open", flush=True)
update_store(Scripted(literal), store, texts, schema=parse_schema(SCHEMA), calibration=None)
print("done", flush=True)
"""


def killed_imports(path: Path, times: int, seed: int, count: int) -> int:
    """Kill imports at random moments; after each, every source must be whole. Returns how many were killed."""
    rng, killed, before = random.Random(seed), 0, set()
    code = CHILD.format(here=str(Path(__file__).parent), path=str(path), count=count)
    for _ in range(times):
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "open\n"
            time.sleep(rng.uniform(0, 0.1))
            process.send_signal(signal.SIGKILL)
            killed += process.wait() == -signal.SIGKILL
        store = Store(path)
        if store.schema is not None:
            now = set(store.load().sources)  # load() refuses a source that is not whole
            assert before <= now
            before = now
        del store
    return killed


def resumed(path: Path, schema, count: int) -> None:
    texts = {
        f"s{n}": "Peter Holm knows Mary Byron. " * (1 + n % 7) + f"Mary Byron works for Acme{n} Institute."
        for n in range(count)
    }
    store = Store(path)
    update_store(Scripted(literal), store, texts, schema=schema, calibration=None)
    assert store.load() == build_graph(Scripted(literal), texts, schema=schema, calibration=None)


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_f7_an_import_that_is_killed_leaves_whole_sources_and_goes_on(tmp_path, schema):
    """F7: kill -9 in bulk import: each source is there whole or not at all, and the same call goes on."""
    assert killed_imports(tmp_path / "g", 5, 1, 300) >= 3
    resumed(tmp_path / "g", schema, 300)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_f7_two_hundred_kills(tmp_path, schema):
    """F7, at length."""
    assert killed_imports(tmp_path / "g", 200, 2, 4000) >= 100
    resumed(tmp_path / "g", schema, 4000)
