"""The joint form: premise and hypothesis read together by any sequence classifier; what is written is a checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tuili.learning.joint_network import JointNetwork
from tuili.types import Pair

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import nn

    from tuili.learning.batches import TokenBudget
    from tuili.learning.config import TrainConfig
    from tuili.learning.joint_network import Row
    from tuili.learning.pairs import LabelledPair, LabelScheme, TaughtPair


class JointForm:
    """A judge of pairs on any base."""

    def __init__(self, config: TrainConfig, scheme: LabelScheme) -> None:
        """Raises BundleError, ModelError or MissingExtra where the base can't be used."""
        self._scheme = scheme
        self._network = JointNetwork(config, [label.value for label in scheme.labels])

    @property
    def model(self) -> nn.Module:
        """To be trained."""
        return self._network.model

    @property
    def base(self) -> str:
        """What verdicts would call the base."""
        return self._network.base

    @property
    def cut(self) -> int:
        """How many pairs were longer than the model reads; of their premises the first window is taken."""
        return self._network.cut

    def batches(
        self, pairs: Sequence[LabelledPair | TaughtPair], budget: int, seed: int, *, gold: bool = False
    ) -> TokenBudget[Row]:
        """Pairs in batches; `gold` keeps columns as targets, whatever the objective wants."""
        texts = [Pair(pair.premise, pair.hypothesis) for pair in pairs]
        return self._network.batches(texts, [self._scheme.target(pair, gold=gold) for pair in pairs], budget, seed)

    def write(self, directory: Path, config: TrainConfig, about: dict[str, Any], card: str) -> None:
        """A directory that `tuili.load` reads: the network, the base's tokenizer, the card, `training.json`."""
        labels = [label.value for label in self._scheme.labels]
        self._network.write(directory, {"name": config.model_name, "labels": labels, "temperature": 1.0, **about}, card)
