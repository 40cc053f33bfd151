"""How a text is put together from a row's columns."""

from __future__ import annotations

from dataclasses import dataclass
from string import Formatter
from typing import TYPE_CHECKING

from tuili.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Template:
    """Literal text and columns in turn.

    Attributes:
        parts: Pairs of a literal text and the column after it; the last may have none.
    """

    parts: tuple[tuple[str, str | None], ...]

    @classmethod
    def of(cls, text: str) -> Template:
        """`{column}` stands for the column's text; a text without braces is the name of a column.

        Raises:
            UsageError: It is not well formed. What a column's value is made of is never looked into.
        """
        if "{" not in text and "}" not in text:
            return cls((("", text),))
        try:
            found = list(Formatter().parse(text))
        except ValueError as error:
            raise UsageError(f"{text!r} is no template ({error}); write {{column}}, and {{{{ for a brace") from error
        if any(extra for _, _, *extras in found for extra in extras):
            raise UsageError(f"{text!r}: a template holds names of columns in braces, without : or ! after them")
        parts = tuple((literal, column) for literal, column, _, _ in found)
        if not any(column for _, column in parts) or "" in [column for _, column in parts]:
            raise UsageError(f"{text!r} must hold at least one column in braces, and no empty braces")
        return cls(parts)

    @property
    def columns(self) -> list[str]:
        return [column for _, column in self.parts if column is not None]

    @property
    def text(self) -> str:
        """As a card writes it: `Template.of(template.text) == template`."""
        if len(self.parts) == 1 and not self.parts[0][0]:
            return str(self.parts[0][1])
        return "".join(
            literal.replace("{", "{{").replace("}", "}}") + ("" if column is None else f"{{{column}}}")
            for literal, column in self.parts
        )

    def filled(self, value: Callable[[str], str]) -> str:
        """The text, with each column replaced by its value."""
        return "".join(literal + ("" if column is None else value(column)) for literal, column in self.parts)
