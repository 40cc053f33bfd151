"""Who may ask, how often, and from where (trust.md, S5 to S10)."""

from __future__ import annotations

import hmac
import json
import socket
import sys
import threading

import pytest

pytest.importorskip("fastapi")

from live import TOKEN, live, pair_body
from starlette.routing import Route

from tuili.errors import UsageError
from tuili.reasoning.scripted import Scripted
from tuili.serving import gate
from tuili.serving.rate import RateLimit
from tuili.serving.settings import Settings

BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def guarded():
    with live(tokens=(TOKEN, "another-token-of-24-chars"), rate=1e6, burst=1_000_000) as running:
        yield running


def routes(server) -> list[tuple[str, str]]:
    """Every method and path that the application knows."""
    found = []
    stack = list(server.service.api.routes)
    while stack:
        route = stack.pop()
        stack += (
            getattr(route, "routes", None) or getattr(getattr(route, "original_router", None), "routes", None) or []
        )
        if isinstance(route, Route) or hasattr(route, "methods"):
            found += [(method, route.path) for method in route.methods]
    return found


BAD = [
    None,
    "",
    "Bearer",
    "Bearer wrong-token-of-some-length",
    f"Bearer {TOKEN[:-1]}",
    f"Bearer {TOKEN}x",
    f"Token {TOKEN}",
    TOKEN,
    "Basic bm86dG9rZW4=",
    "Basic not base64",
]


def test_every_route_needs_the_token(guarded):
    """S6: each route, known or not, with each kind of wrong credential: 401, but for liveness."""
    known = routes(guarded)
    assert {path for _, path in known} >= {"/v1/judge", "/v1/check", "/predict", "/metrics", "/ready", "/info", "/"}
    tricks = [
        "//v1/judge",
        "/v1/../health",
        "/v1/judge/",
        "/health/",
        "/health/../metrics",
        "/HEALTH",
        "/no",
        "*",
        "//health",
    ]
    tricks += ["http://localhost/info", "/health;/../info", "/health%2f..%2finfo", "/health%00", "/./health"]
    for path in tricks:  # as they are: a client would tidy them up
        head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        assert guarded.raw(head.encode()).split()[1] in (b"401", b"400"), path
    asked = {*known, *(("HEAD", path) for _, path in known)}
    asked |= {("OPTIONS", path) for _, path in known} | {("POST", "/openapi.json")}
    with guarded.client() as client:
        for method, path in asked:
            for credential in BAD if method in ("GET", "POST") else BAD[:1]:
                headers = {"Content-Type": "application/json"} | (
                    {} if credential is None else {"Authorization": credential}
                )
                status = client.request(method, guarded.url + path, headers=headers).status_code
                assert (
                    status == 401
                    or (path, method) in {("/health", "GET"), ("/health", "HEAD")}
                    or (path == "/health" and status in (405, 200))
                ), (method, path, credential, status)


def test_with_the_token_it_answers(guarded):
    with guarded.client() as client:
        for headers in (BEARER, {"Authorization": "Bearer another-token-of-24-chars"}):
            assert client.post("/v1/judge", json=pair_body(), headers=headers).status_code == 200
        assert client.get("/", auth=("anyone", TOKEN)).status_code == 200  # a browser asks with a password
        refusal = client.get("/")
        assert refusal.status_code == 401
        assert 'Basic realm="tuili"' in refusal.headers["www-authenticate"]


def test_tokens_are_compared_in_constant_time(monkeypatch, guarded):
    """S6: by `hmac.compare_digest`, and against all of them, whichever matched."""
    compared = []

    def compare(a: bytes, b: bytes) -> bool:
        compared.append(b)
        return hmac.compare_digest(a, b)

    monkeypatch.setattr(gate, "hmac", type("Counted", (), {"compare_digest": staticmethod(compare)}))
    with guarded.client() as client:
        client.get("/info", headers=BEARER)
    assert len(compared) == 2


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "example.org", ""])  # noqa: S104
def test_no_open_address_without_a_token(host):
    """S6: refuses to listen beyond loopback without a token."""
    with pytest.raises(UsageError, match="token"):
        Settings(host=host)
    assert Settings(host=host, tokens=(TOKEN,)).host == host


@pytest.mark.parametrize(
    "token", ["short", "", "with space in the token", "zeilen\numbruch-im-token", "пароль-пароль-пароль"]
)
def test_tokens_that_are_none(token):
    with pytest.raises(UsageError) as raised:
        Settings(tokens=(token,))
    assert not token or token not in str(raised.value)


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil", "", "localhost:x", "[::1", "a@localhost"]
)
def test_an_unknown_host(host):
    """S7: a name that is not ours is 421 (DNS rebinding)."""
    with live() as server:
        head = f"GET /info HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        assert server.raw(head.encode()).startswith(b"HTTP/1.1 421")
        twice = b"GET /info HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\nConnection: close\r\n\r\n"
        assert server.raw(twice).split()[1] in (b"400", b"421")


def test_names_that_are_ours():
    with live(hosts=("Tuili.Example.org",)) as server, server.client() as client:
        for host in (
            "localhost",
            "LOCALHOST:80",
            "127.0.0.1:9",
            "[::1]:80",
            "tuili.example.org",
            "tuili.example.org:443",
        ):
            assert client.get("/info", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["null", "https://evil.example", "http://localhost.evil.example", "http://localhost:1"]
)
def test_no_other_origin(guarded, origin):
    """S7: no CORS header, whatever the origin; and what changes nothing else is not even read."""
    with guarded.client() as client:
        for headers in (
            BEARER | {"Origin": origin},
            BEARER | {"Origin": origin, "Access-Control-Request-Method": "POST"},
        ):
            for method in ("POST", "OPTIONS", "GET"):
                reply = client.request(method, "/v1/judge", headers={**headers, "Content-Type": "application/json"})
                assert not [name for name in reply.headers if name.lower().startswith("access-control")]
                assert reply.status_code == (405 if method == "GET" else 403)
        own = {"Origin": guarded.url} | BEARER
        assert client.post("/v1/judge", json=pair_body(), headers=own).status_code == 200


def test_a_rate_limit_is_exact_and_small():
    """S8: within 5 %, and the memory of many callers is bounded."""
    limit = RateLimit(10, 5)
    allowed = sum(limit.wait("a", step / 1000) == 0 for step in range(100_000))  # 100 s, a try each millisecond
    assert abs(allowed - (10 * 100 + 5)) <= 0.05 * 1000
    assert limit.wait("b", 100) == 0
    many = RateLimit(1, 1, most=1000)
    for number in range(20_000):
        many.wait(f"caller {number}", number / 1e6)
    assert len(many) <= 1001
    idle = RateLimit(1000, 1)
    for number in range(20_000):
        idle.wait(f"caller {number}", number / 100)
    assert len(idle) <= 2  # who has paid is forgotten


@pytest.mark.slow
def test_a_million_callers_fit():
    """S8: 1e6 keys, at most 64 MB."""
    import tracemalloc

    tracemalloc.start()
    limit = RateLimit(0.001, 1)
    for number in range(1_000_000):
        limit.wait(f"key-{number:08x}", number / 1e6)
    assert tracemalloc.get_traced_memory()[0] < 64 * 2**20
    tracemalloc.stop()


def test_too_often_is_429_with_a_time():
    """S8."""
    with live(rate=0.5, burst=3) as server, server.client() as client:
        replies = [client.get("/info") for _ in range(5)]
    assert [reply.status_code for reply in replies] == [200, 200, 200, 429, 429]
    assert replies[-1].json()["error"]["code"] == "rate_limited"
    assert int(replies[-1].headers["retry-after"]) >= 1


PAYLOADS = [
    "http://127.0.0.1:9/x",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0177.0.0.1/",
    "http://[::ffff:127.0.0.1]/",
    "http://user:pass@169.254.169.254/latest/meta-data/",
    "http://localhost\\@evil.example/",
    "http://ⓔvil.example/",
    "//evil.example/x",
    "file:///etc/passwd",
    "gopher://127.0.0.1:70/_x",
    "/etc/passwd",
    "../../../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "\\\\evil\\share",
    "C:\\Windows\\win.ini",
    "/proc/self/environ",
    "hf:evil/model",
    "openai:http://127.0.0.1:9/v1#m",
    "~/.ssh/id_rsa",
]
KEYS = ["url", "path", "model", "api_base", "base_url", "file", "source_url"]


def test_no_path_or_address_of_a_request_is_opened(tmp_path):
    """S5: payloads as texts, names and unknown keys of every route: no connection out, no file opened."""
    seen: list[tuple[str, object]] = []
    watching = threading.Event()

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if watching.is_set() and event in (
            "open",
            "socket.connect",
            "socket.getaddrinfo",
            "os.listdir",
            "subprocess.Popen",
        ):
            seen.append((event, arguments))

    sys.addaudithook(watch)
    with live() as server:
        address = ("127.0.0.1", server.port)
        with server.client() as client:
            bodies = [
                ("/v1/judge", lambda p: {"premise": p, "hypotheses": [p]}),
                ("/v1/check", lambda p: {"sources": [p, {"name": p[:200], "text": p}], "text": p}),
                ("/v1/answer", lambda p: {"passages": [p, {"name": p[:200], "text": p}], "question": p}),
                ("/v1/classify", lambda p: {"text": p, "labels": [p]}),
                ("/v1/explain", lambda p: {"premise": p, "hypothesis": p}),
                ("/predict", lambda p: {"inputs": [p, p]}),
                ("/rerank", lambda p: {"query": p, "texts": [p]}),
                ("/v1/rerank", lambda p: {"query": p, "documents": [p, {"text": p, "url": p}], "model": p}),
                ("/", lambda p: {"inputs": p, "parameters": {"candidate_labels": [p]}, "options": {"url": p}}),
            ]
            for path, body in bodies:  # once unwatched: modules are imported on first use
                client.post(path, json=body("a plain text"))
            watching.set()
            try:
                for payload in PAYLOADS:
                    for path, body in bodies:
                        assert client.post(path, json=body(payload)).status_code in (200, 422)
                    for key in KEYS:
                        extra = client.post("/v1/judge", json={**pair_body(), key: payload})
                        assert extra.status_code == 422
                    client.get(
                        "/info",
                        headers={"X-Forwarded-Host": payload.encode("ascii", "ignore").decode(), "Referer": "x"},
                    )
            finally:
                watching.clear()
    outside = [
        (event, arguments)
        for event, arguments in seen
        if not (event == "socket.connect" and arguments[1][:2] == address)  # the test's own client
        and not (event == "socket.getaddrinfo" and str(arguments[0]) == "127.0.0.1")
    ]
    assert outside == []


def test_a_secret_shows_up_nowhere():
    """S9: a token, right or wrong, is in no answer, log line or metric; nor is a text that was judged."""
    wrong = "wrong-canary-4242424242"
    text = "Canarytext sings loudly."

    def breaks(premise: str, hypothesis: str) -> str:
        if "breaks" in hypothesis:
            raise ValueError(f"cannot judge {premise} for {TOKEN}")
        return "neutral"

    with live(Scripted(breaks), tokens=(TOKEN,)) as server, server.client() as client:
        replies = [
            client.post("/v1/judge", json=pair_body(text, "It breaks."), headers=BEARER),
            client.post("/v1/check", json={"sources": [text], "text": "It breaks."}, headers=BEARER),
            client.post("/v1/judge", json=pair_body(text), headers={"Authorization": f"Bearer {wrong}"}),
            client.post(f"/nothing/{TOKEN}?token={TOKEN}", json=pair_body(text), headers=BEARER),
            client.post("/v1/judge", json={**pair_body(text), "x": TOKEN}, headers=BEARER),
            client.get("/metrics", headers=BEARER),
            client.get("/info", headers={**BEARER, "X-Request-Id": f"{TOKEN} x"}),
            client.get("/ready", headers={**BEARER, "X-Request-Timeout": TOKEN}),
        ]
        assert [reply.status_code for reply in replies] == [500, 500, 401, 404, 422, 200, 200, 400]
        written = server.log.getvalue() + "".join(reply.text + str(reply.headers) for reply in replies)
    for secret in (TOKEN, TOKEN[:7], wrong, "Canarytext", "cannot judge"):
        assert secret not in written
    failures = [json.loads(line) for line in server.log.getvalue().splitlines() if "ValueError" in line]
    assert failures
    assert "Traceback" not in written


NASTY = ["a\r\nb", "\x1b[31mred", "\u202eabc", '{"event":"forged"}', "\u2028x", "é"]


def test_one_event_is_one_line(guarded):
    """S10: whatever a field holds, one event is one line of ASCII JSON."""
    before = len(guarded.events())
    with guarded.client() as client:
        for value in NASTY:
            client.post("/v1/judge", json=pair_body(value, value), headers=BEARER)
            client.post("/v1/judge", json={value: value}, headers=BEARER)
    raw = b"GET /\x1b[31m HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: a\x1b[0m\r\nConnection: close\r\n\r\n"
    guarded.raw(raw)
    guarded.raw(b"G\xffT / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    events = guarded.events()
    assert len(events) >= before + 2 * len(NASTY)
    text = guarded.log.getvalue()
    assert text.isascii()
    assert "\x1b" not in text
    assert not any(event["event"] == "forged" for event in events)


def test_a_request_id_goes_round(guarded):
    with guarded.client() as client:
        assert client.get("/health", headers={"X-Request-Id": "mine-1"}).headers["x-request-id"] == "mine-1"
        made = client.get("/health", headers={"X-Request-Id": "no spaces allowed"}).headers["x-request-id"]
    assert len(made) == 16
    assert guarded.tells(request_id="mine-1")


def test_a_port_that_is_taken_is_told():
    from tuili.serving.server import listen

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UsageError, match="can't listen on"):
            listen(Settings(port=taken.getsockname()[1]))
