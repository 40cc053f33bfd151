"""The six workloads. Each takes the ways and returns rows for the report; every round runs all ways in turn."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from training import our_way, sample, written

from peer_ways import texts
from peer_ways.peak import integer_product, needed
from peer_ways.processes import PAIR, peer_command, run
from peer_ways.report import Row
from peer_ways.ways import FASTEST, OURS, PEERS, ours

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from peer_ways.network import Network
    from peer_ways.report import Report
    from peer_ways.ways import Way
    from tuili.reasoning.embedded import Embedded

PATIENCE = 30.0  # seconds a call; a way that would take longer at the next size is left out there
SIZES = (1, 4, 16, 64, 256)


class Runner:
    """The ways, made when first needed, and the options."""

    def __init__(self, network: Network, options: argparse.Namespace, report: Report) -> None:
        self.network = network
        self.options = options
        self.report = report
        self._ways: dict[str, Way] = {}

    def way(self, name: str) -> Way:
        if name not in self._ways:
            threads = self.options.threads
            made = ours(threads, self.options.model) if name == OURS else PEERS[name](self.network, threads)
            self._ways[name] = made
        return self._ways[name]

    def names(self, *, fastest: bool = False) -> list[str]:
        """Ours last. With `fastest`, only the peers that can be waited for."""
        wanted = self.options.ways or (FASTEST if fastest and not self.options.all else PEERS)
        return [*(name for name in PEERS if name in wanted), OURS]

    def rounds(self, actions: dict[str, Callable[[int], float]]) -> dict[str, list[float]]:
        """What each action gives in each round, after a round that does not count. It gets the round's number."""
        found: dict[str, list[float]] = {name: [] for name in actions}
        for number in range(self.options.rounds + 1):
            for name, action in actions.items():
                value = action(number)
                if number:
                    found[name].append(value)
        return found

    def tell(self, rows: list[Row]) -> None:
        self.report.rows += rows
        for row in rows:
            print(f"{row.workload:45} {row.size or '':>4} {row.way:30} {row.median:10.4g} {row.unit}", flush=True)


def seconds_of(way: Way, pairs: list[texts.Pair]) -> float:
    started = time.perf_counter()
    way(pairs)
    return time.perf_counter() - started


def short(runner: Runner) -> None:
    """(a) Independent short pairs, and what share of the integer peak we reach on them."""
    count = runner.options.pairs
    batches = [texts.short_pairs(count, seed) for seed in range(runner.options.rounds + 1)]
    actions = {name: _timed(runner.way(name), batches) for name in runner.names()}
    actions["peak"] = _peak(runner)
    found = runner.rounds(actions)
    peak = found.pop("peak")
    runner.tell(
        [Row("(a) short pairs", name, "pairs/s", [count / v for v in values]) for name, values in found.items()]
    )
    backend = _backend(runner)
    work = [needed(backend, [p for p, _ in batch], batch) for batch in batches[1:]]
    _tell_share(runner, "(a) share of integer peak", work, found[OURS], peak)
    _agreement(runner, batches[0])


def one_premise(runner: Runner) -> None:
    """(b) One premise of 350 words, 1 to 256 hypotheses; the marginal hypothesis; the premise's share of peak."""
    workload = "(b) 350 words, hypotheses"
    last: dict[str, float] = {}
    times: dict[int, list[float]] = {}
    peaks: list[float] = []
    sizes = [size for size in SIZES if size <= runner.options.most_hypotheses]
    for place, size in enumerate(sizes):
        names = [n for n in runner.names() if place == 0 or last.get(n, PATIENCE) * size / sizes[place - 1] < PATIENCE]
        batches = [texts.one_premise(size, 100 * place + number) for number in range(runner.options.rounds + 1)]
        found = runner.rounds({**{n: _timed(runner.way(n), batches) for n in names}, "peak": _peak(runner)})
        peak = found.pop("peak")
        runner.tell([Row(workload, name, "s", values, size) for name, values in found.items()])
        last = {name: statistics.median(values) for name, values in found.items()}
        times[size] = found[OURS]
        if size == 1:
            peaks = peak
            alone = [needed(_backend(runner), [batch[0][0]], []) for batch in batches[1:]]
    if len(sizes) > 1:
        small, large = sizes[-2:]
        each = [(b - a) / (large - small) for a, b in zip(times[small], times[large], strict=True)]
        # one hypothesis' time less what the hypothesis costs: the premise alone
        premise = [one - marginal for one, marginal in zip(times[1], each, strict=True)]
        shares = [100 * a / b for a, b in zip(each, premise, strict=True)]
        runner.tell([Row("(b) marginal hypothesis, % of the premise", OURS, "%", shares)])
        _tell_share(runner, "(b) premise, share of integer peak", alone, premise, peaks)


def claim_checking(runner: Runner) -> None:
    """(c) Documents with ten claims each; peers are asked about every window that we read."""
    count = runner.options.documents
    backend = _backend(runner)
    batches = [texts.claims(count, seed) for seed in range(runner.options.rounds + 1)]
    windows = [texts.by_window(batch, backend) for batch in batches]
    names = runner.names(fastest=True)
    found = runner.rounds({n: _timed(runner.way(n), batches if n == OURS else windows) for n in names})
    claims = count * texts.CLAIMS
    runner.tell([Row("(c) claim checking", n, "claims/s", [claims / v for v in found[n]]) for n in names])


def single(runner: Runner) -> None:
    """(d) One pair a call, warm, every pair a new one; then from a new process."""
    calls = runner.options.calls
    pairs = texts.short_pairs(calls + 10, 7)
    found: dict[str, list[float]] = {name: [] for name in runner.names()}
    for number, pair in enumerate(pairs):
        for name, values in found.items():
            taken = seconds_of(runner.way(name), [pair])
            if number >= 10:
                values.append(1000 * taken)
    for share in (50, 95, 99):
        # a percentile for each fifth of the calls would be thin: one figure, of all calls
        rows = [
            Row(f"(d) one pair, warm, p{share}", n, "ms", [float(np.percentile(v, share))]) for n, v in found.items()
        ]
        runner.tell(rows)
    threads = str(runner.options.threads)
    options = ["--threads", threads, *(["--model", runner.options.model] if runner.options.model else [])]
    commands = {name: peer_command(name, runner.network.directory, int(threads), "one") for name in runner.names()[:-1]}
    commands[OURS] = [sys.executable, "-m", "tuili", "judge", *PAIR, *options]
    cold = runner.rounds({name: _process(command) for name, command in commands.items()})
    runner.tell([Row("(d) one pair, new process", name, "s", values) for name, values in cold.items()])


def file_run(runner: Runner) -> None:
    """(e) A file of pairs, every premise different, in a process of its own: seconds and peak memory."""
    folder = runner.network.directory / "files"
    folder.mkdir(exist_ok=True)
    count = runner.options.file_pairs
    source = folder / f"pairs-{count}.jsonl"
    rows = (json.dumps({"premise": p, "hypothesis": h}) for p, h in texts.short_pairs(count, 11))
    source.write_text("".join(f"{row}\n" for row in rows), "utf-8")
    threads = runner.options.threads
    taken: dict[str, list[float]] = {}
    memory: dict[str, list[float]] = {}
    for number in range(runner.options.file_rounds):
        for name in runner.names(fastest=True):
            output = folder / f"out-{name.replace(' ', '-')}-{number}.jsonl"
            for old in folder.glob(f"{output.name}*"):
                old.unlink()
            command = peer_command(name, runner.network.directory, threads, "file", str(source), str(output))
            if name == OURS:
                options = ["--model", runner.options.model] if runner.options.model else []
                command = [sys.executable, "-m", "tuili", "judge", "--file", str(source), "--output", str(output)]
                command += ["--threads", str(threads), *options]
            ended = run(command)
            taken.setdefault(name, []).append(count / ended.seconds)
            memory.setdefault(name, []).append(ended.megabytes)
    runner.tell([Row(f"(e) a file of {count:,} pairs", n, "pairs/s", values) for n, values in taken.items()])
    runner.tell([Row(f"(e) a file of {count:,} pairs, peak memory", n, "MB", values) for n, values in memory.items()])


def training(runner: Runner) -> None:
    """(f) Training pairs a second: ours against Trainer with its defaults, same pairs, base, epochs and rate."""
    from peer_ways.network import base_directory
    from peer_ways.trainer import trainers_way

    options = runner.options
    folder = Path(tempfile.mkdtemp(prefix="training-", dir=runner.network.directory))
    files = [Path(options.train), Path(options.dev)] if options.train else _made_up_files(folder, options)
    train, dev = sample(str(files[0]), options.train_pairs), sample(str(files[1]), max(50, options.train_pairs // 5))
    files = [written(train, folder / "train.jsonl"), written(dev, folder / "dev.jsonl")]
    options.base, options.rate, options.batch_tokens = base_directory(), 5e-5, 1024
    rates: dict[str, list[float]] = {"Transformers Trainer": [], OURS: []}
    right: dict[str, list[float]] = {"Transformers Trainer": [], OURS: []}
    for number in range(options.train_rounds):
        theirs = trainers_way(train, dev, options.base, folder / f"theirs{number}", epochs=options.epochs)
        mine = our_way(files[0], files[1], folder / f"ours{number}", options)
        for name, timed in (("Transformers Trainer", theirs), (OURS, mine)):
            rates[name].append(timed.pairs / timed.clock)
            right[name].append(100 * timed.accuracy)
    runner.tell([Row("(f) training", name, "pairs/s", values) for name, values in rates.items()])
    runner.tell([Row("(f) training, right on dev pairs", name, "%", values) for name, values in right.items()])


WORKLOADS = {"a": short, "b": one_premise, "c": claim_checking, "d": single, "e": file_run, "f": training}


def _timed(way: Way, batches: list[list[texts.Pair]]) -> Callable[[int], float]:
    return lambda number: seconds_of(way, batches[number])


def _process(command: list[str]) -> Callable[[int], float]:
    return lambda _: run(command).seconds


def _peak(runner: Runner) -> Callable[[int], float]:
    measure = integer_product(runner.options.threads)
    return lambda _: measure()


def _backend(runner: Runner) -> Embedded:
    import tuili

    return tuili.load(runner.options.model, threads=1).backend


def _tell_share(runner: Runner, workload: str, work: list[float], seconds: list[float], peak: list[float]) -> None:
    shares = [100 * w / s / p for w, s, p in zip(work, seconds, peak, strict=True)]
    runner.tell([Row(workload, OURS, "% of peak", shares)])
    runner.report.notes.append(
        f"{workload}: {statistics.median(w / s for w, s in zip(work, seconds, strict=True)):.0f} of "
        f"{statistics.median(peak):.0f} billion multiply-adds a second"
    )


def _agreement(runner: Runner, pairs: list[texts.Pair]) -> None:
    """Labels of each int8 peer that are those of float32. With a random head this says little: see the note."""
    exact = "CrossEncoder"
    if exact not in runner.names():
        return
    labels = runner.way(exact)(pairs).argmax(1)
    for name in runner.names()[:-1]:
        if "int8" in name:
            agree = 100 * float((runner.way(name)(pairs).argmax(1) == labels).mean())
            runner.report.notes.append(f"{name}: {agree:.1f} % of labels as in float32, with {runner.network.source}")


def _made_up_files(folder: Path, options: argparse.Namespace) -> list[Path]:
    from tuili.learning.synthesis import generate

    files = []
    for name, seed in (("generated-train", 1), ("generated-dev", 2)):
        path = folder / f"{name}.jsonl"
        pairs = generate(2 * options.train_pairs, seed=seed)
        rows = ({"premise": p.premise, "hypothesis": p.hypothesis, "label": str(p.label)} for p in pairs)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        files.append(path)
    return files
