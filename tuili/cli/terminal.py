"""Texts of others on a terminal, which must not act on them."""

from __future__ import annotations


def one_line(text: str) -> str:
    """Text with a space for each line break, escape, mark of direction or other character that shows nothing.

    A quote of a file could otherwise colour the terminal, move its cursor or turn the order of what is read.
    """
    return "".join(character if character.isprintable() else " " for character in text)
