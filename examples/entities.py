"""Names in a text, and how well they are found. A directory that models/entities.py made may be given."""

import sys

from tuili.evaluation.spans import score_spans
from tuili.reasoning import entities

TEXT = "Anna Lind of Acme Corp. flew to Milan on Monday. Lind will meet Mr. Vale there."
NAMES = {"Anna Lind": "person", "Acme Corp.": "organization", "Milan": "place", "Lind": "person", "Vale": "person"}

finder = entities.load(*sys.argv[1:])
mentions = finder.find(TEXT)
for mention in mentions:
    print(f"{mention.text(TEXT):<12} {mention.type:<13} {mention.score:.2f}")

places = {name: TEXT.index(name) if name != "Lind" else TEXT.rindex(name) for name in NAMES}
gold = [(places[name], places[name] + len(name), kind) for name, kind in NAMES.items()]
found = [(mention.span.start, mention.span.end, mention.type) for mention in mentions]
print(f"F1 on this one text: {score_spans([gold], [found]).f1:.2f}")
