"""tuili beside its peers, in one run on one machine: `python benchmarks/peers.py --output DIRECTORY [--quick]`.

Needs the `peers` extra. All peers run an encoder of the same size: all-MiniLM-L6-v2 with three labels. Workloads:

    a  independent pairs with the lengths of SNLI       d  a single pair, warm and from a new process
    b  a premise of 350 words, 1 to 256 hypotheses      e  a file of pairs: time and memory
    c  documents of 200 to 2,000 words, ten claims      f  training

Every round runs all ways in turn. Texts are made up, and new in every round. Writes `peers.json`, `peers.md`
and `peers.png`.
"""

from __future__ import annotations

import argparse
import logging
import os
import tempfile
import warnings
from pathlib import Path

import transformers
from peer_ways.network import Network
from peer_ways.report import Report
from peer_ways.ways import OURS, PEERS
from peer_ways.workloads import WORKLOADS, Runner
from timing import machine

PACKAGES = ("tuili", "onnxruntime", "torch", "transformers", "sentence-transformers", "openvino", "nncf", "tokenizers")
QUICK = {
    "rounds": 2,
    "pairs": 96,
    "most_hypotheses": 16,
    "documents": 1,
    "calls": 20,
    "file_pairs": 256,
    "file_rounds": 1,
    "train_pairs": 100,
    "train_rounds": 1,
    "epochs": 1,
}


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True, help="directory for the results")
    parser.add_argument("--workloads", default="abcdef", help="letters of those to run")
    parser.add_argument("--ways", nargs="*", choices=PEERS, help="peers to run; all by default")
    parser.add_argument("--all", action="store_true", help="the slow peers too, where they would take hours (c, e)")
    parser.add_argument("--quick", action="store_true", help="a few minutes, to see that it runs; no figures to quote")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--model", help="a bundle for tuili; the embedded model by default")
    parser.add_argument("--checkpoint", help="a fine-tuned checkpoint for the peers; the base with a random head")
    parser.add_argument("--network", type=Path, help="where the peers' files are kept; a temporary directory")
    parser.add_argument("--pairs", type=int, default=768, help="a: pairs of a call")
    parser.add_argument("--most-hypotheses", type=int, default=256, help="b")
    parser.add_argument("--documents", type=int, default=8, help="c: documents of a call")
    parser.add_argument("--calls", type=int, default=200, help="d: calls of each way")
    parser.add_argument("--file-pairs", type=int, default=20_000, help="e")
    parser.add_argument("--file-rounds", type=int, default=1, help="e")
    parser.add_argument("--train", help="f: labelled pairs; generated ones by default")
    parser.add_argument("--dev", help="f")
    parser.add_argument("--train-pairs", type=int, default=600, help="f")
    parser.add_argument("--train-rounds", type=int, default=3, help="f")
    parser.add_argument("--epochs", type=int, default=2, help="f")
    found = parser.parse_args()
    if found.quick:
        for name, value in QUICK.items():
            setattr(found, name, value)
    return found


def main() -> None:
    arguments = options()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    logging.getLogger().setLevel(logging.ERROR)
    warnings.simplefilter("ignore")
    if arguments.checkpoint:
        os.environ["PEERS_CHECKPOINT"] = arguments.checkpoint
    with tempfile.TemporaryDirectory() as temporary:
        network = Network(arguments.network or Path(temporary), arguments.checkpoint)
        settings = {
            "threads": arguments.threads,
            "rounds": arguments.rounds,
            "weights of tuili": Path(arguments.model).name if arguments.model else "embedded",
            "network of the peers": network.source,
        }
        report = Report(machine(*PACKAGES), settings)
        runner = Runner(network, arguments, report)
        settings["model"] = model_name(arguments.model)
        for letter in arguments.workloads:
            WORKLOADS[letter](runner)
            report.write(arguments.output)  # what is done is kept, should the next one fail
    print(report.markdown())


def model_name(address: str | None) -> str:
    import tuili

    return f"{OURS}: {tuili.load(address, threads=1).model}"


if __name__ == "__main__":
    main()
