"""A task card: what a training run is to learn from which columns, in a few lines of TOML. Standard library only.

kind = "pair"
premise = "context"                                  # a column, or a text with columns in braces
hypothesis = "The answer to {question} is {answer}."
label = "verdict"
[labels]                                             # how the file writes them
yes = "entailment"
no = "not_entailment"
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuili.errors import UsageError
from tuili.learning.tasks.template import Template

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Kind:
    """What a card of a kind declares.

    Attributes:
        texts: Sets of texts that it may read, each by name; the first is taken where the card names none.
        target: What is learnt: the key that names its column.
        others: Further keys.
    """

    texts: tuple[tuple[str, ...], ...]
    target: str
    others: tuple[str, ...]


KINDS = {
    "pair": Kind((("premise", "hypothesis"),), "label", ("labels",)),
    "text": Kind((("text",),), "label", ("labels",)),
    "regression": Kind((("premise", "hypothesis"), ("text",)), "score", ("range",)),
    "generate": Kind((("source",),), "target", ("longest",)),
    "token": Kind((("tokens",),), "tags", ("document", "names")),
}
LONGEST = 64


@dataclass(frozen=True, slots=True)
class TaskCard:
    """A task, declared.

    Attributes:
        kind: One of `KINDS`.
        texts: What is read, by name.
        target: What is learnt; of most kinds a column.
        labels: What the file's labels stand for, in the order of the columns; empty: they stand for themselves.
        range: Of scores, the least and the greatest that there may be.
        longest: Tokens of a generated text at most.
        document: The column that says which sentences belong together; None: each stands alone.
        names: What the types in the tags are called in the model; empty: as in the tags.
    """

    kind: str
    texts: Mapping[str, Template]
    target: Template
    labels: Mapping[str, str] = field(default_factory=dict)
    range: tuple[float, float] | None = None
    longest: int = LONGEST
    document: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        """The columns that are read, each once."""
        found = [column for template in (*self.texts.values(), self.target) for column in template.columns]
        found += [] if self.document is None else [self.document]
        return list(dict.fromkeys(found))

    @property
    def read(self) -> list[str]:
        """The columns of the texts alone, each once: all that a finished model needs."""
        return list(dict.fromkeys(column for template in self.texts.values() for column in template.columns))

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; `card_of` takes it."""
        texts = {name: template.text for name, template in self.texts.items()}
        found: dict[str, Any] = {"kind": self.kind, **texts, KINDS[self.kind].target: self.target.text}
        if self.labels:
            found["labels"] = dict(self.labels)
        if self.range is not None:
            found["range"] = list(self.range)
        if self.kind == "generate":
            found["longest"] = self.longest
        if self.document is not None:
            found["document"] = self.document
        if self.names:
            found["names"] = dict(self.names)
        return found


def read_card(path: str | Path) -> TaskCard:
    """The card in a TOML file.

    Raises:
        UsageError: It can't be read, or declares something that can't be; says which key, and what is allowed.
    """
    try:
        values = tomllib.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{path}: can't be read as a task card ({error}); it must be TOML") from error
    try:
        return card_of(values)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None


def card_of(values: Mapping[str, Any]) -> TaskCard:
    """The card that these values declare. Raises UsageError."""
    name = values.get("kind")
    if not isinstance(name, str) or name not in KINDS:
        raise UsageError(f"kind must be one of {', '.join(KINDS)}, got {name!r}")
    kind = KINDS[name]
    texts = [text for group in kind.texts for text in group]
    allowed = ("kind", *texts, kind.target, *kind.others)
    if unknown := [key for key in values if key not in allowed]:
        raise UsageError(f"unknown key {unknown[0]!r}; a card of kind {name} may have {', '.join(allowed)}")
    given = [group for group in kind.texts if any(text in values for text in group)] or [kind.texts[0]]
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given[0])} or {' and '.join(given[1])}: a card names one or the other")
    whole = [] if name == "generate" else [kind.target]
    for key in [*whole, *(("tokens",) if name == "token" else ())]:
        if len((template := _template(values, key)).parts) > 1 or template.parts[0][0]:
            raise UsageError(f"{key} must be the name of one column, got {values[key]!r}")
    target = _template(values, kind.target)
    longest = values.get("longest", LONGEST)
    if type(longest) is not int or not 1 <= longest <= 1024:
        raise UsageError(f"longest must be a whole number from 1 to 1024, got {longest!r}")
    return TaskCard(
        name,
        {text: _template(values, text) for text in given[0]},
        target,
        _labels(values.get("labels", {})),
        _range(values.get("range")),
        longest,
        _column(values.get("document")),
        _names(values.get("names", {})),
    )


def _template(values: Mapping[str, Any], key: str) -> Template:
    text = values.get(key, key)
    if not isinstance(text, str) or not text.strip():
        raise UsageError(f"{key} must be a column's name, or a text with columns in braces, got {text!r}")
    try:
        return Template.of(text)
    except UsageError as error:
        raise UsageError(f"{key}: {error}") from None


def _labels(value: object) -> dict[str, str]:
    if isinstance(value, list) and all(isinstance(name, str) and name.strip() for name in value):
        value = {name: name for name in value}
    if not isinstance(value, dict) or not all(isinstance(name, str) and name.strip() for name in value.values()):
        raise UsageError("labels must be a list of names, or a table from what the file writes to names")
    if value and len(set(value.values())) < 2:
        raise UsageError("labels must hold at least two different names")
    return value


def _column(value: object) -> str | None:
    if value is not None and (not isinstance(value, str) or not value.strip()):
        raise UsageError(f"document must be the name of one column, got {value!r}")
    return value


def _names(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(name, str) and name.strip() for name in value.values()):
        raise UsageError("names must be a table from the types in the tags to names")
    return value


def _range(value: object) -> tuple[float, float] | None:
    if value is None:
        return None
    if isinstance(value, list) and len(value) == 2 and all(type(x) in (int, float) for x in value):
        low, high = value
        if low < high:
            return float(low), float(high)
    raise UsageError(f"range must be two numbers, the smaller first, got {value!r}")
