from __future__ import annotations

import pytest

from tuili.data.atomic import refuse_as_output, write_file
from tuili.errors import UsageError


def test_a_file_is_written_whole_and_nothing_else_is_left(tmp_path):
    (tmp_path / "new").mkdir()
    write_file(tmp_path / "new" / "page.html", b"<p>")
    assert (tmp_path / "new" / "page.html").read_bytes() == b"<p>"
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["page.html"]


def test_an_input_is_never_written_over(tmp_path):
    """By whatever name: a link to it is it."""
    source = tmp_path / "answer.txt"
    source.write_text("what somebody wrote")
    (tmp_path / "link.txt").symlink_to(source)
    (tmp_path / "inner").mkdir()
    for name in ("answer.txt", "link.txt", "inner/../answer.txt"):
        with pytest.raises(UsageError, match="is an input itself; choose another output"):
            write_file(tmp_path / name, b"<p>", inputs=[tmp_path / "missing", source])
    assert source.read_text() == "what somebody wrote"


@pytest.mark.parametrize("name", ["", ".", "folder", "a\0b"])
def test_what_can_not_be_a_file_is_refused_by_its_name(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError, match=r"can't be the output|can't write to"):
        write_file(name, b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_name_that_is_free_is_not_refused(tmp_path):
    refuse_as_output(tmp_path / "free", [tmp_path])
    assert not (tmp_path / "free").exists()


def test_a_path_through_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="can't write to"):
        write_file(tmp_path / "file" / "page.html", b"x")
