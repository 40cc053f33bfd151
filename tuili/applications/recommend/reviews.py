"""Reviews: who said what of which item."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tuili.data.files import READ_ERRORS, open_regular, unreadable
from tuili.data.shown import shown
from tuili.data.text import check_text
from tuili.errors import DataError, InputError, InvalidText

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Review:
    """One review.

    Attributes:
        user, item: Any names.
        rating: On one scale for all reviews, higher is better.
        text: May be empty: then only the rating counts.
    """

    user: str
    item: str
    rating: float
    text: str = ""

    def to_dict(self) -> dict[str, Any]:
        return {"user": self.user, "item": self.item, "rating": self.rating, "text": self.text}


def check_reviews(reviews: Iterable[Review | Mapping[str, Any]]) -> list[Review]:
    """Reviews, once they are known to be some; equal ones are counted once.

    Raises:
        InputError: One of them is none; the message says which and why.
    """
    if isinstance(reviews, str | bytes | Mapping) or not isinstance(reviews, Iterable):
        raise InputError(f"reviews are a list of reviews, got {type(reviews).__name__}")
    return list(dict.fromkeys(_checked(review, number) for number, review in enumerate(reviews)))


def _checked(value: Review | Mapping[str, Any], number: int) -> Review:
    if isinstance(value, Review):
        value = value.to_dict()
    if not isinstance(value, Mapping):
        raise InputError(f"review {number}: must be a Review or a mapping, got {type(value).__name__}")
    for field in ("user", "item", "rating"):
        if value.get(field) is None:
            raise InputError(f"review {number}: {field} is missing")
    text = value.get("text")
    try:
        names = [check_text(str(value[field]), field) for field in ("user", "item")]
        text = check_text(text, "text") if text is not None and text != "" and not _blank(text) else ""
    except InvalidText as error:
        raise InputError(f"review {number}: {error}") from None
    try:
        rating = math.nan if isinstance(value["rating"], bool) else float(value["rating"])
    except (TypeError, ValueError, OverflowError):
        rating = math.nan
    if not math.isfinite(rating):
        raise InputError(f"review {number}: rating must be a number, got {shown(value['rating'])}")
    return Review(names[0], names[1], rating, text)


def _blank(text: object) -> bool:
    return isinstance(text, str) and not text.strip()


def read_reviews(path: str | Path) -> list[Review]:
    """The reviews of a .jsonl or .csv file with the columns user, item, rating and, where there is any, text.

    Raises:
        DataError: It can't be read, or a row is no review.
    """
    try:
        with open_regular(path) as file:
            text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"is not UTF-8 at byte {error.start}", path=path) from None
    except READ_ERRORS as error:
        raise unreadable(error, path) from error
    rows: list[tuple[int, Any]] = []
    if str(path).endswith((".jsonl", ".ndjson")):
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                try:
                    rows.append((number, json.loads(line)))
                except (ValueError, RecursionError):
                    raise DataError("is not JSON", path=path, row=number) from None
    elif str(path).endswith(".csv"):
        reader = csv.DictReader(io.StringIO(text, newline=""))
        try:
            rows = [(reader.line_num, row) for row in reader]
        except csv.Error as error:
            raise DataError(f"is not CSV: {error}", path=path, row=reader.line_num) from None
    else:
        raise DataError("must end in .jsonl or .csv", path=path)
    reviews: dict[Review, None] = {}
    for number, row in rows:
        try:
            reviews[_checked(row, number)] = None
        except InputError as error:
            raise DataError(str(error).partition(": ")[2], path=path, row=number) from None
    return list(reviews)
