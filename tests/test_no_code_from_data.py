"""No data becomes code (S1, S2): the means aren't in the source, and hostile bundles find no others."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import hostile_bundles as hostile
import pytest

import tuili

SOURCES = sorted(Path(tuili.__file__).parent.rglob("*.py"))
MODULES = {
    "pickle",
    "_pickle",
    "cPickle",
    "cloudpickle",
    "dill",
    "joblib",
    "marshal",
    "shelve",
    "jinja2",
    "runpy",
    "code",
}
CALLS = {"eval", "exec", "compile", "__import__"}
METHODS = {
    "torch": {"load"},
    "yaml": {"load", "load_all", "unsafe_load", "full_load"},
    "jit": {"load"},
    "os": {"system", "popen"},
}
OFF_ONLY = {"trust_remote_code", "allow_pickle", "shell"}


def misuses(source: str) -> list[str]:
    """Every place of a module where data could become code, as `line: what`."""
    return [f"{node.lineno}: {found}" for node in ast.walk(ast.parse(source)) for found in _misuse(node)]


def _misuse(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Assert):
        return ["an assert, which is gone under python -O (S3)"]
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names if alias.name.partition(".")[0] in MODULES]
    if isinstance(node, ast.ImportFrom):
        whole = (node.module or "").partition(".")[0]
        named = {f"{node.module}.{alias.name}" for alias in node.names} & {"torch.load", "yaml.load", "os.system"}
        return [whole] * (whole in MODULES and not node.level) + sorted(named)
    if isinstance(node, ast.Name):
        return [node.id] * (node.id in CALLS)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
        owner = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
        return [f"{owner}.{node.attr}"] * (node.attr in METHODS.get(owner, ()) or (owner, node.attr)[0] == "builtins")
    if isinstance(node, ast.Call):
        return _misused_call(node)
    return []


def _misused_call(call: ast.Call) -> list[str]:
    found = [word.arg for word in call.keywords if word.arg in OFF_ONLY and not _is(word.value, False)]
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name == "import_module" and not _is_fixed(call.args[0]):
        found.append("import_module of a computed name")
    if name == "load" and any(word.arg == "weights_only" and not _is(word.value, True) for word in call.keywords):
        found.append("weights_only")
    return found


def _is(node: ast.expr, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def _is_fixed(node: ast.expr) -> bool:
    """A literal, or an entry of a table of the module: `_HOMES[name]`."""
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        return node.value.id.isupper()
    return isinstance(node, ast.Constant)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_nothing_in_the_source_can_make_code_of_data(source: Path):
    """S1, S3."""
    assert misuses(source.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "import os, dill as d",
        "from marshal import loads",
        "from joblib.numpy_pickle import load",
        "def f():\n    import shelve",
        "import torch\ntorch.load(f)",
        "torch.load(f, weights_only=True)",
        "from torch import load",
        "torch.jit.load(f)",
        "yaml.load(f)",
        "np.load(f, allow_pickle=True)",
        "np.load(f, allow_pickle=flag)",
        "AutoModel.from_pretrained(name, trust_remote_code=True)",
        "AutoModel.from_pretrained(name, trust_remote_code=config['trust'])",
        "eval(text)",
        "run = exec",
        "compile(text, 'f', 'exec')",
        "__import__(name)",
        "builtins.eval(text)",
        "importlib.import_module(config['class'])",
        "import_module(name)",
        "subprocess.run(line, shell=True)",
        "os.system(line)",
        "assert isinstance(x, str)",
    ],
)
def test_the_search_finds(source: str):
    assert misuses(source)


@pytest.mark.parametrize(
    "source",
    [
        "re.compile(p)",
        "json.load(f)",
        "tuili.load()",
        "np.load(f, allow_pickle=False)",
        "from_pretrained(name, trust_remote_code=False)",
        "import_module(_HOMES[name])",
        "import_module('tuili.types')",
        "model.eval()",
        "from .code import x",
    ],
)
def test_the_search_leaves_alone(source: str):
    assert misuses(source) == []


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """Every hostile bundle, loaded as far as it gets in a process that notes what it does."""
    done = subprocess.run(
        [sys.executable, hostile.__file__, str(tmp_path_factory.mktemp("audited")), "--audited"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return json.loads(done.stdout)


def test_every_hostile_bundle_is_refused_by_the_loader(audited: dict[str, dict[str, str]]):
    """S1: more than 100, of which some 50 with every hash right and hostile content."""
    outcomes = audited["outcomes"]
    assert len(outcomes) >= 700
    assert sum(case.startswith(("model.onnx", "tokenizer.json")) for case in outcomes) >= 50
    assert {case: outcome for case, outcome in outcomes.items() if not outcome.startswith("BundleError: ")} == {}


def test_no_hostile_bundle_runs_imports_unpickles_starts_or_connects(audited: dict[str, list[str]]):
    """S1, S2; and S4: nothing outside the bundle is opened."""
    assert audited["events"] == []
    assert audited["canaries"] == []


MISDEEDS = {
    "pickle.loads(hostile.PICKLE.replace(b'touch canary', b'true'))": "pickle.find_class",
    "exec('x = 1')": "exec",
    "__import__('tokenizer')": "import ('tokenizer'",
    "subprocess.run(['true'])": "subprocess.Popen",
    "socket.socket().connect_ex(('127.0.0.1', 1))": "socket.connect",
    "open('/etc/hostname')": "open ('/etc/hostname'",
    "open('../secret.json')": "open ('../secret.json'",
}


def test_the_audit_notices_what_a_loader_must_not_do(tmp_path: Path):
    """The same hook, with a loader that does it all."""
    script = f"""
import pickle, socket, subprocess, sys
from contextlib import suppress
from pathlib import Path
import hostile_bundles as hostile
import tuili.reasoning.embedded as embedded

def load(bundle, threads):
    if bundle.manifest.name == "honest":
        for line in {list(MISDEEDS)}:
            with suppress(OSError):
                eval(line)

def make(directory):
    hostile.lay(directory)
    (directory / "tokenizer.py").write_bytes(b"")
    return directory

embedded.Embedded = load
hostile.cases = lambda root: {{"case": make}}
hostile._content_cases = lambda tokenizer: []
sys.path.insert(0, "")
print("\\n".join(hostile.main(Path(sys.argv[1]), audited=True)["events"]))
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    seen = done.stdout.splitlines()
    assert [event for event in MISDEEDS.values() if not any(line.startswith(event) for line in seen)] == []
