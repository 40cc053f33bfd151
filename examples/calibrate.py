"""A verdict that may say "entailment or neutral", and a judge that decides only where it is sure enough.

Made-up scenes stand for your own labelled pairs: take a few hundred real ones, of the kind that you will ask about.
"""

import csv
import tempfile
from itertools import product
from pathlib import Path

import tuili
from tuili.engine.calibrate import risk_bounds
from tuili.evaluation.calibrate import calibrate

PEOPLE = ("man", "woman", "boy", "girl", "farmer", "tourist", "nurse", "dancer", "student", "fisherman")
SCENES = ("sleeping on a bench", "running in the park", "reading a book", "riding a bike", "singing on a stage")

with tempfile.TemporaryDirectory() as folder:
    pairs = Path(folder, "pairs.csv")
    with pairs.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["premise", "hypothesis", "label"])
        for person, scene in product(PEOPLE, SCENES):
            text = f"A young {person} is {scene}."
            rows.writerow([text, f"A {person} is {scene.split()[0]}.", "entailment"])
            rows.writerow([text, f"The {person} is painting a fence.", "contradiction"])
            rows.writerow([text, f"The {person} is waiting for a friend.", "neutral"])
            rows.writerow([text, f"The {person} is outdoors.", "entailment" if "park" in scene else "neutral"])
    bundle = calibrate(None, pairs, Path(folder, "calibrated"), threads=1)
    record = bundle.manifest.calibration
    least = min(risk_bounds(record.risk))
    print(f"temperature {record.map.temperatures[0].temperature:.2f}; a risk of {least:.3f} or more can be asked for")
    engine = tuili.load(Path(folder, "calibrated"), threads=1, max_risk=min(0.99, least + 0.01))
    for claim in ("An old man is asleep.", "The man is tired.", "The man is swimming."):
        verdict = engine.judge([("An old man is sleeping on a sofa.", claim)])[0]
        labels = " or ".join(sorted(verdict.prediction_set))
        print(f"{claim:<22} {labels}; {'decided' if verdict.decided else 'undecided'}, {verdict.confidence:.2f}")
