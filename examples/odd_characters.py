"""Characters that a reader does not see: found, told, and refused where that is wanted.

python examples/odd_characters.py
"""

from __future__ import annotations

import tuili
from tuili.data.unusual import unusual
from tuili.engine.strict_unicode import StrictUnicode
from tuili.errors import InvalidPair

hidden = "The invoice was pa\u200bid in Apri\u200bl."  # zero-width spaces
for text in (hidden, "Log in to раураl.", "שלום, 👩\u200d🚀!"):  # Cyrillic letters; joiners that are needed
    print(ascii(text), [finding.to_dict() for finding in unusual(text)])

engine = tuili.load()
print(engine.judge([(hidden, "The invoice was paid.")])[0].label)
try:
    StrictUnicode(engine).judge([(hidden, "The invoice was paid.")])
except InvalidPair as error:
    print(error)
