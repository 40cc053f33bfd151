"""Time to import tuili, and to a first verdict in a new process."""

from __future__ import annotations

import argparse
import subprocess
import sys

from timing import interleaved, machine

WAYS = {
    "python": [sys.executable, "-c", "pass"],
    "import tuili": [sys.executable, "-c", "import tuili"],
    "first verdict, library": [sys.executable, "-c", "import tuili; tuili.judge('Two dogs run.', 'Animals move.')"],
    "first verdict, command": [sys.executable, "-m", "tuili", "judge", "Two dogs run.", "Animals move."],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()

    def start(command: list[str]) -> None:
        subprocess.run(command, check=True, capture_output=True)

    ways = {name: (lambda command=command: start(command)) for name, command in WAYS.items()}
    seconds = interleaved(ways, rounds=arguments.rounds)
    print(machine("tuili", "onnxruntime"))
    print("\n| process | seconds, median (range) |\n|---|---:|")
    for name, values in seconds.items():
        values.sort()
        print(f"| {name} | {values[len(values) // 2]:.3f} ({values[0]:.3f}–{values[-1]:.3f}) |")


if __name__ == "__main__":
    main()
