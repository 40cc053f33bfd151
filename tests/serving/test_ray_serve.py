"""`tuili serve --runner ray`: the same answers, the same refusals, and no port that others can reach."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import httpx2
import pytest

if find_spec("ray") is None or find_spec("grpc_reflection") is None:
    pytest.skip("needs the extra ray-serve", allow_module_level=True)

from live import TOKEN
from test_ray import descendants, listening
from typer.testing import CliRunner

from tuili.cli.app import app
from tuili.engine.load import load
from tuili.errors import UsageError

BODY = {"premise": "the man is in the park", "hypotheses": ["a dog", "a cat is not running"]}


def answer(client, path, **options):
    try:
        return client.request("GET" if "json" not in options else "POST", path, **options)
    except httpx2.HTTPError:
        return SimpleNamespace(status_code=0)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads /proc")
def test_it_answers_as_one_process_does_and_listens_on_loopback_alone(tiny_directory):
    """D1, S6, S13"""
    command = [sys.executable, "-m", "tuili", "serve", "--runner", "ray", "--port", "0", "--workers", "2"]
    environment = {**os.environ, "TUILI_TOKEN": TOKEN}
    with subprocess.Popen(
        [*command, "--model", str(tiny_directory)], stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            told = []
            while "listening" not in (line := process.stderr.readline()):
                told.append(line)
                assert process.poll() is None, told
            url = json.loads(line)["address"]
            bearer = {"Authorization": f"Bearer {TOKEN}"}
            with httpx2.Client(base_url=url, timeout=60, trust_env=False) as client:
                until = time.monotonic() + 120
                while answer(client, "/ready", headers=bearer).status_code != 200 and time.monotonic() < until:
                    time.sleep(0.5)
                replies = [client.post("/v1/judge", json=BODY, headers=bearer) for _ in range(6)]
                assert client.post("/v1/judge", json=BODY).status_code == 401
                bad = client.post("/v1/judge", json={"premise": "", "hypotheses": ["x"]}, headers=bearer)
                assert (bad.status_code, bad.json()["error"]["code"]) == (422, "empty_text")
                assert client.get("/health", headers={"Host": "evil.example"}).status_code == 200
                assert client.get("/info", headers={**bearer, "Host": "evil.example"}).status_code == 421
            engine = load(str(tiny_directory), threads=1)
            expected = [v.to_dict() for v in engine.judge([(BODY["premise"], text) for text in BODY["hypotheses"]])]
            assert [reply.json()["verdicts"] for reply in replies] == [expected] * 6
            addresses = listening({process.pid, *descendants(process.pid)})
            assert addresses
            assert addresses <= {
                "0100007F",
                "0000000000000000FFFF00000100007F",
                "00000000000000000000000001000000",
            }
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
        assert process.returncode == 0


def test_a_ray_address_is_for_ray():
    done = CliRunner().invoke(app, ["serve", "--ray-address", "h:1"])
    assert isinstance(done.exception, UsageError)


def test_another_ray_serve_is_refused(monkeypatch):
    """S13"""
    from tuili.errors import ModelError
    from tuili.serving.ray_serve import keep_to_loopback

    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "ray.serve", SimpleNamespace())
    replica = SimpleNamespace()
    monkeypatch.setitem(sys.modules, "ray.serve._private", SimpleNamespace(replica=replica))
    with pytest.raises(ModelError, match="another way"):
        keep_to_loopback()
    opened = []
    replica.add_port_to_grpc_server = lambda _server, address: opened.append(address)
    keep_to_loopback()
    replica.add_port_to_grpc_server(None, "[::]:0")
    assert opened == ["127.0.0.1:0"]
