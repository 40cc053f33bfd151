"""Put the sources of the site together in build/docs: the pages, what they link to elsewhere, and the reference.

python docs/site/prepare.py && mkdocs build --strict      # `make docs` does both
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "build" / "docs"

# files from elsewhere in the repository, and where the site has them
ELSEWHERE = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "benchmarks/README.md": "benchmarks/index.md",
    "benchmarks/results.md": "benchmarks/results.md",
    "models/README.md": "models/index.md",
    "models/log.md": "models/log.md",
    "tuili/weights/README.md": "models/embedded.md",
    "tuili/entity_weights/README.md": "models/entities.md",
}
_LINK = re.compile(r"\[([^\]]*)\]\(([^)\s#]+)(#[^)\s]*)?\)")
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def places() -> dict[str, str]:
    """Every file of the site: its path in the repository → in the site."""
    docs = ROOT / "docs"
    own = [
        path for path in docs.rglob("*") if path.suffix in {".md", ".png", ".svg"} and docs / "site" not in path.parents
    ]
    found = {path.relative_to(ROOT).as_posix(): path.relative_to(docs).as_posix() for path in own}
    found |= {source: place for source, place in ELSEWHERE.items() if (ROOT / source).is_file()}
    examples = sorted((ROOT / "examples").glob("*.py"))
    return found | {f"examples/{path.name}": f"examples/{path.stem}.md" for path in examples}


def relinked(text: str, source: str, known: dict[str, str]) -> str:
    """A page with its links to files pointing to where the site has them.

    Raises:
        ValueError: One leads nowhere.
    """

    def link(found: re.Match[str]) -> str:
        words, target, part = found[1], found[2], found[3] or ""
        if "://" in target or target.startswith("mailto:"):
            return found[0]
        path = normpath((PurePosixPath(source).parent / target).as_posix())
        if path in known:
            return f"[{words}]({relpath(known[path], PurePosixPath(known[source]).parent)}{part})"
        if path.startswith("docs/reference/"):
            return found[0]  # made for the site alone; the strict build knows these pages
        if (ROOT / path).exists():
            return f"{words} (`{path}` in the repository)"
        raise ValueError(f"{source}: the link to {target} leads nowhere")

    pieces, place = [], 0
    for code in _FENCE.finditer(text):
        pieces += [_LINK.sub(link, text[place : code.start()]), code[0]]
        place = code.end()
    return "".join([*pieces, _LINK.sub(link, text[place:])])


def example_page(path: Path) -> str:
    """An example as a page: its first words as the title."""
    title = path.stem.replace("_", " ").capitalize()
    return f"# {title}\n\n`examples/{path.name}`\n\n```python\n{path.read_text('utf-8').rstrip()}\n```\n"


def listed(folder: Path, title: str) -> str:
    """A page that links to all pages of a folder by their titles."""
    pages = sorted(folder.glob("*.md"))
    links = [f"- [{page.read_text('utf-8').splitlines()[0].lstrip('# ')}]({page.name})" for page in pages]
    return f"# {title}\n\n" + "\n".join(links) + "\n"


def main() -> None:
    sys.path.insert(0, str(Path(__file__).parent))
    from reference import reference

    shutil.rmtree(SITE, ignore_errors=True)
    known = places()
    for source, place in known.items():
        target = SITE / place
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.startswith("examples/"):
            target.write_text(example_page(ROOT / source), "utf-8")
        elif source.endswith(".md"):
            target.write_text(relinked((ROOT / source).read_text("utf-8"), source, known), "utf-8")
        else:
            shutil.copyfile(ROOT / source, target)
    for folder, title in (("decisions", "Decisions"), ("examples", "Examples")):
        (SITE / folder / "index.md").write_text(listed(SITE / folder, title), "utf-8")
    for place, text in reference().items():
        target = SITE / "reference" / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
