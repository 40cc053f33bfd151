"""The entity model in ONNX Runtime: windows of sentences to the probabilities of each word's tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from tuili.errors import BundleError, NumericalError
from tuili.perception.tokens import Tokeniser
from tuili.reasoning.embedded import BATCH_TOKENS, canonical_length, open_session
from tuili.reasoning.entity_decoding import columns
from tuili.reasoning.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tuili.bundle import Bundle
    from tuili.reasoning.entity_text import EntityWindow

    Array: TypeAlias = NDArray[Any]


class Tagger:
    """An entity bundle, ready to run. Safe to call from several threads.

    Attributes:
        tokeniser: Cuts texts into the pieces that it knows.
    """

    def __init__(self, bundle: Bundle, *, threads: int) -> None:
        self._name = bundle.manifest.name
        self._tags = columns(len(bundle.manifest.entity_types))
        self.tokeniser = Tokeniser.from_bytes(bundle.files["tokenizer.json"])
        self._session = open_session(bundle.files["model.onnx"], {"ids", "shapes", "mask"}, "an entity model")
        shape = self._session.get_outputs()[0].shape
        if shape[-1:] != [self._tags]:
            raise BundleError(f"model.onnx has {shape[-1:]} tags, and the types of bundle.json need {self._tags}")
        self._workers = Workers(threads)

    def log_probs(self, windows: Sequence[EntityWindow]) -> list[NDArray[np.float32]]:
        """Log-probabilities of the tags of each window's words. *Shape:* `(words, tags)` each.

        Each window runs in the shape that its own length prescribes, so its result has the same bits in any company.

        Raises:
            NumericalError: The model gave something that is not a number.
        """
        found: dict[int, NDArray[np.float32]] = {}
        groups: dict[int, list[int]] = {}
        for index, window in enumerate(windows):
            groups.setdefault(canonical_length(len(window.ids)), []).append(index)

        def run(work: tuple[int, list[int]]) -> None:
            padded, batch = work
            ids = np.full((len(batch), padded), self.tokeniser.pad, np.int64)
            shapes = np.zeros((len(batch), padded), np.int64)
            mask = np.zeros((len(batch), padded), np.float32)
            for row, index in enumerate(batch):
                length = len(windows[index].ids)
                ids[row, :length], shapes[row, :length] = windows[index].ids, windows[index].shapes
                mask[row, :length] = 1
            rows: Array = self._session.run(["log_probs"], {"ids": ids, "shapes": shapes, "mask": mask})[0]
            for row, index in enumerate(batch):
                found[index] = rows[row, windows[index].firsts]

        self._workers.map(
            run,
            [
                (padded, indices[start : start + size])
                for padded, indices in sorted(groups.items())
                for size in [max(1, BATCH_TOKENS // padded)]
                for start in range(0, len(indices), size)
            ],
        )
        result = [found[index] for index in range(len(windows))]
        if not all(np.isfinite(rows).all() for rows in result):
            raise NumericalError(f"{self._name} gave log-probabilities that are not finite; its weights are unusable")
        return result
