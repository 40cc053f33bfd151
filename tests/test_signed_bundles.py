"""Bundles that are signed, and engines that take no other (trust.md, R5)."""

from __future__ import annotations

import json
import pickle
import shutil
import sys
from random import Random

import pytest
import tiny
from typer.testing import CliRunner

pytest.importorskip("cryptography")

import tuili
from tuili.audit.log import Log
from tuili.audit.reading import read_entries
from tuili.audit.recorded import Recorded
from tuili.audit.replay import replay
from tuili.bundle import Bundle, write_bundle
from tuili.cli.app import app
from tuili.engine.signed import open_signed, sign_bundle
from tuili.engine.signing import is_signed, make_key, read_public_key, signer
from tuili.errors import BundleError, MissingExtra, UsageError

PAIR = [("A man sleeps.", "Someone is asleep.")]


@pytest.fixture
def keys(tmp_path):
    make_key(tmp_path / "key")
    make_key(tmp_path / "other")
    return tmp_path / "key"


@pytest.fixture
def signed(tmp_path, keys):
    directory = tmp_path / "signed"
    tiny.write(directory)
    sign_bundle(directory, keys)
    return directory


def load(directory, key):
    return tuili.load(directory, threads=1, require_signed=key)


def test_a_signed_bundle_gives_the_same_bits_with_and_without_a_look_at_its_signature(signed, keys):
    """R5: a signature is no part of the model."""
    plain, required = tuili.load(signed, threads=1), load(signed, f"{keys}.pub")
    assert plain.model == required.model
    assert plain.judge(PAIR) == required.judge(PAIR)
    again = pickle.loads(pickle.dumps(load(signed, read_public_key(f"{keys}.pub").upper())))
    assert again.judge(PAIR) == plain.judge(PAIR)


def test_an_unsigned_bundle_is_refused(tmp_path, keys):
    """R5"""
    directory = tmp_path / "plain"
    tiny.write(directory)
    with pytest.raises(BundleError, match=r"bundle\.sig: is missing: the bundle is not signed"):
        load(directory, f"{keys}.pub")
    with pytest.raises(BundleError, match="not signed"):
        load(None, f"{keys}.pub")  # the embedded model is nobody's until somebody signs it


def test_a_bundle_of_another_signer_is_refused(signed, keys, tmp_path):
    """R5: their key, our key over their signature, the signature of another bundle."""
    with pytest.raises(BundleError, match="is required"):
        load(signed, tmp_path / "other.pub")
    ours = read_public_key(tmp_path / "other.pub")
    place = signed / "bundle.sig"
    theirs = place.read_text()
    place.write_text(ours + theirs[64:])
    with pytest.raises(BundleError, match="no signature of this"):
        load(signed, ours)
    checkpoint = signer(keys, b"tuili-audit-checkpoint-1\n").sign(Bundle.open(signed).digest.encode())
    place.write_text(f"{theirs[:64]}  {checkpoint}\n")
    with pytest.raises(BundleError, match="no signature of this"):
        load(signed, f"{keys}.pub")


def test_a_bundle_that_was_changed_and_hashed_anew_is_refused(signed, keys):
    """R5: hashes show damage, signatures intent."""
    bundle = Bundle.open(signed)
    old = (signed / "bundle.sig").read_bytes()
    write_bundle(signed, bundle.manifest, {**bundle.files, "README.md": b"# Another\n"})
    assert not (signed / "bundle.sig").exists()  # written anew is unsigned
    with pytest.raises(BundleError, match="is missing"):
        load(signed, f"{keys}.pub")
    (signed / "bundle.sig").write_bytes(old)
    assert tuili.load(signed, threads=1).judge(PAIR)
    with pytest.raises(BundleError, match="no signature of this"):
        load(signed, f"{keys}.pub")


def test_no_signature_with_a_changed_bit_passes(signed, keys):
    """R5"""
    place = signed / "bundle.sig"
    good = place.read_bytes()
    random = Random(0)
    changed = [
        good[:-1],
        good + b"\n",
        good.upper(),
        b" " + good,
        b"",
        good[:64] + b"\t\t" + good[66:],
        good.replace(b"  ", b" x"),
        b"\xff" * 195,
    ]
    for _ in range(40):
        bit = random.randrange(8 * (len(good) - 1))
        flipped = bytearray(good)
        flipped[bit // 8] ^= 1 << bit % 8
        changed.append(bytes(flipped))
    for content in changed:
        place.write_bytes(content)
        with pytest.raises(BundleError, match=r"bundle\.sig"):
            open_signed(signed, read_public_key(f"{keys}.pub"))
    place.unlink()
    place.symlink_to(signed / "bundle.json")
    with pytest.raises(BundleError, match=r"bundle\.sig: can't be read"):
        open_signed(signed, read_public_key(f"{keys}.pub"))


def test_a_damaged_bundle_is_not_signed(signed, keys):
    (signed / "model.onnx").write_bytes(b"x")
    with pytest.raises(BundleError):
        sign_bundle(signed, keys)


@pytest.mark.parametrize("key", ["", "ab" * 31, "zz" * 32, "/nowhere/key.pub", 3, b"x"])
def test_what_is_no_public_key_is_refused(signed, key):
    with pytest.raises(UsageError):
        load(signed, key)


@pytest.mark.parametrize("address", ["hf:a/b", "http://127.0.0.1:1", "openai:http://127.0.0.1:1/v1#m", "."])
def test_what_is_no_bundle_cannot_be_required_to_be_signed(address, keys):
    """R5: nothing of it is opened or asked."""
    with pytest.raises(UsageError, match="only a bundle can be signed"):
        load(address, f"{keys}.pub")


def test_records_say_whether_a_bundle_was_signed(signed, keys, tmp_path):
    """R5: by whom, or that nobody looked; and a replay tells the difference."""
    by = read_public_key(f"{keys}.pub")
    for name, key in (("plain", None), ("required", f"{keys}.pub")):
        with Log(tmp_path / name) as log:
            Recorded(load(signed, key), log).judge(PAIR)
        [said] = [entry.engine for entry in read_entries(tmp_path / name) if entry.kind == "verdict"]
        assert said["signed_by"] == (by if key else None)
    assert replay(tmp_path / "required", threads=1).environment == {}
    again = replay(tmp_path / "required", judge=load(signed, None))
    assert again.ok
    assert again.environment["signed_by"] == (by, None)


def test_without_the_extra_a_signature_cannot_be_required(signed, keys, monkeypatch):
    key = read_public_key(f"{keys}.pub")
    monkeypatch.setattr("tuili.engine.signing.can_check", lambda: False)
    with pytest.raises(MissingExtra):
        load(signed, key)
    assert tuili.load(signed, threads=1).judge(PAIR)


def test_the_command_signs_and_others_require_it(tmp_path):
    """R5: `tuili sign`, and `--require-signed` of `judge` and `serve`."""
    directory = tmp_path / "bundle"
    tiny.write(directory)
    key = tmp_path / "new"
    judge = ["judge", *PAIR[0], "--model", str(directory), "--threads", "1", "--json", "--require-signed"]
    run = CliRunner()
    done = run.invoke(app, ["sign", str(directory), "--key", str(key)])
    assert done.exit_code == 0, done.output
    assert read_public_key(f"{key}.pub") in done.stderr
    done = run.invoke(app, [*judge, f"{key}.pub"])
    assert json.loads(done.stdout)["label"]
    make_key(tmp_path / "second")
    assert isinstance(run.invoke(app, [*judge, str(tmp_path / "second.pub")]).exception, BundleError)
    shutil.copy(tmp_path / "second", key)
    done = run.invoke(app, ["sign", str(directory), "--key", str(key)])  # signed by another now
    assert isinstance(run.invoke(app, [*judge, f"{key}.pub"]).exception, BundleError)


def test_a_server_takes_only_what_is_signed(signed, keys, monkeypatch):
    """R5: the key is read where the command is given; a model that is loaded anew is held to it, too."""
    pytest.importorskip("fastapi")
    from tuili.serving.server import judge_of

    started = []
    monkeypatch.setattr("tuili.serving.start.serve", started.append)
    arguments = ["serve", "--model", str(signed), "--require-signed", f"{keys}.pub"]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    [settings] = started
    assert settings.require_signed == read_public_key(f"{keys}.pub")
    assert judge_of(settings).judge(PAIR)
    (signed / "bundle.sig").unlink()
    with pytest.raises(BundleError, match="not signed"):
        judge_of(settings)


def test_a_signature_is_bound_to_what_it_is_for(keys):
    signature = signer(keys, b"one\n").sign(b"message")
    key = read_public_key(f"{keys}.pub")
    assert is_signed(b"message", signature, key, b"one\n")
    assert not is_signed(b"message", signature, key, b"two\n")
    assert not is_signed(b"message", signature, key, b"")


def test_a_model_is_loaded_without_the_library_of_signatures():
    import subprocess

    code = "import sys, tuili; tuili.load(); sys.exit('cryptography' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
