"""From start to end: processes, signals, new models, the record of verdicts (trust.md, L11, F8, F9, L6)."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2
import pytest

pytest.importorskip("fastapi")

import tiny
from live import Slow, gather, live, pair_body

from tuili.engine.load import load
from tuili.serving import wire


@contextmanager
def served(*options: str, environment: dict[str, str] | None = None):
    """`tuili serve` in a process of its own: yields it, its address and its log so far."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "tuili",
        "serve",
        "--port",
        str(port),
        "--deadline",
        "100",
        "--max-wait",
        "50",
        *options,
    ]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})})
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.extend(process.stderr), daemon=True)
    reader.start()
    url = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until and process.poll() is None and not _ready(url):
            time.sleep(0.1)
        assert process.poll() is None, lines
        yield process, url, lines
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        reader.join(5)
        process.stderr.close()


def _ready(url: str) -> bool:
    try:
        return httpx2.get(url + "/ready", timeout=20, trust_env=False).status_code == 200
    except httpx2.HTTPError:
        return False


def test_what_was_accepted_is_finished(tmp_path):
    """L11: at SIGTERM not ready first, then every accepted request is answered, and it ends within 10 s."""
    directory = tmp_path / "bundle"
    tiny.write(directory)
    with served("--model", str(directory)) as (process, url, lines):
        statuses: list[int] = []

        async def work():
            async with httpx2.AsyncClient(base_url=url, timeout=30, trust_env=False) as client:
                body = {"premise": "the man " * 100, "hypotheses": ["a dog is not running"] * 100}
                asked = [asyncio.ensure_future(client.post("/v1/judge", json=body)) for _ in range(20)]
                while json.loads((await client.get("/info")).text)["max_pairs"] != 1000:  # all others are in
                    pass
                process.send_signal(signal.SIGTERM)
                for _ in range(100):
                    ready = await client.get("/ready")
                    if ready.status_code == 503:
                        break
                    await asyncio.sleep(0.01)
                assert ready.status_code == 503
                assert ready.json()["error"]["code"] == "shutting_down"
                statuses.extend([reply.status_code for reply in await asyncio.gather(*asked)])

        begun = time.monotonic()
        gather(work)
        process.wait(12)
        assert time.monotonic() - begun < 12
        assert set(statuses) <= {200, 503}
        assert statuses.count(200) > 0
        assert process.returncode in (0, -signal.SIGTERM)
    events = [json.loads(line) for line in lines]
    names = [event["event"] for event in events]
    assert names.index("draining") < names.index("stopping")
    assert sum(event.get("route") == "/v1/judge" for event in events) == 20  # none unlogged


def test_draining_takes_requests_until_it_listens_no_more():
    with live() as server, server.client() as client:
        server.service.drain()
        assert client.get("/ready").status_code == 503
        assert client.get("/health").status_code == 200
        assert client.post("/v1/judge", json=pair_body()).status_code == 200


@pytest.mark.slow
def test_a_killed_worker_comes_back(tmp_path):
    """F9: kill -9 of workers under load: the others go on, it is there again within 5 s, the record is whole."""
    pytest.importorskip("cryptography")
    directory = tmp_path / "bundle"
    tiny.write(directory)
    log = tmp_path / "verdicts.log"
    answered = 0
    with served("--model", str(directory), "--workers", "2", "--audit", str(log)) as (process, url, lines):
        stop = threading.Event()
        failed: list[str] = []
        lock = threading.Lock()

        def ask() -> None:
            nonlocal answered
            while not stop.is_set():
                try:
                    reply = httpx2.post(
                        url + "/v1/judge", json=pair_body("the man", "a dog"), timeout=30, trust_env=False
                    )
                except httpx2.HTTPError as error:
                    with lock:
                        failed.append(type(error).__name__)
                    continue
                with lock:
                    answered += reply.status_code == 200

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(3):
            time.sleep(1)
            before = answered
            workers = _children(process.pid)
            assert len(workers) == 2
            os.kill(workers[0], signal.SIGKILL)
            until = time.monotonic() + 30
            while (len(_children(process.pid)) < 2 or answered == before) and time.monotonic() < until:
                time.sleep(0.1)
            assert len(_children(process.pid)) == 2
        stop.set()
        for thread in threads:
            thread.join()
        metrics = httpx2.get(url + "/metrics", timeout=30, trust_env=False).text
        counted = sum(
            float(line.split()[-1])
            for line in metrics.splitlines()
            if line.startswith('tuili_requests_total{route="/v1/judge"')
        )
        assert counted >= answered  # of all workers, the dead included
    assert answered > 10
    assert len(failed) <= 4 * 3 * 2  # only what was in flight
    assert any('"worker_died"' in line for line in lines)
    done = subprocess.run(
        [sys.executable, "-m", "tuili", "audit", "verify", str(log), "--json"], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    shown = subprocess.run(
        [sys.executable, "-m", "tuili", "audit", "show", str(log)], capture_output=True, text=True, check=True
    )
    assert shown.stdout.count("a dog") >= answered


def _children(process: int) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            words = (entry / "cmdline").read_text()
        except OSError:
            continue
        if parent == process and "spawn_main" in words:
            found.append(int(entry.name))
    return sorted(found)


def test_a_bad_model_does_not_replace_a_good_one(tmp_path):
    """F8: damaged in each of its files, or gone: the old model goes on, no request fails; a good one replaces it."""
    directory = tmp_path / "bundle"
    tiny.write(directory)
    with live(load(str(directory)), reload=lambda: load(str(directory))) as server, server.client() as client:

        def ask() -> str:
            reply = client.post("/v1/judge", json=pair_body("the man", "a dog"))
            assert reply.status_code == 200
            return reply.json()["model"]

        old = ask()
        good = tmp_path / "good"
        shutil.copytree(directory, good)
        for path in sorted(good.iterdir()):
            for damage in (
                b"",
                path.read_bytes()[:-7],
                path.read_bytes()[:40] + b"\x00" + path.read_bytes()[41:],
                None,
            ):
                shutil.rmtree(directory)
                shutil.copytree(good, directory)
                if damage is None:
                    (directory / path.name).unlink()
                else:
                    (directory / path.name).write_bytes(damage)
                assert not server.server.reload()
                assert ask() == old
        shutil.rmtree(directory)
        assert not server.server.reload()
        assert ask() == old
        tiny.write(directory, seed=1)
        assert server.server.reload()
        assert ask() != old
    assert sum(event["event"] == "reload_failed" for event in server.events()) >= 9


def test_a_new_model_by_signal(tmp_path):
    """F8: SIGHUP."""
    directory = tmp_path / "bundle"
    tiny.write(directory)
    with served("--model", str(directory)) as (process, url, _):
        old = httpx2.get(url + "/info", timeout=30, trust_env=False).json()["model_id"]
        shutil.rmtree(directory)
        tiny.write(directory, seed=1)
        process.send_signal(signal.SIGHUP)
        until = time.monotonic() + 20
        while (
            new := httpx2.get(url + "/info", timeout=30, trust_env=False).json()["model_id"]
        ) == old and time.monotonic() < until:
            time.sleep(0.1)
        assert new != old


def test_who_sends_too_slowly_is_cut(monkeypatch):
    """L6 in small: headers and bodies that trickle are given up; others do not notice."""
    monkeypatch.setattr(wire, "READ_TIMEOUT", 0.5)
    head = (
        b"POST /v1/judge HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    )
    with live(read_timeout=0.5) as server, server.client() as client:
        silent, trickling, halfway = (
            socket.create_connection(("127.0.0.1", server.port), timeout=10) for _ in range(3)
        )
        with silent, trickling, halfway:
            trickling.sendall(b"GET /inf")
            halfway.sendall(head)
            for _ in range(3):
                assert client.post("/v1/judge", json=pair_body()).status_code == 200
                trickling.sendall(b"o")
                time.sleep(0.1)
            begun = time.monotonic()
            assert silent.recv(100) == b""
            with suppress(ConnectionResetError):
                assert trickling.recv(100) == b""
            assert halfway.recv(1000).startswith(b"HTTP/1.1 408")
            assert time.monotonic() - begun < 8


def test_every_verdict_is_on_record(tmp_path):
    """`--audit` under load: as many records as verdicts."""
    pytest.importorskip("cryptography")
    from tuili.audit.log import Log
    from tuili.audit.recorded import Recorded
    from tuili.reasoning.scripted import Scripted

    path = tmp_path / "verdicts.log"
    with Log(path) as record, live(Recorded(Scripted(default="neutral"), record)) as server:

        async def work():
            async with server.async_client() as client:
                asked = (client.post("/v1/judge", json=pair_body(f"premise {number}")) for number in range(100))
                return [reply.status_code for reply in await asyncio.gather(*asked)]

        assert gather(work) == [200] * 100
    shown = subprocess.run(
        [sys.executable, "-m", "tuili", "audit", "show", str(path)], capture_output=True, text=True, check=True
    )
    assert all(f"premise {number}" in shown.stdout for number in range(100))


def test_no_verdict_without_its_record():
    """F4: a record that can't be written is 503, never a verdict."""
    from tuili.errors import AuditError

    class Full(Slow):
        def judge(self, pairs):
            if pairs[0][0] == "full":
                raise AuditError("no space left on device")
            return super().judge(pairs)

    with live(Full()) as server, server.client() as client:
        reply = client.post("/v1/judge", json=pair_body("full"))
        assert (reply.status_code, reply.json()["error"]["code"]) == (503, "not_recorded")
        assert int(reply.headers["retry-after"]) >= 1
        assert client.post("/v1/judge", json=pair_body()).status_code == 200


def run(*arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tuili", "serve", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=60, env={**os.environ, **(environment or {})}
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--host", "0.0.0.0"], "token"),  # noqa: S104
        (["--host", "10.1.2.3"], "token"),
        (["--port", "99999"], "port"),
        (["--workers", "0"], "workers"),
        (["--token-file", "/nonexistent"], "tokens"),
        (["--model", "nothing"], "address of a model"),
        (["--host", "192.0.2.1"], "can't listen"),
    ],
)
def test_what_cannot_be_served_is_told(arguments, words):
    done = run(
        *arguments,
        environment={"TUILI_TOKEN": "0123456789abcdef0123"} if words == "can't listen" else {"TUILI_TOKEN": ""},
    )
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_importing_the_command_line_loads_no_server():
    script = "import sys, tuili.cli.app; print({'fastapi', 'uvicorn', 'pydantic', 'starlette'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    from tuili.errors import MissingExtra
    from tuili.serving.start import require_serve

    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(MissingExtra, match=r"pip install .tuili\[serve\]"):
        require_serve()
