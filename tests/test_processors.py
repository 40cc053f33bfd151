"""D3: verdicts on processors that lack this one's instructions, by emulation."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import sys

import pytest
import tiny

EMULATOR = shutil.which("qemu-x86_64-static") or shutil.which("qemu-x86_64")
SCRIPT = """
import json, sys, tuili
engine = tuili.load(json.loads(sys.argv[1]), threads=1)
print(json.dumps([list(v.probabilities.values()) for v in engine.judge(json.loads(sys.argv[2]))]))
"""
PAIRS = [
    ("A man is sleeping on a bench in the park.", "A person is asleep outside."),
    ("A man is sleeping on a bench in the park.", "The man is running a marathon."),
    ("A man is sleeping on a bench in the park.", "The man has a wife."),
    ("The company sold 300 bicycles in March and 250 in April, its best spring since it was founded.", "Sales fell."),
    ("Nobody in the village remembers the flood.", "Someone in the village remembers the flood."),
    ("ok", "fine"),
]
TINY_PAIRS = [
    ("a man is sleeping outside.", "a person is asleep."),
    ("the dog was running in the park, a cat on two.", "the cat is not outside."),
    ("three dog was asleep on a person in a park outside.", "the woman is inside the park."),
]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(platform.machine() != "x86_64", reason="emulates x86-64 on x86-64"),
    pytest.mark.skipif(EMULATOR is None, reason="needs qemu-user"),
    # AVX2 without VNNI, and SSE4 without AVX
    pytest.mark.parametrize("processor", ["Haswell", "Nehalem"]),
]


def probabilities(model: str | None, pairs: list[tuple[str, str]], *launcher: str) -> list[list[float]]:
    command = [*launcher, sys.executable, "-c", SCRIPT, json.dumps(model), json.dumps(pairs)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [list(map(float, row)) for row in json.loads(done.stdout)]


def compare(model: str | None, pairs: list[tuple[str, str]], processor: str, *, within: float) -> None:
    """Probabilities agree, and so do labels where the two best are further apart than that could move them."""
    here, there = probabilities(model, pairs), probabilities(model, pairs, str(EMULATOR), "-cpu", processor)
    for a, b in zip(here, there, strict=True):
        assert max(abs(x - y) for x, y in zip(a, b, strict=True)) <= within
        second, best = sorted(a)[-2:]
        if best - second > 2 * within:
            assert a.index(max(a)) == b.index(max(b))


def test_a_float32_model_gives_the_same_probabilities_to_1e5(processor, tmp_path):
    tiny.write(tmp_path / "b", "float32")
    compare(str(tmp_path / "b"), TINY_PAIRS, processor, within=1e-5)


def test_the_embedded_model_stays_within_the_noise_of_its_quantisation(processor):
    """Integer products are exact and can't saturate, but a float32 bit may tip an activation into the next quantum."""
    compare(None, PAIRS, processor, within=0.03)
