from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

VERDICT = "import tuili; print(tuili.judge('A man is sleeping.', 'A person is asleep.').label)"
NO_SOCKETS = """
import sys
def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        raise RuntimeError(f"{event} {arguments}")
sys.addaudithook(refuse)
"""


def test_a_verdict_opens_no_connection():
    """S11: no egress, no telemetry."""
    done = subprocess.run([sys.executable, "-c", NO_SOCKETS + VERDICT], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "entailment"), done.stderr


def test_a_verdict_needs_no_network_at_all():
    """S11: in a network namespace without interfaces."""
    command = ["unshare", "--net", "--map-root-user"]
    if (
        shutil.which("unshare") is None
        or subprocess.run([*command, "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("this machine allows no network namespaces")
    done = subprocess.run([*command, sys.executable, "-c", VERDICT], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "entailment"), done.stderr
