"""`--runner ray`, on a Ray of its own on this machine. What needs no Ray: `tests/engine/test_sharded_run.py`."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest
from ray_judges import POISON, Slow

from tuili.engine.load import load
from tuili.engine.runs.file_run import judge_file
from tuili.engine.runs.sharded_run import judge_file_in_shards
from tuili.errors import ModelError, UsageError
from tuili.serving.ray_cluster import ray_begun
from tuili.serving.ray_workers import RayWorkers, ray_workers

if find_spec("ray") is None:
    pytest.skip("needs the extra ray", allow_module_level=True)
posix = pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads /proc")


def write_pairs(path, number, *, poison=()):
    words = ("dog", "cat", "man", "woman", "person")
    rows = [
        {"premise": f"a {words[n % 5]} is in the park {n}.", "hypothesis": POISON if n in poison else f"{n} runs."}
        for n in range(number)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def descendants(process):
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = {process}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {process}


def workers_of(process):
    """Processes of workers that are up."""
    found = []
    for child in descendants(process):
        try:
            if (Path("/proc") / str(child) / "cmdline").read_bytes().startswith(b"ray::ShardWorker"):
                found.append(child)
        except OSError:
            continue
    return found


def texts_are_in(processes):
    """Those that have to do with rows, and still run; agents of Ray's take a minute to notice that all is over."""
    found = []
    for process in processes:
        try:
            command = (Path("/proc") / str(process) / "cmdline").read_bytes()
        except OSError:
            continue
        if command.startswith(b"ray::ShardWorker") or b"raylet" in command.partition(b"\0")[0]:
            found.append(process)
    return found


def listening(processes):
    """Addresses, in the system's hexadecimal, on which any of the processes listens."""
    inodes = set()
    for process in processes:
        for link in (Path("/proc") / str(process) / "fd").glob("*"):
            try:
                inodes.add(str(link.readlink()).partition("socket:[")[2].rstrip("]"))
            except OSError:
                continue
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                found.add(fields[1].partition(":")[0])
    return found


@posix
@pytest.mark.slow
def test_the_bytes_are_those_of_one_process_and_nobody_else_can_reach_it(tiny_engine, tmp_path):
    """D1, F11, S13: identical verdicts; every port is on loopback; nothing is left behind."""
    before = set(Path("/tmp").glob("tuili-ray-*"))  # noqa: S108  # of others, or of runs that were killed
    source = write_pairs(tmp_path / "in.jsonl", 400)
    whole = judge_file(tiny_engine, source, tmp_path / "whole.jsonl").output.read_bytes()
    seen = []

    def progress(_rows):
        seen.append(listening({os.getpid(), *descendants(os.getpid())}))

    run = judge_file_in_shards(
        tiny_engine,
        source,
        tmp_path / "out.jsonl",
        lambda: ray_workers(tiny_engine, source=str(source), workers=2),
        shard_rows=50,
        progress=progress,
    )
    assert run.output.read_bytes() == whole
    loopback = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}
    addresses = set.union(*seen)
    assert addresses
    assert addresses <= loopback
    assert "RAY_AUTH_TOKEN" not in os.environ
    assert set(Path("/tmp").glob("tuili-ray-*")) <= before  # noqa: S108


@posix
@pytest.mark.slow
def test_twenty_workers_killed_lose_nothing_and_repeat_nothing(tiny_engine, tmp_path, monkeypatch):
    """F11: SIGKILL of 20 workers in 10,000 pairs: the bytes of one process; the row that kills is in quarantine."""
    source = write_pairs(tmp_path / "in.jsonl", 10_000, poison={4321})
    plain = write_pairs(tmp_path / "plain.jsonl", 10_000)
    lines = judge_file(tiny_engine, plain, tmp_path / "whole.jsonl").output.read_bytes().splitlines(keepends=True)
    judge = Slow(tiny_engine, 0.002)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))  # where workers find it
    rng = random.Random(0)
    killed = []

    def kill(rows):
        """A worker, whatever it does, after every fifth shard."""
        if rows // 480 > len(killed) and len(killed) < 20 and (up := workers_of(os.getpid())):
            killed.append(rng.choice(up))
            os.kill(killed[-1], signal.SIGKILL)

    run = judge_file_in_shards(
        judge,
        source,
        tmp_path / "out.jsonl",
        lambda: ray_workers(judge, source=str(source), on_error="quarantine", workers=2),
        on_error="quarantine",
        shard_rows=100,
        progress=kill,
    )
    assert len(killed) == 20
    assert (run.rows, run.errors) == (10_000, 1)
    assert run.output.read_bytes() == b"".join(line for place, line in enumerate(lines) if place != 4321)
    [aside] = [json.loads(line) for line in run.quarantine.read_text().splitlines()]
    assert aside["row"] == 4322
    assert "workers die" in aside["error"]


@posix
@pytest.mark.slow
def test_a_killed_driver_leaves_shards_with_which_the_same_command_goes_on(tiny_directory, tmp_path):
    """F12: the same bytes; what was on disk is not done again, a shard a worker at most; workers end with it."""
    source = write_pairs(tmp_path / "in.jsonl", 3000)
    engine = load(str(tiny_directory), threads=1)
    whole = judge_file(engine, source, tmp_path / "whole.jsonl").output.read_bytes()
    script = (
        "import sys, tuili\n"
        "from ray_judges import Slow\n"
        "from tuili.engine.runs.sharded_run import judge_file_in_shards\n"
        "from tuili.serving.ray_workers import ray_workers\n"
        "judge = Slow(tuili.load(sys.argv[1], threads=1), 0.005, begun=sys.argv[3] + '.begun')\n"
        "run = judge_file_in_shards(judge, sys.argv[2], sys.argv[3],\n"
        "    lambda: ray_workers(judge, source=sys.argv[2], workers=2), shard_rows=100)\n"
        "print(run.resumed)\n"
    )
    output = tmp_path / "out.jsonl"
    command = [sys.executable, "-c", script, str(tiny_directory), str(source), str(output)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}  # workers have it too
    parts = Path(f"{output}.parts")
    for least in (4, 12):
        process = subprocess.Popen(command, env=environment)
        until = time.monotonic() + 180
        while process.poll() is None and len(list(parts.glob("*.jsonl"))) < least and time.monotonic() < until:
            time.sleep(0.05)
        children = descendants(process.pid)
        assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not output.exists()
        until = time.monotonic() + 60
        while (left := texts_are_in(children)) and time.monotonic() < until:
            time.sleep(0.1)
        assert not left
    kept = len(list(parts.glob("*.jsonl")))
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert int(done.stdout) == 100 * kept
    begun = sum(int(line) for line in Path(f"{output}.begun").read_text().splitlines())
    assert begun - 3000 <= 2 * 2 * 100  # two kills, two workers, a shard each
    assert output.read_bytes() == whole
    assert not parts.exists()


@posix
@pytest.mark.slow
def test_the_command_prints_json_alone_even_if_workers_die(tiny_directory, tmp_path):
    source = write_pairs(tmp_path / "in.jsonl", 3000)
    command = [sys.executable, "-m", "tuili", "judge", "--file", source, "--output", tmp_path / "out.jsonl"]
    command += ["--model", tiny_directory, "--runner", "ray", "--workers", "2", "--shard-rows", "20", "--json"]
    with subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        until = time.monotonic() + 180
        while process.poll() is None and not (up := workers_of(process.pid)) and time.monotonic() < until:
            time.sleep(0.01)
        for worker in up[:1]:
            os.kill(worker, signal.SIGKILL)
        printed, told = process.communicate()
    assert process.returncode == 0, told
    assert json.loads(printed)["rows"] == 3000
    assert b"Traceback" not in told
    engine = load(str(tiny_directory), threads=1)
    whole = judge_file(engine, source, tmp_path / "whole.jsonl").output.read_bytes()
    assert (tmp_path / "out.jsonl").read_bytes() == whole


@pytest.mark.parametrize("mode", ["disabled", "DISABLED", "k8s"])
def test_a_ray_that_lets_anyone_in_is_refused(monkeypatch, mode):
    """S13"""
    monkeypatch.setenv("RAY_AUTH_MODE", mode)
    with pytest.raises(UsageError, match="RAY_AUTH_MODE"), ray_begun(processors=1):
        pass


@pytest.mark.parametrize("workers", [0, -1, 1.5, 10**6])
def test_numbers_of_workers_that_cannot_be_are_refused(tiny_engine, workers):
    with pytest.raises(UsageError, match="workers"), ray_workers(tiny_engine, source="x", workers=workers):
        pass


class Fake:
    """As much of Ray as `RayWorkers` uses, without processes: what a call gives is said beforehand."""

    class exceptions:  # noqa: N801
        class RayActorError(Exception):
            pass

        class RayTaskError(Exception):
            cause = ValueError("odd")

    def __init__(self, hello, judge):
        self.results = {"hello": hello, "judge": judge}

    def actor(self):
        class Method:
            def __init__(self, name):
                self.name = name

            def remote(self, *arguments):
                return (self.name, object(), arguments)

        class Actor:
            hello, judge = Method("hello"), Method("judge")

        return Actor()

    def wait(self, references, num_returns):
        return [references[0]], references[1:]

    def get(self, reference):
        result = self.results[reference[0]]
        if isinstance(result, Exception):
            raise result
        return result


HELLO = {"tuili": "1", "model": "m"}


def test_a_worker_has_one_shard_at_a_time():
    """F12: what a killed driver costs is what its workers have in hand."""
    from tuili.engine.runs.shard import Piece

    fake = Fake(json.dumps(HELLO).encode(), b"reply")
    crew = RayWorkers(fake, fake.actor, HELLO, 2)
    assert crew.room == 2
    crew.put(Piece(0, 0, ()))
    crew.put(Piece(1, 0, ()))
    assert crew.room == 0
    assert crew.next()[1] == b"reply"
    assert crew.room == 1


@pytest.mark.parametrize(
    ("hello", "judge", "words"),
    [
        (Fake.exceptions.RayActorError("no memory"), b"", "die while they start: no memory"),
        (json.dumps({**HELLO, "model": "other"}).encode(), b"", "judges with"),
        (json.dumps({**HELLO, "tuili": "0"}).encode(), b"", "judges with"),
        (Fake.exceptions.RayTaskError("x"), b"", "a worker failed: ValueError: odd"),
        ("text", b"", "sent str and no bytes"),
        (json.dumps(HELLO).encode(), ["objects"], "sent list and no bytes"),
    ],
)
def test_workers_that_are_not_what_they_should_be_end_the_run(hello, judge, words):
    """S13: another model, another version, objects for bytes."""
    from tuili.engine.runs.shard import Piece

    fake = Fake(hello, judge)
    crew = RayWorkers(fake, fake.actor, HELLO, 1)
    crew.put(Piece(0, 0, ()))
    with pytest.raises(ModelError, match=words):
        crew.next()


class Failing:
    """As much of Ray as starting it uses; it does not start."""

    __name__ = "ray"

    def __init__(self, fails):
        self.fails, self.begun, self.ended = fails, 0, 0
        self.modes = []

    def is_initialized(self):
        return False

    def init(self, **options):
        self.begun += 1
        if "_temp_dir" in options:
            self.modes.append(Path(options["_temp_dir"]).parent.stat().st_mode & 0o777)
        if self.begun <= self.fails:
            raise Exception("The current node timed out during startup.")  # noqa: TRY002  # as Ray does

    def shutdown(self):
        self.ended += 1


@pytest.mark.parametrize(("fails", "address"), [(2, None), (3, None), (1, "127.0.0.1:1")])
def test_a_ray_that_does_not_start_is_tried_again_and_then_told(monkeypatch, fails, address):
    ray = Failing(fails)
    monkeypatch.setitem(sys.modules, "ray", ray)
    monkeypatch.setattr("tuili.serving.ray_cluster._loaded", ["ray"])
    monkeypatch.setattr("tuili.serving.ray_cluster.find_spec", lambda _name: True)
    if fails == 2:
        with ray_begun(processors=1, address=address) as found:
            assert found is ray
        assert ray.modes == [0o700] * 3  # S14: nobody else looks at what Ray keeps of the rows
    else:
        with pytest.raises(ModelError, match="timed out"), ray_begun(processors=1, address=address):
            pass
    assert ray.begun == (1 if address else 3)
    assert ray.ended > 0
