"""Where checkpoints are found: on this machine, in the cache of the hub, or nowhere."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from tuili.errors import BundleError, ModelError, UsageError
from tuili.reasoning.model_directory import find_model

COMMIT = "0123456789abcdef0123456789abcdef01234567"
CONTENT = {"config.json": b"{}", "model.safetensors": b"weights", "tokenizer.json": b"{}"}


def fill(directory):
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in CONTENT.items():
        (directory / name).write_bytes(content)
    return directory


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache of the hub, and no way to the hub itself."""
    constants = pytest.importorskip("huggingface_hub.constants")
    # The library reads the environment when it is imported, which may have been long ago.
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def cached(cache):
    """The repository org/name, in the cache."""
    repository = cache / "models--org--name"
    fill(repository / "snapshots" / COMMIT)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)
    return repository / "snapshots" / COMMIT


def test_a_directory_is_named_after_itself_and_its_content(tmp_path):
    directory = fill(tmp_path / "model")
    lines = [f"{hashlib.sha256(CONTENT[name]).hexdigest()}  {name}\n" for name in sorted(CONTENT)]
    digest = hashlib.sha256("".join(lines).encode()).hexdigest()
    found = find_model(str(directory))
    assert (found.path, found.name) == (directory, f"model@{digest[:12]}")
    (directory / "README.md").write_text("not part of the model")
    assert find_model(directory).name == found.name
    (directory / "model.safetensors").write_bytes(b"other weights")
    assert find_model(directory).name != found.name


def test_a_relative_path_is_named_after_where_it_leads(tmp_path, monkeypatch):
    monkeypatch.chdir(fill(tmp_path / "model"))
    assert find_model(".").name.startswith("model@")


@pytest.mark.parametrize("source", ["hf:org/name", "org/name", "hf:org/name@main", f"hf:org/name@{COMMIT}"])
def test_a_repository_is_taken_from_the_cache_and_named_after_its_commit(cached, source):
    found = find_model(source)
    assert found.path.resolve() == cached.resolve()
    assert found.name == "hf:org/name@0123456789ab"


def test_a_repository_that_is_not_on_this_machine_is_reported_offline(cache):
    with pytest.raises(ModelError, match="org/other is not on this machine, and the Hugging Face hub can't be reached"):
        find_model("hf:org/other")


def test_a_directory_of_the_same_name_does_not_stand_in_for_a_repository(cache, tmp_path, monkeypatch):
    fill(tmp_path / "org" / "other")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError, match="can't be reached"):
        find_model("hf:org/other")


@pytest.mark.parametrize(
    "source", ["hf:", "hf:a/b/c", "hf:a b", "hf:org/name@", "", "C:\\model", "http://x", "hf:../.."]
)
def test_what_is_neither_a_path_nor_a_repository_is_refused(cache, source):
    with pytest.raises((UsageError, ModelError)):
        find_model(source)


@pytest.mark.parametrize("name", CONTENT)
def test_an_incomplete_directory_is_refused_and_what_is_missing_is_named(tmp_path, name):
    directory = fill(tmp_path / "model")
    (directory / name).unlink()
    with pytest.raises(BundleError, match=name.partition(".")[0]):
        find_model(directory)


def test_a_path_that_is_no_directory_is_refused(tmp_path):
    for path in (tmp_path / "gone", fill(tmp_path / "model") / "config.json"):
        with pytest.raises(BundleError, match="is not a directory"):
            find_model(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_what_is_not_a_plain_file_is_not_opened(tmp_path):
    """Opening a named pipe would wait for ever."""
    directory = fill(tmp_path / "model")
    for name in CONTENT:
        (directory / name).unlink()
        os.mkfifo(directory / name)
        with pytest.raises(BundleError, match=name.partition(".")[0]):
            find_model(Path(directory))
        (directory / name).unlink()
        (directory / name).write_bytes(CONTENT[name])
