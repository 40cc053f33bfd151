"""The mean of several weights: `python models/average.py OUT WEIGHTS...`.

Weights that were trained from the same start on different draws lie in one basin, where their mean is better than
each of them (stochastic weight averaging, Izmailov et al. 2018; model soups, Wortsman et al. 2022).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file, save_file


def average(paths: list[Path]) -> dict[str, np.ndarray]:
    """The mean of each tensor, in float64 on the way.

    Raises:
        ValueError: The files don't hold tensors of the same names.
    """
    total: dict[str, np.ndarray] = {}
    for path in paths:
        tensors = load_file(path)
        if total and tensors.keys() != total.keys():
            raise ValueError(f"{path} does not hold the tensors of {paths[0]}")
        for name, tensor in tensors.items():
            total[name] = total.get(name, 0.0) + tensor.astype(np.float64)
    return {name: (tensor / len(paths)).astype(np.float32) for name, tensor in total.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path)
    parser.add_argument("weights", type=Path, nargs="+")
    arguments = parser.parse_args()
    with safe_open(arguments.weights[-1], "np") as file:
        record = json.loads(file.metadata()["prefix"])
    record["averaged"] = len(arguments.weights)
    save_file(average(arguments.weights), arguments.output, metadata={"prefix": json.dumps(record)})


if __name__ == "__main__":
    main()
