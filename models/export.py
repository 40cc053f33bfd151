"""From trained weights to a bundle: `python models/export.py --weights RUN/model.safetensors --data DIR ...`.

Writes the graph in int8 and float32, fits temperature and window sharpness on the tune parts of the dev sets,
measures every set of the card on its held part *with the int8 graph that ships*, checks int8 against float32 and
float32 against torch, and writes the bundle with its card.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from mixture import load_tokenizer
from safetensors import safe_open
from safetensors.numpy import load_file
from splits import SPLITS, read_part

from tuili.bundle import write_bundle
from tuili.engine.combine import decisive_mean
from tuili.engine.load import load
from tuili.evaluation.calibrate import calibration_of
from tuili.evaluation.scoring import score
from tuili.learning.graph import build_graph
from tuili.learning.prefix_config import PrefixConfig
from tuili.manifest import Base, Combination, DataCard, Manifest, Window
from tuili.types import Label, Pair

if TYPE_CHECKING:
    from tuili.calibration import Calibration
    from tuili.engine.engine import Engine
    from tuili.engine.percepts import PerceptReader

ORDER = [Label.ENTAILMENT, Label.NEUTRAL, Label.CONTRADICTION, Label.NOT_ENTAILMENT]
KNOWN = "esnli/dev.parquet"
"""Whose words are familiar."""
SHARPNESS = (0.0, 1.0, 4.0, 8.0, 16.0, 32.0, 64.0)
"""Candidates for the window rule; the range from a plain mean to nearly the most decisive window."""


def window_readings(engine: Engine, rows: list[tuple[str, str, Label]]) -> list[np.ndarray]:
    reader: PerceptReader = engine._reader
    return [reading.log_probs for reading in reader.read([Pair(p, h) for p, h, _ in rows])]


def gold(rows: list[tuple[str, str, Label]], *, two_way: bool = False) -> np.ndarray:
    """Label indices; 3 stands for "not entailment". With `two_way` every other label but entailment becomes 3."""
    indices = np.array([ORDER.index(label) for _, _, label in rows])
    return np.where(indices > 0, 3, 0) if two_way else indices


def negative_log_likelihood(log_probs: np.ndarray, gold: np.ndarray) -> float:
    full = np.concatenate([log_probs, np.logaddexp(log_probs[:, 1], log_probs[:, 2])[:, None]], axis=1)
    return float(-full[np.arange(len(gold)), gold].mean())


def balanced(gold: np.ndarray, seed: int = 1) -> np.ndarray:
    """Indices of an equal number of rows of each label, so that no set's base rate is fitted."""
    rng = np.random.default_rng(seed)
    least = min(np.bincount(gold)[np.unique(gold)])
    return np.concatenate(
        [rng.choice(np.flatnonzero(gold == label), least, replace=False) for label in np.unique(gold)]
    )


def trained_on(mixture: str) -> set[str]:
    """The dev files whose train part is in the mixture."""
    cards = tomllib.loads(Path(mixture).read_text("utf-8"))["set"]
    return {card["file"] for card in cards if card.get("part") == "train"}


def fit_sharpness(engine: Engine, data: Path, trained: set[str]) -> tuple[float, dict[str, float]]:
    """The candidate with the least mean loss over the long sets, each balanced over its labels.

    Of a set in `trained` only the part that training did not see is used.
    """
    losses: dict[float, list[float]] = {candidate: [] for candidate in SHARPNESS}
    labels = engine.labels
    for name in SPLITS["long"]:
        rows = read_part(data, name, "fit" if name in trained else "tune")
        readings, answers = window_readings(engine, rows), gold(rows)
        chosen = balanced(answers)
        for candidate in SHARPNESS:
            combined = np.stack([decisive_mean(readings[i], labels, sharpness=candidate) for i in chosen])
            losses[candidate].append(negative_log_likelihood(combined, answers[chosen]))
    means = {candidate: float(np.mean(values)) for candidate, values in losses.items()}
    best = min(means, key=means.__getitem__)
    return best, {str(candidate): round(mean, 4) for candidate, mean in means.items()}


def fit_calibration(engine: Engine, data: Path) -> Calibration:
    """Temperature, prediction sets and risk table, from the tune parts of the short sets.

    The temperature rises with words that SNLI's tune part does not hold: most of training came from there, and fitted
    without that one temperature underrates captions and overrates other texts. What sets and risk promise holds of
    pairs drawn like this mixture, which is nobody's: users calibrate on pairs of their own.
    """
    known = [(premise, hypothesis) for premise, hypothesis, _ in read_part(data, KNOWN, "tune")]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "tune-parts-of-short-dev-sets.jsonl")
        with file.open("w", encoding="utf-8") as lines:
            for name in SPLITS["short"]:
                for premise, hypothesis, label in read_part(data, name, "tune"):
                    row = {"premise": premise, "hypothesis": hypothesis, "label": str(label)}
                    lines.write(json.dumps(row, ensure_ascii=False) + "\n")
        return calibration_of(engine, file, method="familiarity", alpha=0.1, known=known)


def measure(engine: Engine, data: Path, part: Literal["tune", "held"]) -> dict[str, dict[str, float]]:
    figures = {}
    for name in SPLITS["card"]:
        rows = read_part(data, name, part)
        report = score(engine.judge([(p, h) for p, h, _ in rows]), [label for _, _, label in rows])
        figures[name.removesuffix(".parquet")] = {
            "n": report.n,
            "labels": 2 if report.two_way else 3,
            "accuracy": round(report.accuracy, 4),
            "macro_f1": round(report.macro_f1, 4),
            "ece": round(report.ece, 4),
            "brier": round(report.brier, 4),
        }
        print(name, figures[name.removesuffix(".parquet")], file=sys.stderr, flush=True)
    return figures


def parity(int8: Engine, float32: Engine, weights: Path, data: Path) -> dict[str, float]:
    """Label agreement of int8 with float32, and the distance of float32 from torch in log-probability."""
    import torch

    from tuili.learning.prefix import PackedRows, PairBatch, PrefixModel

    window = float32._reader.backend.premise_window
    tokeniser = float32._reader.backend.tokeniser
    rows = [row for name in SPLITS["short"] for row in read_part(data, name, "held")]
    lengths = tokeniser.ids_of([premise for premise, _, _ in rows])
    rows = [row for row, ids in zip(rows, lengths, strict=True) if len(ids) <= window]  # torch reads one window
    rows = [rows[index] for index in np.linspace(0, len(rows) - 1, 5000).astype(int)]
    a = np.stack([reading[0] for reading in window_readings(int8, rows)])
    b = np.stack([reading[0] for reading in window_readings(float32, rows)])

    tensors = load_file(weights)
    model = PrefixModel(read_config(weights)).eval()
    model.load_state_dict({name: torch.from_numpy(array) for name, array in tensors.items()})
    frame = [[tokeniser.cls], [tokeniser.sep]]
    distance = 0.0
    step = 8
    for start in range(0, len(rows) // step, 64):
        part = rows[::step][start : start + 64]
        ids = [
            [frame[0] + list(map(int, ids)) + frame[1] for ids in tokeniser.ids_of([row[side] for row in part])]
            for side in (0, 1)
        ]
        count = torch.arange(len(part))
        batch = PairBatch(PackedRows.of(ids[0]), PackedRows.of(ids[1]), count, count, count)
        with torch.no_grad():
            log_probs = model(batch).log_softmax(-1).numpy()
        distance = max(distance, float(np.abs(log_probs - b[::step][start : start + 64]).max()))
    return {
        "pairs": len(rows),
        "pairs_torch": len(rows[::step]),
        "int8_float32_label_agreement": round(float((a.argmax(1) == b.argmax(1)).mean()), 4),
        "int8_float32_mean_probability_drift": round(float(np.abs(np.exp(a) - np.exp(b)).max(1).mean()), 5),
        "float32_torch_max_log_probability_difference": distance,
    }


def read_config(weights: Path) -> PrefixConfig:
    with safe_open(weights, "np") as file:
        record = json.loads(file.metadata()["prefix"])
    return PrefixConfig(**{name: record[name] for name in PrefixConfig.__dataclass_fields__})


def tokenizer_json(path: Path) -> bytes:
    """The base's tokenizer, without the padding and truncation that its own task wanted."""
    return load_tokenizer(path).to_str(pretty=False).encode()


def manifest_of(arguments: argparse.Namespace, precision: str) -> Manifest:
    cards = tomllib.loads(Path(arguments.mixture).read_text("utf-8"))["set"]
    with safe_open(arguments.weights, "np") as file:
        record = json.loads(file.metadata()["prefix"])
    return Manifest(
        name="tuili-embedded",
        version=arguments.version,
        kind="prefix-onnx",
        labels=tuple(ORDER[:3]),
        temperature=1.0,
        threshold=0.0,
        window=Window(premise=256, hypothesis=512, overlap=64),
        combination=Combination("decisive_mean", {"sharpness": 1.0}),
        precision=precision,
        base=Base("all-MiniLM-L6-v2", "Apache-2.0"),
        data=tuple(DataCard(card["name"], card["licence"]) for card in cards),
        recipe={
            "command": "models/README.md",
            "commit": arguments.commit,
            "pairs": record["pairs"],
            "seed": record["seed"],
            "start": arguments.start,
        },
        metrics={},
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", required=True, type=Path)
    parser.add_argument("--tokenizer", required=True, type=Path)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--output", required=True, type=Path, help="directory for the two bundles and the figures")
    parser.add_argument("--mixture", default=str(Path(__file__).with_name("mixture.toml")))
    parser.add_argument("--version", default="1")
    parser.add_argument("--commit", default="unknown")
    parser.add_argument("--start", default="the base", help="what training began with, for the card")
    arguments = parser.parse_args()
    started = time.monotonic()
    tensors = load_file(arguments.weights)
    config = read_config(arguments.weights)
    tokenizer = tokenizer_json(arguments.tokenizer)
    arguments.output.mkdir(parents=True, exist_ok=True)
    graphs = {precision: build_graph(tensors, config, precision) for precision in ("int8", "float32")}

    def write(precision: str, manifest: Manifest, card: str) -> Engine:
        files = {"model.onnx": graphs[precision], "tokenizer.json": tokenizer, "README.md": card.encode()}
        write_bundle(arguments.output / precision, manifest, files)
        return load(str((arguments.output / precision).resolve()), cache_bytes=0)

    draft = {precision: write(precision, manifest_of(arguments, precision), "draft") for precision in graphs}
    figures: dict[str, Any] = {"parity": parity(draft["int8"], draft["float32"], arguments.weights, arguments.data)}
    print(figures["parity"], file=sys.stderr, flush=True)
    sharpness, losses = fit_sharpness(draft["int8"], arguments.data, trained_on(arguments.mixture))
    fitted: dict[str, Any] = {"combination": Combination("decisive_mean", {"sharpness": sharpness})}
    weighed = write("int8", replace(manifest_of(arguments, "int8"), **fitted), "draft")
    record = fit_calibration(weighed, arguments.data)
    temperature = record.map.temperatures[0].temperature
    fitted |= {"calibration": record, "temperature": temperature}
    print({"sharpness": sharpness, "losses": losses, "temperature": temperature}, file=sys.stderr, flush=True)
    for precision in graphs:
        draft[precision] = write(precision, replace(manifest_of(arguments, precision), **fitted), "draft")
    figures["held"] = measure(draft["int8"], arguments.data, "held")
    figures["sharpness_losses"] = losses
    figures["seconds"] = round(time.monotonic() - started)
    (arguments.output / "figures.json").write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    for precision in graphs:
        final = replace(
            manifest_of(arguments, precision), **fitted, metrics={**figures["held"], "parity": figures["parity"]}
        )
        write(precision, final, model_card(final))


CARD = """# {name} {version} ({precision})

A {ways}-way judge of English sentence pairs in the prefix form: the premise is read once, for any number of hypotheses.
Base: {base} ({base_licence}). Trained on {pairs:,} pairs (seed {seed}), from {start} on, by the recipe in `models/`.

## Figures

Measured with this very recipe's int8 file on the held part of each dev set (`models/splits.toml`). Labels 2: scored as
entailment or not. ECE: expected calibration error, 15 bins of equal mass. Temperature {temperature}, {familiar}window
sharpness {sharpness:g}, fitted on the tune parts.

| set | pairs | labels | accuracy | macro-F1 | ECE |
|---|---:|---:|---:|---:|---:|
{figures}

Int8 against float32 on {compared:,} pairs of the short sets: {agreement:.2%} of labels agree; the probabilities drift
by {drift:.4f} on average. Float32 against torch on {compared_torch:,} of them: log-probabilities within {distance:.0e}.

## Known weaknesses

{weaknesses}

## Training data and its licences, as stated by the origins

{data}
"""


def how_familiar(manifest: Manifest) -> str:
    familiar = None if manifest.calibration is None else manifest.calibration.map.familiar
    if familiar is None:
        return ""
    factor = float(np.exp(familiar.slope))
    return f"times {factor:.4f} for each of up to {familiar.most} words that SNLI's tune part does not hold, "


def model_card(manifest: Manifest) -> str:
    sets = {name: figures for name, figures in manifest.metrics.items() if name != "parity"}
    parity = manifest.metrics["parity"]
    rows = [
        f"| {name} | {f['n']} | {f['labels']} | {f['accuracy']:.3f} | {f['macro_f1']:.3f} | {f['ece']:.3f} |"
        for name, f in sets.items()
    ]
    return CARD.format(
        name=manifest.name,
        version=manifest.version,
        precision=manifest.precision,
        ways=len(manifest.labels),
        base=manifest.base.name,
        base_licence=manifest.base.licence,
        pairs=manifest.recipe["pairs"],
        seed=manifest.recipe["seed"],
        start=manifest.recipe["start"],
        temperature=manifest.temperature,
        familiar=how_familiar(manifest),
        sharpness=manifest.combination.parameters["sharpness"],
        figures="\n".join(rows),
        compared=parity["pairs"],
        compared_torch=parity["pairs_torch"],
        agreement=parity["int8_float32_label_agreement"],
        drift=parity["int8_float32_mean_probability_drift"],
        distance=parity["float32_torch_max_log_probability_difference"],
        weaknesses=Path(__file__).with_name("weaknesses.md").read_text("utf-8").strip(),
        data="\n".join(f"- {card.name}: {card.licence}" for card in manifest.data),
    )


if __name__ == "__main__":
    main()
