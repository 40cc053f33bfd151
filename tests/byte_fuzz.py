"""Parsers of strangers' bytes, for a fuzzer: `python tests/byte_fuzz.py TARGET [--seconds 3600]` (trust.md, I3).

A target takes bytes and raises nothing, or what its parser documents. With the package `atheris` the bytes are led by
coverage; the tests change seeds at random.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    Target = Callable[[bytes], None]


def manifest(content: bytes) -> None:
    from tuili.bundle import _parse
    from tuili.errors import BundleError
    from tuili.manifest import Manifest

    with suppress(BundleError):
        Manifest.from_dict(_parse(content))


def signature(content: bytes) -> None:
    from tuili.engine.signing import wrong_with

    wrong_with(content, b"message", "ab" * 32, b"context\n")


def recipe(content: bytes) -> None:
    from tuili.errors import UsageError
    from tuili.learning.config import read_recipe

    with suppress(UsageError):
        read_recipe(_file("recipe.toml", content))


def schema(content: bytes) -> None:
    from tuili.applications.graph.schema import read_schema
    from tuili.errors import DataError

    with suppress(DataError):
        read_schema(_file("schema.toml", content))


def reply(content: bytes) -> None:
    from tuili.reasoning.llm_reasons import Unanswered
    from tuili.reasoning.llm_reply import completion, read
    from tuili.types import THREE_WAY

    for mode in ("logprobs", "json"):
        with suppress(Unanswered):
            read(completion(content), THREE_WAY, mode)


def body(content: bytes) -> None:
    from tuili.serving.flags import flags_in
    from tuili.serving.refusal import Refusal
    from tuili.serving.strict_json import parse

    with suppress(Refusal):
        flags_in(parse(content, max_depth=32))


def segment(content: bytes) -> None:
    """A segment of a log: all that it says is checked, and none of it believed."""
    from tuili.audit.verify import verify
    from tuili.errors import AuditError

    log = _log()
    (log / "0001" / "000001.jsonl").write_bytes(content)
    with suppress(AuditError):
        verify(log).to_dict()


def checkpoints(content: bytes) -> None:
    from tuili.audit.verify import verify
    from tuili.errors import AuditError

    with suppress(AuditError):
        verify(_log(), checkpoints=_file("checkpoints.jsonl", content)).to_dict()


def rows(content: bytes) -> None:
    from tuili.data.read import open_examples
    from tuili.errors import DataError

    for name in ("rows.jsonl", "rows.csv", "rows.tsv"):
        with suppress(DataError), open_examples(_file(name, content)) as examples:
            list(examples)


@cache
def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="tuili-fuzz-"))


def _file(name: str, content: bytes) -> Path:
    path = _folder() / name
    path.write_bytes(content)
    return path


@cache
def _log() -> Path:
    from tuili.audit.log import Log
    from tuili.audit.recorded import Recorded
    from tuili.reasoning.scripted import Scripted

    path = _folder() / "log"
    with Log(path) as log:
        Recorded(Scripted(default="neutral"), log).judge([("It rains.", "It is wet."), ("a\u200bb", "c")])
    return path


def _completion(content: str, *, logprobs: Any = None) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
    return json.dumps({"choices": [choice | {"logprobs": logprobs}], "usage": {"prompt_tokens": 9}}).encode()


@cache
def seeds(name: str) -> tuple[bytes, ...]:
    """What is changed: well-formed inputs of a target."""
    from importlib.resources import files

    tokens = [{"token": "entailment", "logprob": -0.1, "top_logprobs": [{"token": "neutral", "logprob": -3.0}]}]
    found: dict[str, Callable[[], tuple[bytes, ...]]] = {
        "manifest": lambda: ((files("tuili") / "weights" / "bundle.json").read_bytes(),),
        "signature": lambda: (b"ab" * 32 + b"  " + b"cd" * 64 + b"\n",),
        "recipe": lambda: (b'[train]\nepochs = 2\nrate = 1e-4\nlabels = ["a", "b"]\n', b'base = "./x"\n'),
        "schema": lambda: ((files("tuili.applications.graph") / "general.toml").read_bytes()[:1500],),
        "reply": lambda: (
            _completion('{"entailment": 0.9, "neutral": 0.05, "contradiction": 0.05}'),
            _completion("entailment", logprobs={"content": tokens}),
        ),
        "body": lambda: (b'{"pairs": [{"premise": "a\\u200bb", "hypothesis": "\\ud83d\\ude00"}], "t": [0.5, 1e3]}',),
        "segment": lambda: ((_log() / "0001" / "000001.jsonl").read_bytes(),),
        "checkpoints": lambda: ((_log() / "checkpoints.jsonl").read_bytes(),),
        "rows": lambda: (
            b'{"premise": "a", "hypothesis": "b", "label": "neutral"}\n{"sentence1": "c", "sentence2": "d"}\n',
            b'premise,hypothesis,label\n"a ""q"", b",c,entailment\n',
            b"premise\thypothesis\tlabel\na\tb\t-\n",
        ),
    }
    return found[name]()


TARGETS: dict[str, Target] = {
    function.__name__: function
    for function in (manifest, signature, recipe, schema, reply, body, segment, checkpoints, rows)
}
_PIECES = [b"", b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"[" * 2000, b"{" * 50, b"NaN", b"1e999", b"-0", b"9" * 5000]
_PIECES += [b'"', b"\\", b"\n", b"\r", b",", b"=", b"null", b"true", b"[]", b"{}", b'"""', "\u202e\U000e0041".encode()]


def changed(name: str, random: Random) -> bytes:
    """A seed with a few changes."""
    content = bytearray(random.choice(seeds(name)))
    for _ in range(random.randint(1, 4)):
        place = random.randrange(len(content) + 1)
        match random.randrange(4):
            case 0 if content:
                content[place % len(content)] ^= 1 << random.randrange(8)
            case 1:
                content[place : place + random.randint(0, 9)] = random.choice(_PIECES)
            case 2:
                start = random.randrange(len(content) + 1)
                content[place:place] = content[start : start + random.randint(1, 60)]
            case _:
                del content[place : place + random.randint(1, 60)]
    return bytes(content)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("--seconds", type=int, default=3600)
    parser.add_argument("--corpus", type=Path, help="directory that keeps what reached new code")
    arguments = parser.parse_args()
    import atheris

    target = TARGETS[arguments.target]
    corpus = arguments.corpus or _folder() / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(arguments.target)):
        (corpus / f"seed-{number}").write_bytes(seed)
        target(seed)  # imports what it needs, before anything is measured
    atheris.instrument_all()
    limits = [f"-max_total_time={arguments.seconds}", "-timeout=5", "-rss_limit_mb=1024", "-max_len=20000"]
    atheris.Setup([sys.argv[0], *limits, str(corpus)], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
