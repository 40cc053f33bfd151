"""Files of texts, one a line: what `classify`, `match` and their labels are read from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuili.data.files import opened
from tuili.data.lines import read_lines
from tuili.data.text import check_text
from tuili.errors import DataError, InvalidText

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def text_lines(path: Path) -> Iterator[str]:
    """The texts of a UTF-8 file (also .gz), one a line, one at a time; blank lines are passed over.

    Raises:
        DataError: The file or a line can't be read, or a line can't be judged; the message says which.
    """
    with opened(path, gzipped=path.suffix == ".gz") as stream:
        for line in read_lines(stream, path):
            if line.fault is not None or line.text is None:
                raise DataError(line.fault or "can't be read", path=path, row=line.number)
            text = line.text.strip()
            if not text:
                continue
            try:
                yield check_text(text, "the text")
            except InvalidText as error:
                raise DataError(str(error), path=path, row=line.number) from None
