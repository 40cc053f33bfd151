"""A server, and what asks it: the library itself, and any HTTP client."""

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import tuili

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    PORT = free.getsockname()[1]
URL = f"http://127.0.0.1:{PORT}"


def wait_until_ready() -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(URL + "/ready", timeout=10).close()  # noqa: S310  # our own
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the server did not start")


server = subprocess.Popen(  # noqa: S603  # our own command
    [sys.executable, "-m", "tuili", "serve", "--port", str(PORT)], stderr=subprocess.DEVNULL
)
try:
    wait_until_ready()

    # A server is a judge like any other.
    engine = tuili.load(URL)
    print(engine.judge([("A man is sleeping.", "A person is asleep.")])[0].label)
    print(tuili.classify(engine, "The striker scored twice.", ["sport", "politics"]).label)

    # From anywhere else, JSON will do: one premise, many hypotheses.
    body = {"premise": "Two dogs run.", "hypotheses": ["Animals move.", "A cat sleeps."]}
    headers = {"Content-Type": "application/json", "X-Request-Timeout": "20"}
    request = urllib.request.Request(URL + "/v1/judge", json.dumps(body).encode(), headers)  # noqa: S310  # our own
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
        print([verdict["label"] for verdict in json.load(response)["verdicts"]])
finally:
    server.terminate()
    server.wait(20)
