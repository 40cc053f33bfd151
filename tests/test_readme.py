"""What the README shows is what happens."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8") if (ROOT / "README.md").exists() else ""


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_the_python_of_the_readme_prints_what_the_readme_says():
    code, expected = blocks("python")[0], blocks("text")[0]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == expected


def test_the_readme_shows_code_and_output_by_line_30():
    lines = README.splitlines()[:30]
    assert "```python" in lines
    assert "```text" in lines
    assert sum(bool(line.strip()) for line in blocks("python")[0].splitlines()) == 5


def test_the_first_command_of_the_readme_is_the_main_job():
    assert blocks("sh")[0].startswith("pip install . && tuili judge ")
    assert "make check" in blocks("sh")[-1]


def test_the_tree_in_the_readme_is_the_tree_on_disk():
    tree = next(block for block in blocks("text") if block.startswith("tuili/\n"))
    names = [line.split()[0] for line in tree.splitlines()]
    inside = {line.split()[0] for line in tree.splitlines() if line.startswith("  ")}
    package = {path.name + "/" * path.is_dir() for path in (ROOT / "tuili").iterdir()} - {"__pycache__/", "py.typed"}
    assert inside == package
    for name in set(names) - inside:
        assert (ROOT / name).is_dir(), name


def test_links_of_the_readmes_lead_somewhere():
    for name in ("README.md", "README.zh-CN.md", "CONTRIBUTING.md", "benchmarks/README.md"):
        page = ROOT / name
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{name}: {target}"


@pytest.mark.parametrize("example", sorted(path.name for path in (ROOT / "examples").glob("*.py")))
def test_every_example_runs(example):
    done = subprocess.run([sys.executable, ROOT / "examples" / example], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_the_changelog_begins_with_the_version():
    import tuili

    versions = re.findall(r"^## (\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), flags=re.MULTILINE)
    assert versions[0] == tuili.__version__
