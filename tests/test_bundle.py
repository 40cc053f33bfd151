"""What is written is what is opened, and nothing that differs from it by a bit ever is (F3)."""

from __future__ import annotations

import hashlib
import json
import os
import random
import stat
from dataclasses import FrozenInstanceError, replace
from typing import TYPE_CHECKING, Any

import hostile_bundles as hostile
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuili import bundle
from tuili.bundle import Bundle, write_bundle
from tuili.errors import BundleError, UsageError
from tuili.manifest import Base, Combination, DataCard, Manifest, Window
from tuili.types import TWO_WAY, Label

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MANIFEST = Manifest(
    name="tiny",
    version="1.0",
    kind="prefix-onnx",
    labels=(Label.CONTRADICTION, Label.ENTAILMENT, Label.NEUTRAL),
    temperature=1.5,
    threshold=0.25,
    window=Window(premise=256, hypothesis=128, overlap=64),
    combination=Combination("decisive_mean", {"sharpness": 2}),
    precision="int8",
    base=Base("all-MiniLM-L6-v2", "Apache-2.0", "0" * 64),
    data=(DataCard("SNLI", "CC BY-SA 4.0"), DataCard("Über 数据", "not stated")),
    recipe={"command": "python models/train.py", "seed": 1, "commit": None, "final": True, "rate": 1e-4},
    metrics={"snli": {"n": 10_000, "accuracy": 0.875}},
)
FILES = {"model.onnx": bytes(range(256)), "tokenizer.json": b'{"a": 1}', "README.md": b"# Card\n", "more/x.txt": b"x"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_bundle(tmp_path / "bundle", MANIFEST, FILES)
    return tmp_path / "bundle"


def everything(path: Path) -> dict[str, bytes]:
    return {p.relative_to(path).as_posix(): p.read_bytes() for p in path.rglob("*") if p.is_file()}


# --- there and back -------------------------------------------------------------------------------------------------


def test_what_is_written_is_what_is_opened(tmp_path: Path):
    written = write_bundle(tmp_path / "bundle", MANIFEST, FILES)
    opened = Bundle.open(tmp_path / "bundle")
    assert opened == written
    assert dict(opened.files) == FILES
    assert replace(opened.manifest, files={}) == MANIFEST
    assert opened.digest == hashlib.sha256((tmp_path / "bundle/bundle.json").read_bytes()).hexdigest()
    assert everything(tmp_path / "bundle").keys() == {*FILES, "bundle.json", "bundle.sha256"}


def test_the_digest_file_is_what_sha256sum_reads(path: Path):
    digest, _, name = (path / "bundle.sha256").read_text().partition("  ")
    assert name == "bundle.json\n"
    assert digest == Bundle.open(path).digest


def test_the_same_input_gives_the_same_bytes(path: Path, tmp_path: Path):
    write_bundle(tmp_path / "again", MANIFEST, dict(reversed(FILES.items())))
    assert everything(tmp_path / "again") == everything(path)


def test_a_manifest_comes_back_from_its_dictionary_and_from_json(path: Path):
    manifest = Bundle.open(path).manifest
    assert Manifest.from_dict(manifest.to_dict()) == manifest
    assert Manifest.from_dict(json.loads(json.dumps(manifest.to_dict()))) == manifest


def test_a_two_way_bundle_is_a_bundle(tmp_path: Path):
    assert write_bundle(tmp_path / "b", replace(MANIFEST, labels=TWO_WAY), FILES).manifest.labels == TWO_WAY


def test_a_bundle_cannot_be_changed_and_does_not_show_its_bytes(path: Path):
    opened = Bundle.open(path)
    with pytest.raises(FrozenInstanceError):
        opened.digest = ""  # type: ignore[misc]
    with pytest.raises(TypeError):
        opened.files["model.onnx"] = b""  # type: ignore[index]
    assert "\\x" not in repr(opened)


def test_a_pinned_digest_opens_that_bundle_and_no_other(path: Path, tmp_path: Path):
    digest = Bundle.open(path).digest
    assert Bundle.open(path, expected_digest=digest.upper()).digest == digest
    write_bundle(tmp_path / "other", replace(MANIFEST, temperature=1.0), FILES)
    for wrong in (digest, digest[:12], ""):
        with pytest.raises(BundleError, match="was expected: another bundle"):
            Bundle.open(tmp_path / "other", expected_digest=wrong)


# --- damage -----------------------------------------------------------------------------------------------------------


class Spies:
    """Stand-ins for every parser; they note what they are handed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: list[object] = []
        parse = bundle._parse
        monkeypatch.setattr(bundle, "_parse", lambda content: self.seen.append(content) or parse(content))
        monkeypatch.setattr(
            "tuili.reasoning.embedded.Embedded", lambda bundle, threads: self.seen.append(dict(bundle.files))
        )

    def load(self, path: Path) -> None:
        from tuili.reasoning import embedded

        embedded.Embedded(Bundle.open(path), threads=1)


@pytest.fixture
def spies(monkeypatch: pytest.MonkeyPatch) -> Spies:
    return Spies(monkeypatch)


def damage(path: Path, spies: Spies, times: int, change: Callable[[random.Random, bytes], bytes]) -> None:
    """Change one file at a time, of all that there are, and expect the loader to refuse it by name."""
    draw = random.Random(20240229)
    sound = everything(path)
    for _ in range(times):
        name = draw.choice(sorted(sound))
        hostile.write(path / name, change(draw, sound[name]))
        with pytest.raises(BundleError, match=name if name != "bundle.sha256" else "bundle"):
            spies.load(path)
        hostile.write(path / name, sound[name])
    assert set(spies.seen) <= {sound["bundle.json"]}  # the manifest in its sound state, and no other file ever
    spies.load(path)
    assert spies.seen[-1] == FILES


def test_2000_flipped_bits_are_all_found_before_any_parser_runs(path: Path, spies: Spies):
    """F3."""

    def flip(draw: random.Random, content: bytes) -> bytes:
        changed = bytearray(content)
        changed[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
        return bytes(changed)

    damage(path, spies, 2000, flip)


def test_500_truncations_are_all_found_before_any_parser_runs(path: Path, spies: Spies):
    """F3."""
    damage(path, spies, 500, lambda draw, content: content[: draw.randrange(len(content))])


def test_100_files_with_something_appended_are_all_found_before_any_parser_runs(path: Path, spies: Spies):
    """F3."""
    damage(path, spies, 100, lambda draw, content: content + draw.choice([b"\0", b"\n", b" ", content]))


@pytest.mark.parametrize("name", [*FILES, "bundle.json", "bundle.sha256"])
def test_a_file_that_is_empty_missing_or_another_is_refused_by_name(name: str, path: Path, spies: Spies):
    """F3."""
    (path / name).write_bytes(b"")
    with pytest.raises(BundleError, match=rf"{name}: is of 0 bytes"):
        spies.load(path)
    (path / name).unlink()
    with pytest.raises(BundleError, match=rf"{name}: is missing; copy the bundle again"):
        spies.load(path)
    (path / name).write_bytes(b'{"another": "file"}')
    with pytest.raises(BundleError, match="bundle" if name.startswith("bundle") else name):
        spies.load(path)
    assert {} not in spies.seen
    assert not any(isinstance(seen, dict) for seen in spies.seen)


def test_two_files_that_swapped_places_are_refused(tmp_path: Path, spies: Spies):
    """F3: also where their lengths are equal."""
    path = tmp_path / "bundle"
    write_bundle(path, MANIFEST, FILES | {"model.onnx": b"1234", "tokenizer.json": b"5678"})
    (path / "model.onnx").write_bytes(b"5678")
    (path / "tokenizer.json").write_bytes(b"1234")
    with pytest.raises(BundleError, match=r"model\.onnx: its SHA-256 is not the one in bundle\.json"):
        spies.load(path)


def test_the_manifest_of_another_bundle_is_refused(path: Path, tmp_path: Path, spies: Spies):
    """F3: with its own digest file and without."""
    write_bundle(tmp_path / "other", MANIFEST, FILES | {"model.onnx": bytes(256)})
    for name in ("bundle.json", "bundle.sha256"):
        (path / name).write_bytes((tmp_path / "other" / name).read_bytes())
        with pytest.raises(BundleError, match=r"SHA-256 is not the one in bundle\.(json|sha256)"):
            spies.load(path)


# --- manifests --------------------------------------------------------------------------------------------------------

WRONG: list[tuple[str, Any, str]] = [
    ("name", "a b", "'name': 'a b' is not a name of 1 to 64"),
    ("kind", "pickle", "'kind': 'pickle' is not one of prefix-onnx"),
    ("labels", ["yes", "no"], "'labels': list is not all of entailment, neutral, contradiction, or all of"),
    ("temperature", 0.0, "'temperature': 0.0 is not a number from 0.01 to 100"),
    ("temperature", float("nan"), "'temperature': nan is not a number"),
    ("temperature", "1.5", "'temperature': '1.5' is not a number"),
    ("temperature", True, "'temperature': True is not a number"),
    ("threshold", 1.01, "'threshold': 1.01 is not a number from 0 to 1"),
    ("window", {"premise": 2, "hypothesis": 9, "overlap": 0}, "'window.premise': 2 is not a whole number from 3 to"),
    ("window", {"premise": 9, "hypothesis": 9}, "'window': lacks the key 'overlap'; its keys are premise, hypothesis"),
    ("window", {"premise": 9, "hypothesis": 9, "overlap": 4}, "'window.overlap': 4 is not a whole number from 0 to 3"),
    ("combination", {"rule": "mean", "parameters": {"a": "1"}}, "'combination.parameters.a': '1' is not a number"),
    ("precision", "int4", "'precision': 'int4' is not one of int8, float32"),
    ("base", {"name": "x", "licence": "", "sha256": None}, "'base.licence': '' is not a text of 1 to 500"),
    ("data", [{"name": "x"}], "'data[0]': lacks the key 'licence'"),
    ("recipe", {"command": "a\x1b[2Jb"}, r"'recipe.command': 'a\x1b[2Jb' is not a text of 1 to 500 printable"),
    ("metrics", {"dev": {"n": float("inf")}}, "'metrics.dev.n': inf is not a number"),
    (
        "files",
        {n: {"sha256": "0" * 64, "bytes": 3 * 2**30} for n in ("x.json", "y.json")},
        "files': 6442450944 is not at",
    ),
    (
        "files",
        {n: {"sha256": "0" * 64, "bytes": 1} for n in ("x.json", "x.json/y.json")},
        "'x.json' is not a name of its own",
    ),
    ("files", {n: {"sha256": "0" * 64, "bytes": 1} for n in ("x.json", "X.json")}, "'x.json' is not a name of its own"),
    ("format", 2, "'format': 2 is not 1, the only one that this version of tuili reads"),
    ("trust_remote_code", True, "'the manifest': 'trust_remote_code' is not one of its keys, name, version"),
]


@pytest.mark.parametrize(("key", "value", "message"), WRONG)
def test_a_wrong_value_is_refused_with_its_key_and_what_is_allowed(key: str, value: Any, message: str):
    with pytest.raises(BundleError) as refusal:
        Manifest.from_dict(MANIFEST.to_dict() | {key: value})
    assert str(refusal.value).startswith("bundle.json, '")
    assert message in str(refusal.value)


@pytest.mark.parametrize("key", list(MANIFEST.to_dict()))
def test_a_missing_key_is_refused_by_name(key: str):
    value = MANIFEST.to_dict()
    del value[key]
    with pytest.raises(BundleError, match=f"lacks the key '{key}'"):
        Manifest.from_dict(value)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_only_python_takes_for_json_is_refused(number: str):
    with pytest.raises(BundleError, match=f"not strict JSON in UTF-8 \\({number} is not a number of JSON"):
        bundle._parse(f'{{"a": [{number}]}}'.encode())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
HONEST = hostile.manifest()


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(HONEST)), JSON) | JSON)
def test_any_other_json_is_a_manifest_or_a_bundle_error(value: Any):
    """I3."""
    whole = HONEST | value if isinstance(value, dict) else value
    outcome = hostile.attempt(Manifest.from_dict, whole)
    if outcome == "loaded":
        manifest = Manifest.from_dict(whole)
        assert Manifest.from_dict(json.loads(json.dumps(manifest.to_dict()))) == manifest
    else:
        assert outcome.startswith("BundleError: bundle.json, ")
        assert outcome.isprintable()


@settings(max_examples=100, deadline=None)
@given(st.binary() | st.text().map(str.encode) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_parsed_or_a_bundle_error(content: bytes):
    """I3."""
    outcome = hostile.attempt(bundle._parse, content)
    assert outcome.startswith(("loaded", "BundleError: bundle.json: is not strict JSON in UTF-8"))


# --- writing --------------------------------------------------------------------------------------------------------


def test_a_new_bundle_replaces_an_old_one_wholly(path: Path):
    new = write_bundle(path, replace(MANIFEST, version="2"), {"model.onnx": b"new", "tokenizer.json": b"{}"})
    assert Bundle.open(path) == new
    assert everything(path).keys() == {"bundle.json", "bundle.sha256", "model.onnx", "tokenizer.json"}
    assert [p.name for p in path.parent.iterdir()] == ["bundle"]


def test_parents_are_made_and_an_empty_directory_is_taken(tmp_path: Path):
    (tmp_path / "a").mkdir()
    write_bundle(tmp_path / "a", MANIFEST, FILES)
    write_bundle(tmp_path / "b/c/d", MANIFEST, FILES)
    assert everything(tmp_path / "b/c/d") == everything(tmp_path / "a")


def _not_a_bundle(path: Path) -> Path:
    path.mkdir()
    (path / "thesis.txt").write_text("three years of work")
    return path


def _a_bundle_with_more_in_it(path: Path) -> Path:
    write_bundle(path, MANIFEST, FILES)
    (path / "more/thesis.txt").write_text("three years of work")
    return path


def _a_damaged_bundle(path: Path) -> Path:
    write_bundle(path, MANIFEST, FILES)
    (path / "bundle.json").write_text("{}")
    return path


def _a_file(path: Path) -> Path:
    path.write_text("three years of work")
    return path


def _a_link_to_a_bundle(path: Path) -> Path:
    write_bundle(path.with_name("real"), MANIFEST, FILES)
    path.symlink_to("real")
    return path


@pytest.mark.parametrize(
    "place", [_not_a_bundle, _a_bundle_with_more_in_it, _a_damaged_bundle, _a_file, _a_link_to_a_bundle]
)
def test_nothing_but_a_bundle_is_ever_replaced(place: Callable[[Path], Path], tmp_path: Path):
    path = place(tmp_path / "bundle")
    before = everything(tmp_path)
    with pytest.raises(UsageError, match="remove it yourself, or name another directory"):
        write_bundle(path, MANIFEST, FILES)
    assert everything(tmp_path) == before


@pytest.mark.parametrize("call", range(9))
def test_when_a_write_fails_the_old_bundle_is_still_there_and_nothing_else(call: int, path: Path, monkeypatch):
    """F4, in small: the disk is full at the n-th file."""
    before = everything(path.parent)
    fsync, calls = os.fsync, iter(range(100))

    def full(descriptor: int) -> None:
        if next(calls) == call:
            raise OSError(28, "No space left on device")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    if call < 8:  # six files, the folder and the directory
        with pytest.raises(UsageError, match="No space left on device; name a directory that can be written"):
            write_bundle(path, replace(MANIFEST, version="2"), FILES)
        assert everything(path.parent) == before
    else:  # the directory above: the new one has its name by then
        with pytest.raises(UsageError):
            write_bundle(path, replace(MANIFEST, version="2"), FILES)
        assert Bundle.open(path).manifest.version == "2"


@pytest.mark.parametrize("failure", [OSError(13, "Permission denied"), KeyboardInterrupt()])
def test_when_the_new_name_cannot_be_given_the_old_bundle_is_put_back(failure: BaseException, path: Path, monkeypatch):
    before = everything(path.parent)
    rename = type(path).rename

    def fail(self: Path, target: Path) -> Path:
        if self.name == "new":
            raise failure
        return rename(self, target)

    monkeypatch.setattr(type(path), "rename", fail)
    with pytest.raises((UsageError, KeyboardInterrupt)):
        write_bundle(path, replace(MANIFEST, version="2"), FILES)
    assert everything(path.parent) == before


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_modes_are_0755_and_0644_less_the_umask(umask: int, tmp_path: Path):
    """S14: and closed to others while it is being written."""
    old = os.umask(umask)
    try:
        write_bundle(tmp_path / "bundle", MANIFEST, FILES)
    finally:
        os.umask(old)
    for file in (tmp_path / "bundle", *(tmp_path / "bundle").rglob("*")):
        assert stat.S_IMODE(file.stat().st_mode) == (0o755 if file.is_dir() else 0o644) & ~umask


def test_while_it_is_written_the_directory_is_closed_and_its_name_cannot_be_foreseen(tmp_path: Path, monkeypatch):
    """S14."""
    seen = set()
    fsync = os.fsync

    def look(descriptor: int) -> None:
        (workshop,) = tmp_path.glob(".tuili-*")
        seen.add((workshop.name, stat.S_IMODE(workshop.stat().st_mode)))
        fsync(descriptor)

    monkeypatch.setattr(bundle, "_put_in_place", lambda *_, **__: None)
    monkeypatch.setattr(os, "fsync", look)
    for _ in range(2):
        write_bundle(tmp_path / "bundle", MANIFEST, FILES)
    assert len(seen) == 2
    assert {mode for _, mode in seen} == {0o700}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("manifest", "files"),
    [
        (replace(MANIFEST, temperature=float("nan")), FILES),
        (replace(MANIFEST, recipe={"command": "\ud800"}), FILES),
        (replace(MANIFEST, recipe={"pairs": [1]}), FILES),  # type: ignore[dict-item]
        (replace(MANIFEST, recipe={str(number): "x" * 500 for number in range(3000)}), FILES),
        (MANIFEST, {"model.onnx": b"x"}),
        (MANIFEST, FILES | {"tokenizer.json": b""}),
        (MANIFEST, FILES | {"weights.bin": b"x"}),
        (MANIFEST, FILES | {"../x.json": b"x"}),
        (MANIFEST, FILES | {"bundle.json": b"{}"}),
    ],
)
def test_what_could_not_be_opened_is_not_written(manifest: Manifest, files: dict[str, bytes], tmp_path: Path):
    with pytest.raises(BundleError):
        write_bundle(tmp_path / "bundle", manifest, files)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("directory", ["a\0b", "x" * 300, "/dev/null/bundle"])
def test_a_directory_that_cannot_be_is_refused(directory: str, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="can't write to "):
        write_bundle(directory, MANIFEST, FILES)
    assert list(tmp_path.iterdir()) == []
