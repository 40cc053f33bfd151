"""From tagged documents to a bundle that `tuili.reasoning.entities.load` reads."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from tuili.bundle import write_bundle
from tuili.errors import DataError, ModelError, UsageError
from tuili.evaluation.spans import SpanReport, score_spans
from tuili.learning.entities.card import CARD
from tuili.learning.entities.documents import DocumentBatches, documents, types_of
from tuili.learning.entities.graph import build_entity_graph
from tuili.learning.entities.model import EntityModel
from tuili.learning.entities.vocabulary import smaller
from tuili.learning.loop import Trainer
from tuili.learning.objectives import SoftmaxCrossEntropy
from tuili.learning.outcome import Evaluation, Moment, Outcome
from tuili.learning.settings import Settings
from tuili.manifest import Base, Combination, DataCard, Manifest, Window
from tuili.perception.tokens import Tokeniser
from tuili.reasoning.entity_decoding import Decoder, columns, spans_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from tuili.bundle import Bundle
    from tuili.learning.batches import Batch
    from tuili.learning.checkpoints import CheckpointStore
    from tuili.learning.entities.documents import Item, TaggedSentence

TEMPERATURES = np.geomspace(0.5, 4.0, 61)


@dataclass(frozen=True, slots=True)
class EntityConfig:
    """How an entity model is made.

    Attributes:
        base: Directory of a BERT encoder: `config.json`, `model.safetensors`, `tokenizer.json`.
        layers: Of the encoder, from the bottom.
        vocabulary: Pieces; the base's rarer ones are given up.
        window: Tokens that are read at once.
        budget: Tokens of a batch.
        names: What a type of the tags is called in the bundle.
    """

    base: Path
    layers: int = 4
    vocabulary: int = 18_000
    window: int = 160
    budget: int = 1536
    dropout: float = 0.1
    names: Mapping[str, str] = field(default_factory=dict)
    settings: Settings = field(default_factory=lambda: Settings(rate=2e-4, precision="fp32"))


class EntityTraining:
    """An entity model, what it is trained on, and what it is measured on.

    Attributes:
        types: What the tags name, in the order of the columns.
        called: What the bundle calls them.
        model: To be trained.
        tokeniser: With the smaller vocabulary.
        batches: Of the training documents.
        dev: The dev documents, as `read` gives them.
    """

    def __init__(self, train: Sequence[TaggedSentence], dev: Sequence[TaggedSentence], config: EntityConfig) -> None:
        """Raises DataError, ModelError or UsageError where data, base or options can't be used."""
        self.types = types_of(train)
        if not self.types:
            raise DataError("the training sentences hold no entity")
        self.called = tuple(config.names.get(kind, kind) for kind in self.types)
        if len(set(self.called)) < len(self.called):
            raise UsageError(f"two types can't be called the same: {', '.join(self.called)}")
        self.config = config
        self._sentences = len(train)
        try:
            whole = (config.base / "tokenizer.json").read_bytes()
            texts = [" ".join(sentence.words) for sentence in train]
            used = {row for rows in Tokeniser(whole).ids_of(texts) for row in rows}
            self._tokenizer, kept = smaller(whole, config.vocabulary, used)
            torch.manual_seed(config.settings.seed)
            self.model = EntityModel.from_bert(
                config.base,
                columns(len(self.types)),
                layers=config.layers,
                positions=config.window,
                kept=kept,
                dropout=config.dropout,
            )
        except (KeyError, TypeError, ValueError, OSError, RuntimeError) as error:
            raise ModelError(f"{config.base} is no BERT encoder that can be trained: {error}") from error
        self.tokeniser = Tokeniser.from_bytes(self._tokenizer)
        self.batches = self._batches(train, config.budget, config.settings.seed)
        self.dev = self.read(dev)
        self._decoder = Decoder(len(self.types))

    def _batches(self, sentences: Sequence[TaggedSentence], budget: int, seed: int) -> DocumentBatches:
        window = self.config.window
        return DocumentBatches(
            documents(sentences, self.tokeniser, self.types, window - 2), self.tokeniser, window, budget, seed
        )

    def read(self, sentences: Sequence[TaggedSentence]) -> Sequence[tuple[Batch, list[list[Item]]]]:
        """Sentences as they will be read, for `measure`. Raises DataError where a tag is of an unknown type."""
        return self._batches(sentences, 2 * self.config.budget, 0).in_order()

    def fit(self, store: CheckpointStore | None = None, watch: Callable[[Moment], None] = lambda _: None) -> Outcome:
        """Train, from the last checkpoint if there is one. Raises as `Trainer.fit` does."""
        run = hashlib.sha256(repr((self.config, self._sentences)).encode()).hexdigest()
        trainer = Trainer(
            self.model,
            self.batches,
            SoftmaxCrossEntropy(),
            self.config.settings,
            evaluate=lambda _: self.evaluation(),
            store=store,
            run=run,
            watch=watch,
        )
        return trainer.fit()

    def measure(self, read: Sequence[tuple[Batch, list[list[Item]]]] | None = None) -> tuple[SpanReport, float]:
        """How well entities are found in what `read` gave, or in dev; and the temperature that fits."""
        self.model.eval()
        device = self.model.words.weight.device
        gold, found, rows, tags = [], [], [], []
        with torch.no_grad():
            for batch, windows in self.dev if read is None else read:
                log_probs = self.model(batch.to(device).inputs).log_softmax(-1).cpu().numpy()
                rows.append(log_probs)
                tags.append(batch.targets.numpy())
                place = 0
                for item in (item for window in windows for item in window):
                    here = log_probs[place : place + len(item.tags)]
                    place += len(item.tags)
                    gold.append([(s, e, self.types[t]) for s, e, t in spans_of(item.tags)])
                    found.append([(s, e, self.types[t]) for s, e, t in self._decoder.best(here)])
        return score_spans(gold, found), _temperature(np.concatenate(rows), np.concatenate(tags))

    def evaluation(self) -> Evaluation:
        """Of the model as it is, on dev."""
        report = self.measure()[0]
        return Evaluation((report.f1,), {"f1": report.f1, **{k: s.f1 for k, s in report.per_type.items()}})

    def write(
        self,
        directory: str | Path,
        *,
        name: str,
        base: Base,
        data: DataCard,
        facts: Mapping[str, str | float | bool | None],
        knows: str = "It knows what its training sentences are like.",
    ) -> Bundle:
        """Measure, and write the bundle. `knows`: the card's word on what texts it is for."""
        report, temperature = self.measure()
        config = self.config
        tensors = {name: _array(tensor) for name, tensor in self.model.tensors().items()}
        manifest = Manifest(
            name=name,
            version="1",
            kind="entities-onnx",
            labels=(),
            entity_types=self.called,
            temperature=temperature,
            threshold=0.0,
            window=Window(config.window, config.window, 0),
            combination=Combination("disjoint", {}),
            precision="int8",
            base=base,
            data=(data,),
            recipe={
                **{k: v for k, v in asdict(config).items() if isinstance(v, int | float)},
                **{k: v for k, v in asdict(config.settings).items() if isinstance(v, int | float | str)},
                **facts,
            },
            metrics={"dev": {"f1": report.f1, **{f"f1_{k}": s.f1 for k, s in report.per_type.items()}}},
        )
        files = {
            "model.onnx": build_entity_graph(tensors, self.model.config, "int8"),
            "tokenizer.json": self._tokenizer,
            "README.md": CARD.format(
                name=name,
                types=", ".join(self.called),
                base=base.name,
                base_licence=base.licence,
                data=data.name,
                data_licence=data.licence,
                layers=self.model.config.layers,
                pieces=f"{self.model.config.vocabulary:,}",
                window=config.window,
                knows=knows,
                rows="\n".join(
                    f"| {kind} | {score.precision:.3f} | {score.recall:.3f} | {score.f1:.3f} | {score.gold:,} |"
                    for kind, score in [("all", report.overall), *report.per_type.items()]
                ),
            ).encode(),
        }
        return write_bundle(directory, manifest, files)


def _array(tensor: Tensor) -> NDArray[np.float32]:
    return np.asarray(tensor, np.float32)


def _temperature(log_probs: NDArray[np.float32], tags: NDArray[np.int64]) -> float:
    """By which log-probabilities are to be divided so that the tags are the most probable (Guo et al. 2017)."""

    def loss(temperature: float) -> float:
        scores = log_probs.astype(np.float64) / temperature
        totals = np.log(np.exp(scores - scores.max(-1, keepdims=True)).sum(-1)) + scores.max(-1)
        return float((totals - scores[np.arange(len(tags)), tags]).mean())

    return float(min(TEMPERATURES, key=loss))
