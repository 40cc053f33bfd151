"""What the pages of docs/ show exists and runs, and the site stands by itself."""

from __future__ import annotations

import ast
import builtins
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer

import tuili
from tuili.cli.app import app
from tuili.learning.synthesis.generate import generate
from tuili.learning.synthesis.write import write_pairs

ROOT = Path(__file__).parents[1]
if not (ROOT / "docs").is_dir():
    pytest.skip("no docs/ beside these tests", allow_module_level=True)
PAGES = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in sorted((ROOT / "docs").rglob("*.md"))}
PAGES |= {name: (ROOT / name).read_text("utf-8") for name in ("README.md", "README.zh-CN.md", "CONTRIBUTING.md")}
WITH_PYTHON = [name for name, page in PAGES.items() if "```python" in page]
root = typer.main.get_command(app)
NEEDS_A_BASE = {"docs/training.md"}  # shown by tests/learning, with a base made there


def fragments(page: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", page, flags=re.DOTALL | re.MULTILINE)


def undefined(blocks: list[str]) -> list[str]:
    """Names that a page uses before any of its fragments makes them."""
    known, missing = set(dir(builtins)), []
    for block in blocks:
        nodes = list(ast.walk(ast.parse(block)))
        for node in nodes:
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                known.add(node.id)
            elif isinstance(node, ast.FunctionDef | ast.ClassDef):
                known.add(node.name)
            elif isinstance(node, ast.arg):
                known.add(node.arg)
            elif isinstance(node, ast.alias):
                known.add((node.asname or node.name).partition(".")[0])
            elif isinstance(node, ast.ExceptHandler) and node.name:
                known.add(node.name)
        missing += [n.id for n in nodes if isinstance(n, ast.Name) and n.id not in known]
    return missing


def test_an_undefined_name_is_seen():
    assert undefined(["import a.b as c\nfor d in c: print(d, e)", "e = 1\nf(a)"]) == ["e", "f", "a"]


@pytest.mark.parametrize("name", WITH_PYTHON)
def test_fragments_use_only_names_that_their_page_makes(name):
    assert undefined(fragments(PAGES[name])) == []


def prepare(folder: Path) -> None:
    """The files that the pages speak of."""
    (folder / "notes").mkdir()
    (folder / "notes" / "bridge.txt").write_text("The bridge was opened in 1966. It is made of steel.")
    general = importlib.util.find_spec("tuili.learning.synthesis")
    shutil.copy(next(Path(general.submodule_search_locations[0]).rglob("*.toml")), folder / "words.toml")
    write_pairs(generate(120, seed=3), folder / "labelled.jsonl")


@pytest.mark.parametrize("name", [name for name in WITH_PYTHON if name not in NEEDS_A_BASE])
def test_fragments_run_one_after_the_other(name, tmp_path):
    pytest.importorskip("sklearn" if "classify" in name else "cryptography" if "audit" in name else "numpy")
    prepare(tmp_path)
    code = "\n".join(fragments(PAGES[name]))
    if "localhost:8000" in code:
        pytest.importorskip("h11")
        sys.path.insert(0, str(Path(__file__).parent / "reasoning"))
        from llm_server import fake_server

        with fake_server() as server:
            finished(run(code.replace("localhost:8000", f"127.0.0.1:{server.port}"), tmp_path))
    else:
        finished(run(code, tmp_path))


def run(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def finished(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, done.stderr


def commands(page: str) -> list[str]:
    """Lines that a reader would type, `\\` at their ends taken in."""
    lines = re.sub(r"\\\n\s*", " ", page).splitlines()
    typed = [re.sub(r"\s#.*", "", line).strip() for line in lines]
    shown = (re.match(r"(?:pip install \. && |torchrun .* -m )?(tuili (\w+).*)", line) for line in typed)
    return [found[1] for found in shown if found and (found[2] in root.commands or "--" in found[1])]


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if commands(page)])
def test_commands_and_their_options_exist(name):
    for line in commands(PAGES[name]):
        command, rest = root, line.split()[1:]
        while hasattr(command, "commands") and rest and rest[0] in command.commands:
            command, rest = command.commands[rest[0]], rest[1:]
        if hasattr(command, "commands") and "|" in rest[0]:  # `tuili graph build|query ...`: options of several
            continue
        known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        unknown = set(re.findall(r"(?<![\w'-])--[a-z][a-z-]*", line)) - known - {"--help"}
        assert not unknown, f"{name}: {line}"


def test_every_command_and_public_name_is_in_the_reference():
    pages = reference().reference()
    written = "".join(pages.values())
    for name in tuili.__all__:
        where = "tuili.errors" if name == "TuiliError" else "tuili"
        assert f"## `{where}.{name}`" in written, name
    for path, _ in reference().commands(root, "tuili"):
        assert f"## `{path}`" in pages["command-line.md"]
    assert "\n- `path`: The pairs.\n" in pages["judging.md"]
    assert not re.search(r"^(Args|Raises|Attributes):", written, flags=re.MULTILINE)


def reference():
    spec = importlib.util.spec_from_file_location("reference", ROOT / "docs" / "site" / "reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_site_builds_strictly_and_loads_nothing_from_elsewhere(tmp_path):
    """Links, anchors and the list of pages are checked by the strict build."""
    pytest.importorskip("material")
    copy = tmp_path / "repository"
    for name in ("docs", "examples", "benchmarks", "models", "deploy"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.onnx"))
    for name in ("mkdocs.yml", "CHANGELOG.md", "CONTRIBUTING.md", "README.md"):
        shutil.copy(ROOT / name, copy / name)
    for card in ("weights", "entity_weights"):
        (copy / "tuili" / card).mkdir(parents=True)
        shutil.copy(ROOT / "tuili" / card / "README.md", copy / "tuili" / card / "README.md")
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(ROOT)}
    for command in (["docs/site/prepare.py"], ["-m", "mkdocs", "build", "--strict"]):
        done = subprocess.run(
            [sys.executable, *command], cwd=copy, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    pages = list((copy / "build" / "site").rglob("*.html"))
    assert len(pages) > 50
    outside = r"[\"']?((?:https?:)?//[^\"'\s>]+)"
    loaded = re.compile(rf"<(?:script|link|img|iframe|source|video|audio)\b[^>]*?\b(?:src|href)={outside}")
    for page in pages:
        assert not loaded.findall(page.read_text("utf-8")), page.name
    for style in (copy / "build" / "site").rglob("*.css"):
        assert not re.search(r"@import|url\([\"']?(https?:)?//", style.read_text("utf-8")), style.name


def test_every_page_is_in_the_list_of_the_site():
    listed = (ROOT / "mkdocs.yml").read_text("utf-8")
    for name in PAGES:
        if name.startswith("docs/") and not name.startswith("docs/decisions/"):
            assert f": {name.removeprefix('docs/')}\n" in listed, f"mkdocs.yml does not list {name}"
