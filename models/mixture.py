"""The training mixture: rows of the sets in `mixture.toml`, tokenised once, in batches of equal cost.

Pairs that share a premise travel together, because the prefix form reads a premise once for all its
hypotheses. An epoch is a fresh draw of premises; its order, and so every batch, follows from the seed and
the epoch's number alone, which is what lets an interrupted run resume bit for bit.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pyarrow.parquet as parquet
import torch
from splits import in_part
from tokenizers import Tokenizer

from tuili.learning.prefix import PackedRows, PairBatch
from tuili.learning.synthesis import generate
from tuili.perception.sentences import split_sentences

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LABELS = {"entailment": 0, "neutral": 1, "contradiction": 2, "not_entailment": 3}
Stage = Literal["broad", "last"]
PREMISE_WINDOW = 256
FOCUS_WORDS = 150
MAX_UNRELATED = 40  # tokens of a premise that may stand beside another
WORD = re.compile(r"\w+")
HYPOTHESIS_WINDOW = 128


@dataclass(frozen=True, slots=True)
class Group:
    """One premise and the hypotheses that were put to it, as token ids."""

    premise: list[int]
    hypotheses: list[list[int]]
    labels: list[int]

    @property
    def cost(self) -> int:
        return len(self.premise) + sum(len(hypothesis) for hypothesis in self.hypotheses)


@dataclass(frozen=True, slots=True)
class DataSet:
    """All groups of one file, each under the value of the card's `by` column."""

    name: str
    shares: dict[Stage, float]
    limit: int | None
    parts: dict[str, list[Group]]

    def draw(self, rng: random.Random, stage: Stage) -> list[Group]:
        drawn: list[Group] = []
        for part in self.parts.values():
            groups = rng.sample(part, round(self.shares[stage] * len(part)))
            if self.limit is not None:
                room = self.limit
                kept = []
                for group in groups:
                    if room <= 0:
                        break
                    kept.append(group)
                    room -= len(group.labels)
                groups = kept
            drawn.extend(groups)
        return drawn


def load_tokenizer(path: str | Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def read_set(card: dict[str, object], data: Path, tokenizer: Tokenizer) -> DataSet:
    by = card.get("by")
    rows = read_rows(card, data)
    left_out = set(card.get("leave_out", ()))
    rows = [row for row in rows if row["label"] in LABELS and (by is None or row[by] not in left_out)]
    if "part" in card:
        rows = [row for row in rows if in_part(row["premise"], card["part"])]
    if card.get("focus"):
        rows = [{**row, "premise": focus(row["premise"], row["hypothesis"])} for row in rows]
    premises = _encode(tokenizer, [row["premise"] for row in rows], PREMISE_WINDOW)
    hypotheses = _encode(tokenizer, [row["hypothesis"] for row in rows], HYPOTHESIS_WINDOW)
    groups: dict[tuple[str, tuple[int, ...]], Group] = {}
    for row, premise, hypothesis in zip(rows, premises, hypotheses, strict=True):
        key = (str(row[by]) if by else "", tuple(premise))
        group = groups.setdefault(key, Group(premise, [], []))
        group.hypotheses.append(hypothesis)
        group.labels.append(LABELS[row["label"]])
    parts: dict[str, list[Group]] = defaultdict(list)
    for (part, _), group in groups.items():
        parts[part].extend(_split(group))
    limit = card.get("limit")
    shares: dict[Stage, float] = {"broad": float(card["share"]), "last": float(card["last_share"])}
    return DataSet(str(card["name"]), shares, limit, dict(parts))


def read_rows(card: dict[str, object], data: Path) -> list[dict[str, str]]:
    """Rows of the card's file, or of the generator where it says `generate`."""
    by = card.get("by")
    if "generate" in card:
        made = [
            {"premise": pair.premise, "hypothesis": pair.hypothesis, "label": pair.label.value, "family": pair.family}
            for seed in card["seeds"]
            for pair in generate(
                int(card["generate"]),
                seed=seed,
                families=card.get("families"),
                distractors=float(card["distractors"]),
            )
        ]
        return list({(row["premise"], row["hypothesis"]): row for row in made}.values())
    columns = ["premise", "hypothesis", "label", *([by] if by else [])]
    return parquet.read_table(data / str(card["file"]), columns=columns).to_pylist()


def focus(premise: str, hypothesis: str, words: int = FOCUS_WORDS) -> str:
    """The run of sentences of about so many words that shares most words with the hypothesis, rare ones counting more.

    A document does not fit in a window, and its first sentences alone would often not hold what the label rests on.
    """
    sentences = [premise[span.start : span.end] for span in split_sentences(premise)]
    sizes = [len(sentence.split()) for sentence in sentences]
    if sum(sizes) <= words:
        return premise
    bags = [set(WORD.findall(sentence.lower())) for sentence in sentences]
    wanted = set(WORD.findall(hypothesis.lower()))
    weight = {word: 1 / sum(word in bag for bag in bags) for word in wanted if any(word in bag for bag in bags)}
    best, best_score = (0, 1), -1.0
    for start in range(len(sentences)):
        stop, size = start, 0
        while stop < len(sentences) and (stop == start or size + sizes[stop] <= words):
            size += sizes[stop]
            stop += 1
        score = sum(weight[word] for word in set().union(*bags[start:stop]) & weight.keys())
        if score > best_score:
            best, best_score = (start, stop), score
    return " ".join(sentences[best[0] : best[1]])


def _encode(tokenizer: Tokenizer, texts: list[str], window: int) -> list[list[int]]:
    """Ids with `[CLS]` and `[SEP]`; a text longer than the window keeps its head and the final `[SEP]`."""
    ids = [encoding.ids for encoding in tokenizer.encode_batch_fast(texts)]
    return [row if len(row) <= window else [*row[: window - 1], row[-1]] for row in ids]


def _split(group: Group, most: int = 8) -> Iterator[Group]:
    """Groups of at most `most` hypotheses, so that no batch is about one premise alone."""
    for start in range(0, len(group.labels), most):
        stop = start + most
        yield Group(group.premise, group.hypotheses[start:stop], group.labels[start:stop])


@dataclass(frozen=True, slots=True)
class Mixture:
    """All sets of a mixture file, and the share of premises that are put among unrelated ones."""

    sets: list[DataSet]
    unrelated: float = 0.0

    @classmethod
    def load(cls, cards: str | Path, data: str | Path, tokenizer: Tokenizer) -> Mixture:
        table = tomllib.loads(Path(cards).read_text("utf-8"))
        sets = [read_set(card, Path(data), tokenizer) for card in table["set"]]
        return cls(sets, float(table.get("unrelated", 0.0)))

    def epoch(self, seed: int, number: int, stage: Stage, *, budget: int, run: int = 512) -> list[list[Group]]:
        """Batches of about `budget` tokens. Within runs of `run` groups, neighbours have like lengths."""
        rng = random.Random(f"{seed}/{number}")
        groups = [group for data_set in self.sets for group in data_set.draw(rng, stage)]
        rng.shuffle(groups)
        groups = among_unrelated(groups, self.unrelated, rng)
        batches: list[list[Group]] = []
        for start in range(0, len(groups), run):
            stretch = sorted(groups[start : start + run], key=lambda group: len(group.premise))
            batch: list[Group] = []
            cost = 0
            for group in stretch:
                if batch and cost + group.cost > budget:
                    batches.append(batch)
                    batch, cost = [], 0
                batch.append(group)
                cost += group.cost
            batches.append(batch)
        rng.shuffle(batches)
        return batches


def among_unrelated(groups: list[Group], share: float, rng: random.Random) -> list[Group]:
    """Some premises with others before and behind them. What does not bear on a hypothesis must not move its label."""
    if not share:
        return groups
    short = [group.premise[1:-1] for group in groups if len(group.premise) <= MAX_UNRELATED]
    mixed = []
    for group in groups:
        if rng.random() < share and len(group.premise) <= PREMISE_WINDOW // 2:
            texts = rng.choices(short, k=rng.choices((1, 2, 4, 8), weights=(4, 3, 2, 1))[0])
            texts.insert(rng.randint(0, len(texts)), group.premise[1:-1])
            ids = [group.premise[0], *(token for text in texts for token in text), group.premise[-1]]
            if len(ids) <= PREMISE_WINDOW:
                group = Group(ids, group.hypotheses, group.labels)
        mixed.append(group)
    return mixed


def collate(groups: Sequence[Group]) -> PairBatch:
    premise_of = [index for index, group in enumerate(groups) for _ in group.labels]
    labels = [label for group in groups for label in group.labels]
    return PairBatch(
        premises=PackedRows.of([group.premise for group in groups]),
        hypotheses=PackedRows.of([hypothesis for group in groups for hypothesis in group.hypotheses]),
        premise_of=torch.tensor(premise_of),
        labels=torch.tensor(labels),
        weights=torch.ones(len(labels)),
    )
