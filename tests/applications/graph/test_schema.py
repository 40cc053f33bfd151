"""Schemas, and what is said of those that are none."""

from __future__ import annotations

import pytest

from tuili.applications.graph.schema import general_schema, parse_schema, read_schema
from tuili.errors import DataError

GOOD = {"name": '"likes"', "domain": '"person"', "range": '"entity"', "hypothesis": '"{head} likes {tail}."'}


def written(**changes: str | None) -> str:
    fields = {**GOOD, **changes}
    return "[[relation]]\n" + "\n".join(f"{key} = {value}" for key, value in fields.items() if value is not None)


def test_the_general_schema_has_some_twenty_relations():
    relations = general_schema().relations
    assert len(relations) >= 20
    assert {"person", "organization", "place"} <= {kind for relation in relations for kind in relation.domain}


def test_names_may_hold_braces():
    relation = parse_schema(written()).relations[0]
    assert relation.said_of("{tail}", "{head} & \\1") == ["{tail} likes {head} & \\1."]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": None}, "name.*missing"),
        ({"name": '"Likes it"'}, "not a name"),
        ({"name": "7"}, "not a name"),
        ({"domain": '""'}, "blank"),
        ({"domain": "[]"}, "list of texts"),
        ({"range": '"A Place"'}, "name of a type"),
        ({"hypothesis": '"{head} likes."'}, "once each"),
        ({"hypothesis": '"{head} likes {tail} and {x}."'}, "once each"),
        ({"hypothesis": '"{head} likes {tail.__class__}."'}, "once each"),
        ({"symmetric": '"yes"'}, "true or false"),
        ({"symmetric": "true"}, "must be the same"),
        ({"colour": '"red"'}, "unknown field"),
        ({"inverse": '"likes"'}, "used twice"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(changes, words):
    with pytest.raises(DataError, match=words):
        parse_schema(written(**changes), "my.toml")


@pytest.mark.parametrize("text", ["", "x = 1", "[relation]\nname='a'", "relation = 3", "relation = []", "not toml"])
def test_what_is_no_schema_is_refused(text):
    with pytest.raises(DataError, match=r"^my\.toml"):
        parse_schema(text, "my.toml")


def test_files_that_cannot_be_read(tmp_path):
    (tmp_path / "latin.toml").write_bytes(b"\xff\xfe")
    for name in ("latin.toml", "absent.toml", "."):
        with pytest.raises(DataError):
            read_schema(tmp_path / name)
    (tmp_path / "good.toml").write_text(written())
    assert read_schema(tmp_path / "good.toml").relations[0].name == "likes"
