"""What is released: pinned, told in a bill of materials, and the same bytes each time (trust.md, R1 to R4)."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements.lock"
PROJECT = ROOT / "pyproject.toml"
if not (LOCK.exists() and PROJECT.exists()):
    pytest.skip("the source tree is not here", allow_module_level=True)

sys.path.insert(0, str(ROOT / "release"))
try:
    from lock import read_lock
    from sbom import sbom
finally:
    sys.path.remove(str(ROOT / "release"))

PINS = read_lock(LOCK)


def required():
    """The names of what the project asks for, with the least version of each."""
    for line in tomllib.loads(PROJECT.read_text("utf-8"))["project"]["dependencies"]:
        name, least = re.fullmatch(r"([a-z0-9-]+)>=([0-9.]+)", line).groups()
        yield name, least


def version(text):
    return tuple(int(part) for part in re.findall(r"[0-9]+", text))


def test_every_requirement_is_pinned_with_hashes_and_in_range():
    """R1: all that a plain install brings, and nothing that nobody asks for."""
    direct = {pin.name: pin.version for pin in PINS if pin.is_direct}
    assert direct.keys() == dict(required()).keys()
    for name, least in required():
        assert version(direct[name]) >= version(least)
    names = {pin.name for pin in PINS}
    for pin in PINS:
        assert pin.hashes, f"{pin.name} has no hash"
        assert pin.is_direct or pin.needed_by, f"nobody needs {pin.name}"
        assert set(pin.needed_by) <= names


def test_core_requirements_are_few_and_no_client_of_a_language_model_is_among_them():
    """R1: five, and what they bring themselves."""
    assert len(list(required())) <= 6
    assert not {pin.name for pin in PINS} & {"litellm", "openai", "lightning", "torch", "transformers", "requests"}


def test_a_lock_without_hashes_or_pins_is_not_read(tmp_path):
    """R1"""
    for line in ("numpy>=1.26\n", "numpy==2.0 --hash=md5:0\n", "-e .\n", "numpy @ https://example.org/numpy.whl\n"):
        (tmp_path / "lock").write_text(line)
        with pytest.raises(ValueError, match="line 1"):
            read_lock(tmp_path / "lock")


def test_the_bill_of_materials_names_packages_and_models_and_is_the_same_each_time():
    """R3"""
    bill = json.loads(sbom(ROOT, "1.2.3"))
    assert sbom(ROOT, "1.2.3") == sbom(ROOT, "1.2.3")
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    packages = {one["purl"] for one in bill["components"] if one["type"] == "library"}
    assert packages == {f"pkg:pypi/{pin.name}@{pin.version}" for pin in PINS}
    models = {one["name"]: one for one in bill["components"] if one["type"] == "machine-learning-model"}
    for place in ("weights", "entity_weights"):
        manifest = json.loads((ROOT / "tuili" / place / "bundle.json").read_text("utf-8"))
        model = models[manifest["name"]]
        content = (ROOT / "tuili" / place / "bundle.json").read_bytes()
        assert model["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256(content).hexdigest()}]
        for part in model["components"]:
            file = ROOT / part["name"]
            assert part["hashes"][0]["content"] == hashlib.sha256(file.read_bytes()).hexdigest()
        assert model["pedigree"]["ancestors"][0]["licenses"]
        assert len(model["properties"]) == len(manifest["data"])
    known = {one["bom-ref"] for one in (*bill["components"], bill["metadata"]["component"])}
    assert {one["ref"] for one in bill["dependencies"]} <= known
    assert {need for one in bill["dependencies"] for need in one["dependsOn"]} <= known


def test_the_bill_of_materials_is_valid():
    """R3: by the schema of CycloneDX."""
    validation = pytest.importorskip("cyclonedx.validation.json")
    pytest.importorskip("jsonschema")
    from cyclonedx.schema import SchemaVersion

    assert validation.JsonStrictValidator(SchemaVersion.V1_6).validate_str(sbom(ROOT, "1.2.3")) is None
    broken = json.loads(sbom(ROOT, "1.2.3"))
    broken["components"][0]["type"] = "nonsense"
    assert validation.JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(broken)) is not None


def build(tree, out, *, mask):
    """A wheel of a tree, by hatchling alone; nothing is fetched."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000", "PYTHONHASHSEED": str(mask)}
    subprocess.run(command, cwd=tree, check=True, env=environment, capture_output=True, umask=mask)
    [wheel] = out.glob("*.whl")
    return wheel


@pytest.mark.slow
@pytest.mark.skipif(find_spec("hatchling") is None, reason="needs hatchling")
def test_a_wheel_that_is_built_twice_is_the_same_bytes_and_holds_its_bill(tmp_path):
    """R3, R4: another place, another time, another umask and order of files: byte-equal."""
    left_out = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.egg-info")
    trees = [tmp_path / "a", tmp_path / "elsewhere" / "b"]
    for tree in trees:
        tree.mkdir(parents=True)
        for name in ("tuili", "release"):
            shutil.copytree(ROOT / name, tree / name, ignore=left_out, copy_function=shutil.copyfile)
        for name in ("pyproject.toml", "README.md", "LICENSE", "requirements.lock"):
            shutil.copyfile(ROOT / name, tree / name)
    for file in trees[1].rglob("*"):
        os.utime(file, (1, 1_000_000_000))
    wheels = [
        build(tree, tmp_path / f"out{number}", mask=0o022 if number else 0o027) for number, tree in enumerate(trees)
    ]
    assert wheels[0].name == wheels[1].name
    assert wheels[0].read_bytes() == wheels[1].read_bytes()
    with zipfile.ZipFile(wheels[0]) as wheel:
        [bill] = [name for name in wheel.namelist() if name.endswith(".dist-info/sboms/tuili.cdx.json")]
        assert json.loads(wheel.read(bill))["metadata"]["component"]["name"] == "tuili"
        assert not [name for name in wheel.namelist() if name.startswith(("release/", "tests/"))]


@pytest.mark.network
def test_the_lock_installs_with_hashes_and_then_without_a_network(tmp_path):
    """R1: what is fetched is what the lock says; from it, a clean environment offline."""
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "clean")], check=True)
    pip = [str(tmp_path / "clean/bin/python"), "-m", "pip", "--disable-pip-version-check"]
    exact = ["--require-hashes", "--only-binary", ":all:", "--requirement", str(LOCK)]
    subprocess.run([*pip, "download", "--quiet", "--dest", str(tmp_path / "files"), *exact], check=True)
    offline = ["--no-index", "--find-links", str(tmp_path / "files")]
    subprocess.run([*pip, "install", "--quiet", *offline, *exact], check=True)
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import tuili; print(tuili.judge('It rains.', 'It is wet.').model)"
    )
    done = subprocess.run([pip[0], "-c", code, str(ROOT)], check=True, capture_output=True, text=True)
    assert done.stdout.startswith("tuili-embedded")
