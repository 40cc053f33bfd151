"""An entity bundle small enough to make in a test: random weights, two layers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import tiny

from tuili.bundle import write_bundle
from tuili.manifest import Base, Combination, DataCard, Manifest, Window

if TYPE_CHECKING:
    from pathlib import Path

    from tuili.bundle import Bundle
    from tuili.learning.prefix_config import PrefixConfig

TYPES = ("person", "place")
MANIFEST = Manifest(
    name="tiny-entities",
    version="1",
    kind="entities-onnx",
    labels=(),
    entity_types=TYPES,
    temperature=1.5,
    threshold=0.0,
    window=Window(24, 24, 0),
    combination=Combination("disjoint", {}),
    precision="int8",
    base=Base("random", "none"),
    data=(DataCard("none", "none"),),
    recipe={},
    metrics={},
)


def config() -> PrefixConfig:
    return replace(tiny.config(), labels=1 + 4 * len(TYPES), positions=24)


def tensors(seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    c = config()
    weights = {name: array for name, array in tiny.tensors(seed).items() if not name.startswith("head")}
    weights["positions.weight"] = weights["positions.weight"][: c.positions]
    weights["shapes.weight"] = rng.standard_normal((8, c.hidden)).astype(np.float32)
    weights["head.weight"] = (rng.standard_normal((c.labels, c.hidden)) * 0.4).astype(np.float32)
    weights["head.bias"] = rng.standard_normal(c.labels).astype(np.float32) * 0.1
    return weights


def write(directory: Path, precision: Literal["int8", "float32"] = "int8", seed: int = 0) -> Bundle:
    from tuili.learning.entities.graph import build_entity_graph

    files = {
        "model.onnx": build_entity_graph(tensors(seed), config(), precision),
        "tokenizer.json": tiny.tokenizer_json(),
    }
    return write_bundle(directory, replace(MANIFEST, precision=precision), files)
