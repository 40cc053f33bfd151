"""Words with a tag each, such as names of persons and places: a finder of entities on a BERT encoder."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tuili.errors import DataError
from tuili.evaluation.spans import SpanReport, chunks
from tuili.evaluation.tables import markdown_table
from tuili.learning.base_size import weights_in
from tuili.learning.entities.documents import TaggedSentence
from tuili.learning.entities.train import EntityConfig, EntityTraining
from tuili.learning.objectives import SoftmaxCrossEntropy
from tuili.learning.outcome import Evaluation
from tuili.learning.settings import Settings
from tuili.learning.tasks.report import figures_table
from tuili.learning.tasks.rows import read_rows
from tuili.learning.tasks.task import SAMPLE
from tuili.manifest import Base, DataCard
from tuili.reasoning.model_directory import find_model

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from torch import nn

    from tuili.learning.batches import Batch, Batches
    from tuili.learning.objectives import Objective
    from tuili.learning.tasks.card import TaskCard
    from tuili.learning.tasks.rows import Row
    from tuili.learning.tasks.task import Setup


@dataclass(frozen=True, slots=True)
class TokenReport:
    """Of names in sentences, as conlleval counts: both ends and the type must be right. Weights in float32."""

    n: int
    spans: SpanReport

    def text(self) -> str:
        width = max(map(len, ("all", *self.spans.per_type)))
        head = f"{'':<{width}}  precision  recall     F1  names"
        return "\n".join(
            [head]
            + [
                f"{kind:<{width}}  {score.precision:9.4f}  {score.recall:6.4f} {score.f1:6.4f} {score.gold:6,}"
                for kind, score in self._lines()
            ]
        )

    def markdown(self) -> str:
        rows = [
            (kind, *(f"{x:.4f}" for x in (score.precision, score.recall, score.f1)), f"{score.gold:,}")
            for kind, score in self._lines()
        ]
        table = markdown_table(["type", "precision", "recall", "F1", "names"], rows)
        return f"{figures_table(self.figures())}\n{table}"

    def figures(self) -> dict[str, float]:
        score = self.spans.overall
        return {"n": self.n, "f1": score.f1, "precision": score.precision, "recall": score.recall}

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"n": self.n, **self.spans.to_dict()}

    def _lines(self) -> list[tuple[str, Any]]:
        return [("all", self.spans.overall), *self.spans.per_type.items()]


class TokenTask:
    """See `Task`. What is written is a bundle that `tuili.reasoning.entities.load` reads."""

    unit = "sentences"

    def __init__(self, setup: Setup) -> None:
        config, card = setup.config, setup.card
        self._config, self._place = config, setup.place
        self._sets = {
            name: tagged_sentences(path, card)
            for name, path in (("train", config.file), ("dev", config.dev), ("test", config.test))
            if path is not None
        }
        directory = find_model(config.base)
        self.base = directory.name
        settings = Settings(epochs=config.epochs, rate=config.rate_for(weights_in(directory)), seed=config.seed)
        made = EntityConfig(directory.path, budget=config.batch_tokens, names=card.names, settings=settings)
        self._training = EntityTraining(self._sets["train"], self._sets["dev"], made)
        self.model: nn.Module = self._training.model
        self.objective: Objective = SoftmaxCrossEntropy()

    def batches(self) -> Batches:
        return self._training.batches

    def dev(self) -> Sequence[Batch]:
        return [batch for batch, _ in self._training.dev]

    def evaluate(self, model: nn.Module, dev: Sequence[Batch]) -> Evaluation:  # noqa: ARG002  it knows both itself
        found = self._training.evaluation()
        return Evaluation(found.score, {f"dev_{name}": value for name, value in found.metrics.items()})

    def write(self, facts: Mapping[str, Any]) -> Mapping[str, TokenReport]:
        config, training = self._config, self._training
        count = len(self._sets["train"])
        self._sets["train"] = random.Random(config.seed).sample(self._sets["train"], min(SAMPLE, count))  # noqa: S311
        reports = {
            name: TokenReport(len(rows), training.measure(training.read(rows))[0]) for name, rows in self._sets.items()
        }
        training.write(
            config.output,
            name=config.model_name,
            base=Base(self.base, config.base_licence),
            data=DataCard(f"{count:,} tagged sentences", config.data_licence),
            facts=facts,
        )
        return reports


def tagged_sentences(path: str | Path, card: TaskCard) -> list[TaggedSentence]:
    """The sentences of a file whose columns a card names.

    Raises:
        DataError: The file or a row can't be read, or tags are not those of a scheme that is known.
    """
    documents: dict[object, int] = {}
    found = []
    [tokens], [tags] = card.texts["tokens"].columns, card.target.columns
    for row in read_rows(path, card.columns):
        words, said = _words(row, tokens), _words(row, tags)
        if len(words) != len(said):
            raise row.problem(f"{len(said)} tags for {len(words)} words", tags)
        try:
            chunks(said)
        except DataError as error:
            raise row.problem(error.reason, tags) from None
        document: object = row.number if card.document is None else row.value(card.document)
        found.append(TaggedSentence(documents.setdefault(document, len(documents)), words, said))
    return found


def _words(row: Row, column: str) -> tuple[str, ...]:
    """A list of words, or a text of words with spaces between them."""
    value = row.values[column]
    if isinstance(value, str):
        value = value.split()
    if not isinstance(value, list) or not value or not all(isinstance(x, str) and x.strip() for x in value):
        raise row.problem("must be a list of words, none of them blank, or words with spaces between them", column)
    return tuple(value)
