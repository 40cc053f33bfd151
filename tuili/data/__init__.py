"""What we learn from, and what we are asked to judge: files of pairs."""

from tuili.data.example import BadRow, Example, LabelPolicy
from tuili.data.examples import Examples
from tuili.data.fingerprint import fingerprint
from tuili.data.formats import Format
from tuili.data.read import open_examples, read_stream
from tuili.data.text import MAX_CHARACTERS, check_text

__all__ = [
    "MAX_CHARACTERS",
    "BadRow",
    "Example",
    "Examples",
    "Format",
    "LabelPolicy",
    "check_text",
    "fingerprint",
    "open_examples",
    "read_stream",
]
