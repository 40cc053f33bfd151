"""Nothing but plain files inside the directory is ever read (S4), nor a manifest that is not as it should be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import hostile_bundles as hostile
import pytest

from tuili import bundle
from tuili.bundle import Bundle
from tuili.errors import BundleError

if TYPE_CHECKING:
    from collections.abc import Iterator

CASES = list(hostile.cases(Path()))


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return hostile.main(tmp_path_factory.mktemp("hostile"), audited=False)["outcomes"]


@pytest.fixture
def without_directory_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "_HAS_DIRECTORY_DESCRIPTORS", False)


@pytest.mark.parametrize("case", CASES)
def test_a_hostile_bundle_is_refused_with_one_line_that_can_be_printed(case: str, outcomes: dict[str, str]):
    """S4, I3."""
    assert outcomes[case].startswith("BundleError: ")
    assert outcomes[case].isprintable()
    assert "is missing" not in outcomes[case] or not case.startswith(("name", "manifest"))  # refused as it is, unopened
    assert len(outcomes[case]) < 1000 + 5000 * ("too long" in case)


def test_there_are_more_than_200_names_and_50_things_that_are_not_files():
    """S4."""
    assert len(set(hostile.NAMES)) >= 200
    assert sum(" is " in case for case in CASES) >= 50


def test_the_honest_bundle_that_all_of_these_depart_from_is_opened(tmp_path: Path):
    opened = Bundle.open(hostile.lay(tmp_path / "honest"))
    assert dict(opened.files) == hostile.FILES
    assert opened.manifest.to_dict() == hostile.manifest()


def test_every_refusal_is_the_same_under_python_o(tmp_path: Path, outcomes: dict[str, str]):
    """S3: no check is an `assert`."""
    done = subprocess.run(
        [sys.executable, "-O", hostile.__file__, str(tmp_path)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert json.loads(done.stdout)["outcomes"] == outcomes


@pytest.mark.usefixtures("without_directory_descriptors")
def test_every_refusal_is_the_same_where_a_directory_has_no_descriptor(tmp_path: Path, outcomes: dict[str, str]):
    """S4, on Windows."""
    here = hostile.main(tmp_path, audited=False)["outcomes"]
    assert here == outcomes


def test_a_file_that_is_swapped_for_something_else_after_the_look_is_refused_too(tmp_path: Path, monkeypatch):
    """S4: the look before opening is a courtesy; it is the descriptor that counts."""
    monkeypatch.setattr(bundle._Folder, "check", lambda *_: None)
    here = hostile.main(tmp_path, audited=False)["outcomes"]
    assert [case for case in CASES if not here[case].startswith("BundleError: ")] == []
    assert "is not a regular file" in here["own: model.onnx is a FIFO"]
    assert "Too many levels of symbolic links" in here["own: model.onnx is a link out"]


def test_an_open_bundle_directory_can_be_swapped_for_another_without_effect(tmp_path: Path, monkeypatch):
    """S4: names are looked up in the directory that was opened, not in its path."""
    path = hostile.lay(tmp_path / "bundle")
    parse = bundle._parse

    def swap(content: bytes) -> object:
        path.rename(tmp_path / "away")
        hostile.lay(path, files={"model.onnx": b"another", "tokenizer.json": b"another"})
        return parse(content)

    monkeypatch.setattr(bundle, "_parse", swap)
    assert dict(Bundle.open(path).files) == hostile.FILES


def test_the_path_of_a_bundle_may_be_a_link(tmp_path: Path):
    (tmp_path / "link").symlink_to(hostile.lay(tmp_path / "bundle"))
    assert Bundle.open(tmp_path / "link").manifest.name == "honest"


def test_a_hard_link_with_the_right_content_is_opened(tmp_path: Path):
    """Package managers install by hard link from their cache; the hash makes it harmless."""
    path = hostile.lay(tmp_path / "bundle")
    (path / "model.onnx").rename(tmp_path / "cached")
    (path / "model.onnx").hardlink_to(tmp_path / "cached")
    assert Bundle.open(path).files["model.onnx"] == hostile.FILES["model.onnx"]


def test_files_that_are_not_listed_are_never_opened(tmp_path: Path):
    """S2."""
    path = hostile.lay(tmp_path / "bundle")
    for name in ("tokenizers.py", "config.json", "pytorch_model.bin", "..json"):
        os.mkfifo(path / name)  # whoever opened it would wait
    (path / "vocab.json").symlink_to("/dev/zero")
    assert dict(Bundle.open(path).files) == hostile.FILES


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How many bytes each read asked for."""
    asked: list[int] = []
    fdopen = os.fdopen

    class Counting:
        def __init__(self, descriptor: int, mode: str) -> None:
            self.file = fdopen(descriptor, mode)
            self.fileno = self.file.fileno

        def __enter__(self) -> Counting:
            return self

        def __exit__(self, *_: object) -> None:
            self.file.close()

        def read(self, size: int) -> bytes:
            asked.append(size)
            return self.file.read(size)

    monkeypatch.setattr(os, "fdopen", Counting)
    return asked


def test_of_a_file_of_another_length_nothing_is_read(tmp_path: Path, reads: list[int]):
    path = hostile.lay(tmp_path / "bundle")
    os.truncate(path / "model.onnx", 3 * 2**30)  # no more than a hole on disk
    with pytest.raises(BundleError, match=r"model\.onnx: is of 3221225472 bytes, not 51"):
        Bundle.open(path)
    assert reads == [78, 2**20]


def test_a_file_that_grows_while_it_is_read_is_read_to_its_listed_length(tmp_path: Path, reads: list[int]):
    path = hostile.lay(tmp_path / "bundle")
    Bundle.open(path)
    assert reads == [78, 2**20, *map(len, hostile.FILES.values())]
