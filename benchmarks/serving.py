"""What HTTP leaves of the library's throughput, and what a server does when it is asked far too much.

`kept`: 64 clients, one pair of 350 words a request, against `engine.judge` on the same pairs in batches of the same
size; both in turn, one thread of inference. `overload`: requests at a multiple of what was measured, each with a
deadline: which answers came, when, and how many good ones beside the capacity.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import httpx2
from made_pairs import sentence
from timing import machine

import tuili


def long_pairs(count: int, words: int, seed: int = 0) -> list[tuple[str, str]]:
    rng = random.Random(seed)
    return [(" ".join(sentence(rng, 14) for _ in range(max(1, words // 14))), sentence(rng, 8)) for _ in range(count)]


class Served:
    """`tuili serve` in a process of its own."""

    def __init__(self, port: int, *options: str) -> None:
        command = [sys.executable, "-m", "tuili", "serve", "--port", str(port), *options]
        self._log = tempfile.NamedTemporaryFile("w", prefix=f"tuili-serve-{port}-", suffix=".log")  # noqa: SIM115
        self._process = subprocess.Popen(command, stderr=self._log)
        self.url = f"http://127.0.0.1:{port}"

    def __enter__(self) -> Served:
        for _ in range(600):
            try:
                if httpx2.get(self.url + "/ready", timeout=30, trust_env=False).status_code == 200:
                    return self
            except httpx2.HTTPError:
                time.sleep(0.1)
        raise SystemExit("the server did not start")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(20)
        self._log.close()

    def memory(self) -> float:
        """Resident memory, MB."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


def client(url: str) -> httpx2.AsyncClient:
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
    return httpx2.AsyncClient(base_url=url, timeout=300, trust_env=False, limits=limits)


async def closed_loop(
    url: str, pairs: list[tuple[str, str]], clients: int, seconds: float
) -> tuple[float, list[float]]:
    """Pairs a second with so many clients that each wait for their answer, and the times of the answers."""
    times: list[float] = []
    async with client(url) as http:
        begun = time.perf_counter()
        numbers = iter(range(10**9))

        async def one() -> None:
            while time.perf_counter() - begun < seconds:
                premise, hypothesis = pairs[next(numbers) % len(pairs)]
                asked = time.perf_counter()
                body = {"premise": premise, "hypotheses": [hypothesis]}
                reply = await http.post("/v1/judge", json=body, headers={"X-Request-Timeout": "280"})
                reply.raise_for_status()
                times.append(time.perf_counter() - asked)

        await asyncio.gather(*(one() for _ in range(clients)))
        return len(times) / (time.perf_counter() - begun), times


def library(engine: tuili.Judge, pairs: list[tuple[str, str]], batch: int, seconds: float) -> float:
    begun, done = time.perf_counter(), 0
    while time.perf_counter() - begun < seconds:
        start = done % len(pairs)
        done += len(engine.judge(pairs[start : start + batch]))
    return done / (time.perf_counter() - begun)


async def open_loop(
    url: str, pairs: list[tuple[str, str]], rate: float, seconds: float, deadline: float
) -> list[tuple[int, float]]:
    """Status and time of each request, sent at `rate` a second whatever comes back."""
    found: list[tuple[int, float]] = []
    async with client(url) as http:

        async def one(pair: tuple[str, str]) -> None:
            asked = time.perf_counter()
            body = {"premise": pair[0], "hypotheses": [pair[1]]}
            try:
                reply = await http.post("/v1/judge", json=body, headers={"X-Request-Timeout": str(deadline)})
                status = reply.status_code
                if status != 200 and int(reply.headers["Retry-After"]) < 1:
                    status = -1
            except httpx2.HTTPError:
                status = 0
            found.append((status, time.perf_counter() - asked))

        tasks = []
        begun = time.perf_counter()
        for number in range(int(rate * seconds)):
            tasks.append(asyncio.ensure_future(one(pairs[number % len(pairs)])))
            await asyncio.sleep(max(0.0, begun + number / rate - time.perf_counter()))
        await asyncio.gather(*tasks)
    return found


def share(values: list[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(part * len(values)))] if values else float("nan")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["kept", "overload"])
    parser.add_argument("--words", type=int, default=350)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--times", type=float, default=10, help="overload: how many times the capacity")
    parser.add_argument("--deadline", type=float, default=5, help="overload: of each request, seconds")
    parser.add_argument("--port", type=int, default=18400)
    arguments = parser.parse_args()
    pairs = long_pairs(512, arguments.words)
    print(machine("tuili", "onnxruntime", "fastapi", "uvicorn"), f"load {os.getloadavg()[0]:.1f}")
    options = ["--deadline", "300", "--max-wait", "100", "--rate", "100000"]
    with Served(arguments.port, *options) as server:
        if arguments.what == "kept":
            engine = tuili.load(threads=1)
            engine.judge(pairs[:4])
            ratios = []
            for turn in range(arguments.rounds):
                ours = library(engine, pairs, 8, arguments.seconds)
                theirs, times = asyncio.run(closed_loop(server.url, pairs, arguments.clients, arguments.seconds))
                again = library(engine, pairs, 8, arguments.seconds)
                ratios.append(theirs / ((ours + again) / 2))
                print(
                    f"round {turn + 1}: library {ours:.2f} and {again:.2f} pairs/s, HTTP {theirs:.2f}, "
                    f"ratio {ratios[-1]:.2f}; "
                    f"p50 {share(times, 0.5):.2f} s, p99 {share(times, 0.99):.2f} s"
                )
            print(f"kept, median: {statistics.median(ratios):.2f}")
            return
        overload(server, pairs, arguments)


def overload(server: Served, pairs: list[tuple[str, str]], arguments: argparse.Namespace) -> None:
    capacity, _ = asyncio.run(closed_loop(server.url, pairs, 16, arguments.seconds))
    before = server.memory()
    offered = arguments.times * capacity
    found = asyncio.run(open_loop(server.url, pairs, offered, arguments.seconds, arguments.deadline))
    after = server.memory()
    again, _ = asyncio.run(closed_loop(server.url, pairs, 16, arguments.seconds))
    good = [seconds for status, seconds in found if status == 200]
    refused = [seconds for status, seconds in found if status in (429, 503)]
    late = sum(seconds > arguments.deadline + 0.5 for _, seconds in found)
    goodput = len(good) / (arguments.seconds + share(good, 1.0))
    counts = dict(Counter(status for status, _ in found))
    print(f"capacity {capacity:.1f} before, {again:.1f}/s after; offered {offered:.1f}/s; answers {counts}")
    print(f"goodput {goodput:.1f}/s: {goodput / ((capacity + again) / 2):.2f} of the capacity; late {late}")
    print(f"accepted p99 {share(good, 0.99):.2f} s")
    print(f"refused p50 {share(refused, 0.5):.3f} s, p99 {share(refused, 0.99):.3f} s")
    print(f"memory {before:.0f} MB, then {after:.0f} MB")


if __name__ == "__main__":
    main()
