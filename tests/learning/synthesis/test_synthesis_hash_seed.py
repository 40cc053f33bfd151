"""The same arguments give the same pairs in every process: no order of a set may show."""

import os
import subprocess
import sys

CODE = """
from tuili.learning.synthesis import generate
for pair in generate(400, seed=3, distractors=0.2):
    print(pair.family, pair.premise, pair.hypothesis, pair.label.value, sep="|")
"""


def made(hash_seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    return subprocess.run(
        [sys.executable, "-c", CODE], env=environment, check=True, capture_output=True, text=True
    ).stdout


def test_the_hash_seed_of_a_process_moves_no_pair():
    first = made("1")
    assert first.count("\n") == 400
    assert made("2") == first
    assert made("3") == first
