from __future__ import annotations

import os
import sqlite3

import pytest
from overlap import HOSTILE

from tuili.applications.passages_index import PassageIndex
from tuili.errors import DataError, UsageError


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "bridge.txt").write_text("The bridge was opened in 1966. It has two towers.", "utf-8")
    (folder / "mill.txt").write_text("The mill was burnt in 1901.", "utf-8")
    return folder


def counts(refreshed):
    return tuple(refreshed.to_dict().values())


def test_only_what_changed_is_read_again(folder, tmp_path):
    with PassageIndex(tmp_path / "index") as index:
        assert counts(index.refresh([folder])) == (2, 0, 0, 0)
        assert counts(index.refresh([folder])) == (0, 0, 0, 2)
        (folder / "mill.txt").write_text("The mill was rebuilt in 1903.", "utf-8")
        (folder / "lamp.txt").write_text("The lamp was lit.", "utf-8")
        (folder / "bridge.txt").unlink()
        assert counts(index.refresh([folder])) == (1, 1, 1, 0)
    with PassageIndex(tmp_path / "index") as index:
        assert [p.text for p in index.search("When was the mill rebuilt?", 5)] == ["The mill was rebuilt in 1903."]
        assert index.search("bridge tower", 5) == []
        assert len(index) == 2


def test_a_file_that_was_only_touched_is_not_indexed_anew(folder):
    with PassageIndex() as index:
        index.refresh([folder])
        os.utime(folder / "mill.txt", ns=(1, 1))
        assert counts(index.refresh([folder])) == (0, 0, 0, 2)
        os.utime(folder / "mill.txt", ns=(1, 1))
        assert len(index) == 2


def test_a_refresh_that_fails_leaves_the_index_as_it_was(folder, tmp_path):
    with PassageIndex(tmp_path / "index") as index:
        index.refresh([folder])
        (folder / "a.txt").write_text("New and good.", "utf-8")
        (folder / "z.txt").write_bytes(b"caf\xe9")
        with pytest.raises(DataError, match=r"z\.txt.*UTF-8"):
            index.refresh([folder])
        assert index.search("new and good", 5) == []
        assert len(index.search("bridge", 5)) == 1


def test_passages_say_where_they_stand(folder):
    text = "Nothing to see here at all. " * 40 + "The keeper was Ada Byrne."
    (folder / "long.txt").write_text(text, "utf-8")
    with PassageIndex() as index:
        index.refresh([folder])
        best = index.search("Who was the keeper?", 1)[0]
    assert text[best.start :].startswith(best.text)
    assert "Ada Byrne" in best.text


@pytest.mark.parametrize("hostile", HOSTILE)
def test_s12_nothing_in_a_question_is_query_syntax(folder, hostile):
    """S12: the answer to a hostile question is that to its words alone, and the tables are as they were."""
    with PassageIndex() as index:
        index.refresh([folder])
        index.search(hostile, 5)
        found = index.search(f"{hostile} bridge", 5)
        assert "bridge" in {word for p in found for word in p.text.split()}
        assert len(index) == 2


@pytest.mark.parametrize("hostile", [*HOSTILE[:6], "words:x", "a'b\"c", "x); DELETE FROM files; --"])
def test_s12_nothing_in_a_file_or_its_name_is_sql(tmp_path, hostile):
    """S12: names and contents are bound, and come back to the character."""
    (tmp_path / "notes").mkdir()
    name = hostile.replace("/", "") + ".txt"
    (tmp_path / "notes" / name).write_text(f"marker {hostile}", "utf-8")
    with PassageIndex(tmp_path / "index") as index:
        assert counts(index.refresh([tmp_path / "notes"])) == (1, 0, 0, 0)
        best = index.search("marker", 1)[0]
        assert best.name.endswith(name)
        assert best.text.startswith(f"marker {hostile}"[: len(best.text)])
        assert counts(index.refresh([tmp_path / "notes"])) == (0, 0, 0, 1)


def test_what_is_no_index_is_refused_and_left_alone(tmp_path):
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE mine (x)")
    connection.close()
    text = tmp_path / "text.db"
    text.write_text("not a database, " * 100)
    for path in (other, text, tmp_path, tmp_path / "missing" / "index"):
        with pytest.raises(UsageError, match="index"):
            PassageIndex(path)
    assert text.read_text().startswith("not a database")
