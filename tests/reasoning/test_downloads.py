"""F15: a download that is cut, corrupted or concurrent: nothing is read that is not what the hub has."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec

import pytest

if find_spec("huggingface_hub") is None:
    pytest.skip("needs the extra hf", allow_module_level=True)

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FILES = {
    "config.json": json.dumps({"architectures": ["X"], "model_type": "none"}).encode(),
    "model.safetensors": bytes(range(256)) * 800,
    "vocab.txt": b"[PAD]\n[UNK]\n",
}
LARGE = {"model.safetensors"}
FETCH = """
import sys
from tuili.errors import TuiliError
from tuili.reasoning.model_directory import find_model
try:
    print(find_model("hf:org/name").path)
except TuiliError as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""


def etag(name):
    content = FILES[name]
    if name in LARGE:
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()  # noqa: S324  # git's


@contextmanager
def hub(damage=lambda _name, content: content):
    """As much of the hub as a download needs; `damage` says what really goes over the wire."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def do_HEAD(self):
            self.reply(head=True)

        def do_GET(self):
            self.reply(head=False)

        def reply(self, *, head):
            path = self.path.partition("?")[0]
            if path.startswith("/api/models/org/name/tree/"):
                tree = [{"type": "file", "path": name, "size": len(FILES[name]), "oid": etag(name)} for name in FILES]
                self.answer(json.dumps(tree).encode(), {"Content-Type": "application/json"}, head=head)
                return
            if path.startswith("/api/models/org/name"):
                siblings = [{"rfilename": name} for name in FILES]
                body = json.dumps({"id": "org/name", "sha": COMMIT, "siblings": siblings}).encode()
                self.answer(body, {"Content-Type": "application/json"}, head=head)
                return
            name = path.rpartition("/")[2]
            if not path.startswith("/org/name/resolve/") or name not in FILES:
                self.answer(b"", {}, head=head, status=404)
                return
            whole = FILES[name]
            start = int((self.headers.get("Range") or "bytes=0-").partition("=")[2].partition("-")[0])
            sent = damage(name, whole)[start:]
            headers = {"X-Repo-Commit": COMMIT, "ETag": f'"{etag(name)}"', "Accept-Ranges": "bytes"}
            self.answer(sent, headers, head=head, length=len(whole) - start, status=206 if start else 200)

        def answer(self, body, headers, *, head, length=None, status=200):
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(body) if length is None else length))
            self.end_headers()
            if not head:
                self.wfile.write(body)
            if length is not None and len(body) < length:
                self.close_connection = True  # cut

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def start(endpoint, home):
    environment = {**os.environ, "HF_ENDPOINT": endpoint, "HF_HOME": str(home), "HF_HUB_DISABLE_XET": "1"}
    environment |= {"HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    return subprocess.Popen(
        [sys.executable, "-c", FETCH], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def fetch(endpoint, home):
    with start(endpoint, home) as process:
        printed, told = process.communicate(timeout=120)
    return process.returncode, printed.strip(), told


def finished(home):
    """Names of a snapshot that lead to something."""
    return {path.name for path in home.rglob("snapshots/*/*") if path.exists()}


def flipped(name, content):
    return content[:-1] + bytes([content[-1] ^ 1]) if name == "model.safetensors" else content


def flipped_small(name, content):
    return content.replace(b"none", b"nine") if name == "config.json" else content


def cut(name, content):
    return content[:1000] if name == "model.safetensors" else content


@pytest.mark.parametrize(
    ("damage", "name"),
    [(flipped, "model.safetensors"), (flipped_small, "config.json"), (cut, "model.safetensors")],
    ids=["corrupted", "corrupted, a small file", "cut"],
)
def test_what_is_not_what_the_hub_has_is_refused_and_fetched_anew(tmp_path, damage, name):
    """F15"""
    with hub(damage) as endpoint:
        code, _, told = fetch(endpoint, tmp_path)
    assert code == 1
    assert told.strip().splitlines()[-1].startswith("ModelError: "), told
    assert name not in finished(tmp_path)
    with hub() as endpoint:
        code, printed, told = fetch(endpoint, tmp_path)
    assert code == 0, told
    assert printed.endswith(COMMIT)
    assert finished(tmp_path) == set(FILES)


def test_two_downloads_at_once_end_with_one_whole_model(tmp_path):
    """F15"""
    with hub() as endpoint:
        running = [start(endpoint, tmp_path) for _ in range(3)]
        done = [(*process.communicate(timeout=180), process.returncode) for process in running]
    assert [code for _, _, code in done] == [0] * 3, done
    for name, content in FILES.items():
        [path] = tmp_path.rglob(f"snapshots/*/{name}")
        assert path.read_bytes() == content
