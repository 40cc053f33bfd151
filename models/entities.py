"""Make the entity model: `python models/entities.py --data DIR --base DIR --output BUNDLE`.

`DIR/conll2003/{train,dev}.parquet` have the columns doc, tokens, ner. A killed run goes on from its last checkpoint, in
`BUNDLE.checkpoints`. Its settings are in `entities.toml`; the options are for trying others.
"""

from __future__ import annotations

import argparse
import time
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from tuili.learning.checkpoints import CheckpointStore
from tuili.learning.entities.documents import read_tagged
from tuili.learning.entities.train import EntityConfig, EntityTraining
from tuili.learning.schedules import Schedule
from tuili.learning.settings import Settings
from tuili.manifest import Base, DataCard

if TYPE_CHECKING:
    from tuili.learning.outcome import Moment

RECIPE = Path(__file__).with_name("entities.toml")


def main() -> None:
    recipe = tomllib.loads(RECIPE.read_text("utf-8"))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True, help="the encoder's directory")
    parser.add_argument("--output", type=Path, required=True, help="where the bundle goes")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--limit", type=int, default=None, help="sentences of each file, to try the recipe")
    for name in ("layers", "vocabulary", "epochs", "seed", "budget", "window"):
        parser.add_argument(f"--{name}", type=int, default=recipe[name])
    parser.add_argument("--rate", type=float, default=recipe["rate"])
    a = parser.parse_args()
    torch.set_num_threads(a.threads)

    train, dev = (read_tagged(a.data / "conll2003" / f"{part}.parquet")[: a.limit] for part in ("train", "dev"))
    settings = Settings(
        epochs=a.epochs, rate=a.rate, schedule=Schedule(recipe["warmup"]), seed=a.seed, precision="fp32", save_every=180
    )
    config = EntityConfig(
        a.base, a.layers, a.vocabulary, a.window, a.budget, recipe["dropout"], recipe["names"], settings
    )
    training = EntityTraining(train, dev, config)
    began = time.monotonic()

    def watch(moment: Moment) -> None:
        if moment.step % 10 == 0 or moment.metrics:
            figures = " ".join(f"{name} {value:.4f}" for name, value in moment.metrics.items())
            print(
                f"step {moment.step}  {moment.share:.1%}  loss {moment.loss:.3f}  "
                f"{time.monotonic() - began:.0f} s  {figures}",
                flush=True,
            )

    store = CheckpointStore(a.output.with_name(f"{a.output.name}.checkpoints"))
    outcome = training.fit(store, watch)
    bundle = training.write(
        a.output,
        name=recipe["name"],
        base=Base(recipe["base"], recipe["base_licence"]),
        data=DataCard(recipe["data"], recipe["licence"]),
        knows="It knows news of the 1990s.",
        facts={"command": "python models/entities.py", "steps": outcome.steps, "best_step": outcome.best_step},
    )
    size = sum(entry.bytes for entry in bundle.manifest.files.values())
    print(f"{a.output}: {size / 1e6:.1f} MB, {dict(bundle.manifest.metrics['dev'])}")


if __name__ == "__main__":
    main()
