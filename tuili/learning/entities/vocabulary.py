"""A smaller vocabulary: rare pieces fall back to shorter ones, and their rows are not stored."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tuili.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
LAST_LATIN = "\u024f"


def smaller(tokenizer: bytes, size: int, used: Collection[int] = ()) -> tuple[bytes, list[int]]:
    """A WordPiece tokeniser with at most `size` pieces, and the rows of the old one that it keeps, in order.

    Kept are the special tokens, every single Latin character (so that any name can still be spelt), the rows in
    `used`, and then what comes first: BERT's vocabularies are in the order of how frequent a word was.

    Args:
        tokenizer: Content of a `tokenizer.json`.
        size: Pieces.
        used: Rows that are to be kept, say those of the training text.

    Raises:
        UsageError: `size` is less than what must be kept.
    """
    described = json.loads(tokenizer)
    rows: dict[str, int] = described["model"]["vocab"]
    kept = {rows[piece] for piece in SPECIAL if piece in rows} | set(used)
    for piece, row in rows.items():
        bare = piece.removeprefix("##")
        if len(bare) == 1 and bare <= LAST_LATIN:
            kept.add(row)
    if len(kept) > size:
        raise UsageError(f"a vocabulary must have room for what must be kept: {len(kept):,} pieces, got {size:,}")
    for piece, row in sorted(rows.items(), key=lambda item: item[1]):
        if len(kept) >= size:
            break
        # one character of another script is worth no row in a model of names in Latin letters
        if len(piece.removeprefix("##")) > 1 and not piece.startswith("[unused"):
            kept.add(row)
    order = sorted(kept)
    place = {row: number for number, row in enumerate(order)}
    described["model"]["vocab"] = {piece: place[row] for piece, row in rows.items() if row in place}
    described["added_tokens"] = [
        {**token, "id": place[token["id"]]} for token in described["added_tokens"] if token["id"] in place
    ]
    # who reads it adds the special tokens and pads
    described["post_processor"] = described["padding"] = described["truncation"] = None
    return json.dumps(described, ensure_ascii=False).encode(), order
