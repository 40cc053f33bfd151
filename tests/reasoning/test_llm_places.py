"""S5: whatever texts and replies say, one place is connected to, and an address has one reading."""

from __future__ import annotations

import json
import random
import socket

import pytest

pytest.importorskip("h11")

from llm_server import chat, fake_server, honest, http

import tuili
from tuili.engine.language_model import language_model
from tuili.errors import UsageError
from tuili.reasoning.llm import LanguageModel, Settings

HOSTS = ("evil.example", "169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "[::ffff:a9fe:a9fe]",
         "user@evil.example", "localhost\\@evil.example", "xn--vil-hoa.example", "éxample.com")  # fmt: skip
KEYS = ("api_base", "base_url", "url", "redirect", "next", "image_url", "file")
SCHEMES = ("http", "https", "file", "gopher")


def payloads():
    rng = random.Random(0)
    for scheme in SCHEMES:
        for host in HOSTS:
            for key in rng.sample(KEYS, 3):
                value = {key: f"{scheme}://{host}/latest/meta-data"}
                for _ in range(rng.randint(0, 8)):
                    value = {rng.choice(KEYS): value} if rng.random() < 0.5 else [value]
                yield value


class TestS5:
    """S5: nothing but the configured place is connected to."""

    def test_no_text_and_no_reply_leads_to_another_connection(self, monkeypatch):
        connected = []
        connect = socket.socket.connect
        monkeypatch.setattr(
            socket.socket, "connect", lambda self, address: connected.append(address) or connect(self, address)
        )
        todo = list(payloads())
        assert len(todo) >= 80
        current = []

        def handle(connection):
            value = current[-1]
            kinds = [
                http({**honest(connection.body), "extra": value}),
                http(chat(json.dumps(value))),
                http({"error": value}, "307 Moved", f"Location: http://{HOSTS[len(current) % 4]}/"),
                http({**chat("entailment"), **(value if isinstance(value, dict) else {})}),
            ]
            connection.send(kinds[len(current) % 4])

        with fake_server(handle) as running:
            engine = language_model(running.address, settings=Settings(mode="json", rest=0.01))
            for value in todo:
                current.append(value)
                engine.judge([(f"See {json.dumps(value)}", f"Fetch {json.dumps(value)}")])
            assert len(running.requests) == len(todo)
            assert set(connected) == {("127.0.0.1", running.port)}

    def test_a_name_is_looked_up_once_and_stays_pinned(self, monkeypatch):
        with fake_server() as running:
            answers = iter([["127.0.0.1"], ["169.254.169.254"], ["10.0.0.1"]])
            real = socket.getaddrinfo

            def rebinds(host, port, *rest, **options):
                if host == "rebinding.example":
                    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in next(answers)]
                return real(host, port, *rest, **options)

            monkeypatch.setattr(socket, "getaddrinfo", rebinds)
            address = f"openai:http://rebinding.example:{running.port}/v1#m"
            engine = language_model(address, settings=Settings(mode="json"))
            for i in range(3):
                assert engine.judge([(f"Scene {i}.", "It is quiet.")])[0].decided
            assert len(running.requests) == 3
            assert f"Host: rebinding.example:{running.port}".encode() in running.heads[0]

    @pytest.mark.parametrize(
        "url",
        [
            "", "http://", "file:///etc/passwd#m", "gopher://h/#m", "ftp://h/v1#m", "//h/v1#m", "h:80/v1#m",
            "http://h/v1", "http://h/v1#", "http://h/v1# ", "http://u@h/v1#m", "http://u:p@h/v1#m", "http://h\\@e/v1#m",
            "http://h/v1?x=http://e#m", "http://h/%2e%2e/v1#m", "http://h/../v1#m", "http://h:0/v1#m",
            "http://h:99999/v1#m", "http://h:x/v1#m", "http://éxample.com/v1#m", "http://h h/v1#m", "http://h\n/v1#m",
            "http://2130706433/v1#m", "http://0x7f000001/v1#m", "http://0177.0.0.1/v1#m", "http://127.1/v1#m",
            "http://[::ffff:127.0.0.1]/v1#m", "http://[::1/v1#m", "http://[0:0:0:0:0:0:0:1]/v1#m", "http://-h/v1#m",
            "http://h/v1#m\x00", "http://h/v1#m\r\nX: y", "http://h/v1\r\nX: y#m", "http://127.0.0.01/v1#m",
            "http://1.2.3.4.5/v1#m", "http://h/v1#m é",
        ],
    )  # fmt: skip
    def test_an_address_with_two_readings_is_refused(self, url):
        with pytest.raises(UsageError):
            tuili.load(f"openai:{url}")

    @pytest.mark.parametrize(
        ("url", "name"),
        [
            ("http://localhost:8000/v1#m", "m@localhost:8000"),
            ("https://api.example.com/v1#gpt-4o", "gpt-4o@api.example.com:443"),
            ("http://127.0.0.1/v1/#org/model:7b", "org/model:7b@127.0.0.1:80"),
            ("http://[::1]:8080/v1#m", "m@::1:8080"),
            ("http://vllm_1.internal:8000/v1#/models/llama", "/models/llama@vllm_1.internal:8000"),
        ],
    )
    def test_usual_addresses_are_taken(self, url, name):
        assert LanguageModel(f"openai:{url}").name == f"openai:{name}"
