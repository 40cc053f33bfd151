"""A real server of the kind, `transformers serve`, with tiny models made here. It gives no log-probabilities."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest

pytest.importorskip("h11")
pytest.importorskip("openai")
pytest.importorskip("fastapi")
pytest.importorskip("transformers")

import tiny_llama
from contract import made_up_pairs

from tuili.engine.cascade import Cascade
from tuili.engine.language_model import language_model
from tuili.reasoning.llm import Settings
from tuili.reasoning.llm_tape import Tape
from tuili.reasoning.scripted import Scripted
from tuili.types import Label

pytestmark = pytest.mark.slow
ANSWER = {"neutral": 0.1, "entailment": 0.85, "contradiction": 0.05}
START = 180  # seconds that it may take to start on a busy machine


@contextmanager
def served(directory):
    """`transformers serve` on a free port; the address of its model."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    hub = directory / "hub"
    hub.mkdir()
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(hub), "HF_HOME": str(hub)}
    code = "from transformers.cli.transformers import main; main()"
    command = [sys.executable, "-c", code, "serve", str(directory), "--host", "127.0.0.1", "--port", str(port)]
    log = (directory / "serve.log").open("wb")
    process = subprocess.Popen([*command, "--device", "cpu"], stdout=log, stderr=log, env=environment)
    try:
        until = time.monotonic() + START
        while True:
            assert process.poll() is None, (directory / "serve.log").read_text("utf-8", "replace")
            assert time.monotonic() < until, "the server did not start"
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                    break
            except (urllib.error.URLError, OSError):
                time.sleep(0.5)
        yield f"openai:http://127.0.0.1:{port}/v1#{directory}"
    finally:
        process.terminate()
        process.wait(30)
        log.close()


def test_a_model_that_answers_as_it_should_gives_verdicts_and_one_that_babbles_none(tmp_path):
    settings = Settings(deadline=120, concurrency=2, prices=(1.0, 2.0))
    pairs = made_up_pairs(6)
    for name, answer in (("knows", json.dumps(ANSWER)), ("babbles", None)):
        directory = tmp_path / name
        directory.mkdir()
        tiny_llama.write(directory, answer=answer)
        tape = Tape()
        with served(directory) as address:
            engine = language_model(address, settings=settings, tape=tape)
            verdicts = engine.judge(pairs)
            usage = engine.usage
            if answer is not None:
                assert engine.judge(pairs) == verdicts
                cascade = Cascade(
                    Scripted(default={"neutral": 0.4, "entailment": 0.3, "contradiction": 0.3}), engine, when=0.5
                )
                assert [v.label for v in cascade.judge(pairs)] == [Label.ENTAILMENT] * 6
                assert cascade.share_saved == 0
        assert usage.requests == 1 + len({*pairs})  # one to find out that there are no log-probabilities
        assert usage.prompt_tokens > 100
        assert usage.cost > 0
        assert language_model(address, replay=tape).judge(pairs) == verdicts
        if answer is None:
            assert not any(verdict.decided for verdict in verdicts)
            assert dict(usage.abstained) == {"no_label": len({*pairs})}
        else:
            assert all(verdict.decided for verdict in verdicts)
            for label, p in ANSWER.items():
                assert verdicts[0].probabilities[Label(label)] == pytest.approx(p, abs=1e-6)
