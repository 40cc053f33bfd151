"""Whether a file is still the same."""

from __future__ import annotations

import hashlib
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from tuili.data.fingerprint import fingerprint
from tuili.errors import DataError

Write = Callable[[str, str | bytes], Path]


@pytest.mark.parametrize("content", [b"", b"a,b\n", bytes(range(256)) * 10_000])
def test_it_is_the_sha256_of_the_bytes(write: Write, content: bytes) -> None:
    assert fingerprint(write("any.name", content)) == hashlib.sha256(content).hexdigest()


def test_memory_does_not_grow_with_the_file(write: Write) -> None:
    path = write("large.csv", bytes(20_000_000))
    tracemalloc.start()
    fingerprint(path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2_000_000


def test_a_missing_file_and_a_directory_are_data_errors(tmp_path: Path) -> None:
    for path in (tmp_path / "missing", tmp_path):
        with pytest.raises(DataError):
            fingerprint(path)
