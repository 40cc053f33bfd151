"""D3: the embedded model on processors that lack this one's instructions, by emulation."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import sys

import pytest

EMULATOR = shutil.which("qemu-x86_64-static") or shutil.which("qemu-x86_64")
SCRIPT = """
import json, sys, tuili
pairs = json.loads(sys.argv[1])
engine = tuili.load(threads=1)
print(json.dumps([list(v.probabilities.values()) for v in engine.judge(pairs)]))
"""
PAIRS = [
    ("A man is sleeping on a bench in the park.", "A person is asleep outside."),
    ("A man is sleeping on a bench in the park.", "The man is running a marathon."),
    ("A man is sleeping on a bench in the park.", "The man has a wife."),
    ("The company sold 300 bicycles in March and 250 in April, its best spring since it was founded.", "Sales fell."),
    ("Nobody in the village remembers the flood.", "Someone in the village remembers the flood."),
    ("ok", "fine"),
]


def probabilities(*launcher: str) -> list[list[float]]:
    command = [*launcher, sys.executable, "-c", SCRIPT, json.dumps(PAIRS)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [list(map(float, row)) for row in json.loads(done.stdout)]


@pytest.mark.slow
@pytest.mark.skipif(platform.machine() != "x86_64", reason="emulates x86-64 on x86-64")
@pytest.mark.skipif(EMULATOR is None, reason="needs qemu-user")
@pytest.mark.parametrize("processor", ["Haswell", "Nehalem"])
def test_an_older_processor_gives_the_same_verdicts(processor):
    """Integer products are exact and can't saturate; only float32 rounding may differ, and rarely tips a quantum."""
    here, there = probabilities(), probabilities(str(EMULATOR), "-cpu", processor)
    for a, b in zip(here, there, strict=True):
        assert max(abs(x - y) for x, y in zip(a, b, strict=True)) < 5e-3
        top, second = sorted(a)[-1], sorted(a)[-2]
        if top - second > 1e-2:
            assert a.index(max(a)) == b.index(max(b))
