"""Pages of the reference, out of docstrings and of the command line's own help."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields, is_dataclass
from enum import EnumType
from importlib import import_module
from typing import Any

# page → title and what it documents: `module:name`, in the order of reading
PAGES: dict[str, tuple[str, list[str]]] = {
    "judging": (
        "Judging",
        [
            "tuili.engine.default:judge",
            "tuili.engine.load:load",
            "tuili.engine.engine:Engine",
            "tuili.engine.runs.file_run:judge_file",
            "tuili.engine.runs.file_run:FileRun",
            "tuili.engine.cascade:Cascade",
            "tuili.engine.cascade:fit_when",
            "tuili.engine.ensemble:Ensemble",
        ],
    ),
    "types": (
        "Types",
        [
            f"tuili.types:{name}"
            for name in ("Label", "Pair", "Span", "Evidence", "Verdict", "Judge", "Occludable", "Part", "Mention")
        ],
    ),
    "applications": (
        "Applications",
        [
            "tuili.applications.check:check",
            "tuili.applications.check_report:CheckReport",
            "tuili.applications.answer:answer",
            "tuili.applications.answer:Answer",
            "tuili.applications.answer_sentences:rank_sentences",
            "tuili.applications.passages_index:PassageIndex",
            "tuili.applications.classify:classify",
            "tuili.applications.classify:classify_many",
            "tuili.applications.classify:Classification",
            "tuili.applications.estimator:ZeroShotClassifier",
            "tuili.applications.match:match",
            "tuili.applications.match:Match",
            "tuili.applications.recommend.recommender:Recommender",
            "tuili.applications.recommend.recommender:Recommendation",
        ],
    ),
    "graphs": (
        "Graphs",
        [
            "tuili.applications.graph.build:build_graph",
            "tuili.applications.graph.graph:Graph",
            "tuili.applications.graph.graph:Edge",
            "tuili.applications.graph.graph:Statement",
            "tuili.applications.graph.graph:Entity",
            "tuili.applications.graph.schema:Schema",
            "tuili.applications.graph.schema:Relation",
            "tuili.applications.graph.schema:read_schema",
            "tuili.applications.graph.store:Store",
            "tuili.applications.graph.update:update_store",
            "tuili.applications.graph.trained:TrainedFinder",
            "tuili.applications.graph.finder:RuleFinder",
            "tuili.reasoning.entities:load",
            "tuili.reasoning.entities:EntityFinder",
        ],
    ),
    "measuring": (
        "Measuring and explaining",
        [
            "tuili.evaluation.evaluate:evaluate",
            "tuili.evaluation.report:Report",
            "tuili.evaluation.calibrate:calibration_of",
            "tuili.explanation.explain:explain",
            "tuili.explanation.explanation:Explanation",
        ],
    ),
    "training": (
        "Training",
        [
            "tuili.learning.train:train",
            "tuili.learning.config:TrainConfig",
            "tuili.learning.predict:load_predictor",
            "tuili.learning.predict:predictions",
            "tuili.learning.predict:predict_file",
        ],
    ),
    "records": (
        "Records",
        [
            "tuili.audit.log:Log",
            "tuili.audit.recorded:Recorded",
            "tuili.audit.verify:verify",
            "tuili.audit.replay:replay",
        ],
    ),
    "fake": ("The fake", ["tuili.reasoning.scripted:Scripted"]),
}
_SECTION = re.compile(r"(Args|Attributes|Returns|Yields|Raises|Relations|Note|Example):(?: (.*))?")
_NAMED = {"Args", "Attributes", "Raises"}
_TITLES = {"Args": "Arguments"}


def reference() -> dict[str, str]:
    """All pages, by the path that they get under `reference/`."""
    made = {f"{page}.md": python_page(title, names) for page, (title, names) in PAGES.items()}
    return {**made, "errors.md": errors_page(), "command-line.md": command_page()}


def python_page(title: str, names: list[str]) -> str:
    import tuili

    parts = [f"# {title}\n"]
    for address in names:
        module, _, name = address.partition(":")
        thing = getattr(import_module(module), name)
        public = name in tuili.__all__ and getattr(tuili, name) is thing
        parts.append(documented(thing, f"tuili.{name}" if public else f"{module}.{name}"))
    return "\n".join(parts)


def documented(thing: Any, name: str) -> str:
    """A function, or a class with its public methods."""
    parts = [f"## `{name}`\n"]
    if isinstance(thing, type):
        parts.append(_class(thing, name.rpartition(".")[2]))
        for method, member in vars(thing).items():
            if method.startswith("_"):
                continue
            if isinstance(member, property):
                parts.append(f"### `{method}`\n\n*Property.* {described(member.__doc__)}")
            elif callable(function := getattr(member, "__func__", member)) and not isinstance(thing, EnumType):
                parts.append(f"### `{method}`\n\n{_signature(function, method)}{described(function.__doc__)}")
    else:
        parts.append(f"{_signature(thing, name)}{described(thing.__doc__)}")
    return "\n".join(parts)


def _class(thing: type, name: str) -> str:
    if isinstance(thing, EnumType):
        return described(thing.__doc__) + "\n".join(f"- `{one.value}`" for one in thing) + "\n"  # type: ignore[var-annotated]
    head = ""
    made = vars(thing).get("__init__")
    if is_dataclass(thing):
        shown = [f"    {field.name}: {field.type}" for field in fields(thing) if field.init]
        head = "```python\n" + f"{name}(\n" + ",\n".join(shown) + ",\n)\n```\n\n" if shown else ""
    elif issubclass(thing, tuple) and hasattr(thing, "_fields"):
        head = f"```python\n{name}({', '.join(thing._fields)})\n```\n\n"
    elif made is not None and inspect.isfunction(made) and not getattr(thing, "_is_protocol", False):
        return _signature(made, name) + described(thing.__doc__) + described(made.__doc__)
    return head + described(thing.__doc__)


def _signature(function: Any, name: str) -> str:
    """A call as it is written, a line a parameter where it is long."""
    signature = inspect.signature(function)
    shown: list[str] = []
    for parameter in signature.parameters.values():
        if parameter.name in {"self", "cls"}:
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not any(one.startswith("*") for one in shown):
            shown.append("*")
        shown.append(_parameter(parameter))
    returned = signature.return_annotation
    tail = "" if returned in (inspect.Signature.empty, "None") else f" -> {returned}"
    line = f"{name}({', '.join(shown)}){tail}"
    if len(line) > 90:
        line = f"{name}(\n" + "".join(f"    {part},\n" for part in shown) + f"){tail}"
    return f"```python\n{line}\n```\n\n"


def _parameter(parameter: inspect.Parameter) -> str:
    stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
    text = stars + parameter.name
    if parameter.annotation is not parameter.empty:
        text += f": {parameter.annotation}"
    if parameter.default is not parameter.empty:
        text += f" = {parameter.default!r}" if ":" in text else f"={parameter.default!r}"
    return text


def described(docstring: str | None) -> str:
    """A docstring as Markdown: its sections as lists."""
    parts: list[str] = []
    section = ""
    for line in inspect.cleandoc(docstring or "").splitlines():
        found = _SECTION.fullmatch(line)
        if found:
            section = found[1]
            parts += ["", f"**{_TITLES.get(section, section)}**" + (f": {found[2]}" if found[2] else ""), ""]
        elif section and line.startswith("    "):
            parts.append(_item(line[4:], named=section in _NAMED))
        else:
            section = "" if line.strip() else section
            parts.append(line)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(parts)).strip() + "\n\n"


def _item(line: str, *, named: bool) -> str:
    name, colon, rest = line.partition(": ")
    if named and colon and re.fullmatch(r"\*{0,2}[\w.]+(?:, \*{0,2}[\w.]+)*", name):
        return f"- {', '.join(f'`{one}`' for one in name.split(', '))}: {rest}"
    return f"  {line.strip()}" if named else line.strip()


def errors_page() -> str:
    from tuili import errors

    tree, _, rest = inspect.cleandoc(errors.__doc__ or "").partition("\n\n")
    parts = [f"# Errors\n\n{tree}\n\n```text\n{rest}\n```\n"]
    for name, thing in vars(errors).items():
        if isinstance(thing, type) and issubclass(thing, Exception):
            parts.append(f"## `tuili.errors.{name}`\n\n{described(thing.__doc__)}")
    return "\n".join(parts)


def command_page() -> str:
    """What `--help` says of every command."""
    import typer

    from tuili.cli.app import app

    root = typer.main.get_command(app)
    parts = ["# Command line\n\nExit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.\n"]
    for path, command in commands(root, "tuili"):
        context = type(command).context_class(command, info_name=path)
        context.terminal_width = 100
        parts.append(f"## `{path}`\n\n```text\n{command.get_help(context).strip()}\n```\n")
    return "\n".join(parts)


def commands(command: Any, path: str) -> list[tuple[str, Any]]:
    """A command and all below it, with what is typed to reach each."""
    found = [(path, command)]
    for name, below in getattr(command, "commands", {}).items():
        found += commands(below, f"{path} {name}")
    return found
