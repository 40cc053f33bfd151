"""A bundle's calibration anew: `python models/calibrate.py --data DIR --output OUT [--model BUNDLE]`.

Fits what `export.py` fits at its end (temperature, prediction sets, risk) on the tune parts of the short sets, measures
the card's figures on the held parts, and writes a bundle with the same weights, its card and its manifest. The int8
graph stays the same file to the last byte.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from export import fit_calibration, measure, model_card

from tuili.bundle import Bundle, write_bundle
from tuili.engine.load import bundle_directory, load


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--output", required=True, type=Path, help="directory of the new bundle")
    parser.add_argument("--model", help="a bundle; without it, what ships")
    arguments = parser.parse_args()
    before = Bundle.open(bundle_directory(arguments.model))
    record = fit_calibration(load(arguments.model, cache_bytes=0), arguments.data)
    manifest = replace(before.manifest, calibration=record, temperature=record.map.temperatures[0].temperature)
    write_bundle(arguments.output, manifest, before.files)
    figures = measure(load(str(arguments.output.resolve()), cache_bytes=0), arguments.data, "held")
    final = replace(manifest, metrics={**figures, "parity": before.manifest.metrics["parity"]})
    write_bundle(arguments.output, final, {**before.files, "README.md": model_card(final).encode()})


if __name__ == "__main__":
    main()
