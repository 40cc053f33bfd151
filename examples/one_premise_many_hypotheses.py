"""A text and the statements one would like to check against it."""

import tuili

TEXT = """The library opens at nine on weekdays and at ten on Saturdays. It is closed on Sundays and public holidays.
Members may borrow up to eight books for three weeks. Newspapers can be read in the hall but not taken home."""

STATEMENTS = [
    "The library is open on Sundays.",
    "Members can borrow books.",
    "The library lends newspapers.",
    "The library has a cafe.",
]

engine = tuili.load()
for statement, verdict in zip(STATEMENTS, engine.judge([(TEXT, s) for s in STATEMENTS]), strict=True):
    print(f"{verdict.label:<13} {verdict.confidence:.2f}  {statement}")
