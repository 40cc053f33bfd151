"""Ask a folder of notes; the index on disk is brought up to date when files change."""

import tempfile
from pathlib import Path

import tuili
from tuili.applications.passages_index import PassageIndex

QUESTIONS = ["When was the bridge opened?", "How many books can members borrow?", "Who painted the ceiling?"]

with tempfile.TemporaryDirectory() as folder:
    notes = Path(folder) / "notes"
    notes.mkdir()
    (notes / "bridge.txt").write_text("The bridge was opened in 1966. It replaced a ferry.", "utf-8")
    (notes / "library.txt").write_text("Members can borrow eight books. The library is closed on Sundays.", "utf-8")
    engine = tuili.load()
    with PassageIndex(Path(folder) / "index.db") as index:
        index.refresh([notes])
        for question in QUESTIONS:
            answers = tuili.answer(engine, index, question)
            found = f"{answers[0].text} ({answers[0].probability:.2f}): {answers[0].quote}" if answers else "not here"
            print(f"{question}  {found}")
