"""Bundles that must be refused: some 700 of them.

Also a script, so that the same cases can be tried where pytest can't go: under `python -O`, and under an audit hook.

    python [-O] tests/hostile_bundles.py DIRECTORY [--audited]

prints what came of each case, and with `--audited` (which goes on to the back end) every event that code from data
would set off.
"""

from __future__ import annotations

import copy
import hashlib
import json
import os
import socket
import sys
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Case = Callable[[Path], Path | str]

CANARY = "canary"
"""What the code in hostile files would write, if anything ran it."""


# --- an honest bundle, by other means than tuili.bundle -------------------------------------------------------------


def message(*fields: tuple[int, int | bytes]) -> bytes:
    """A protobuf message of (field number, value)."""
    out = b""
    for number, value in fields:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            out += varint(number << 3 | 2) + varint(len(value)) + value
    return out


def varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def onnx_model(*graph: tuple[int, int | bytes]) -> bytes:
    return message((1, 8), (8, message((2, 17))), (7, message(*graph)))


def tensor(*more: tuple[int, int | bytes]) -> bytes:
    """Four float32 called `w`."""
    return message((1, 4), (2, 1), (8, b"w"), *more)


RAW = (9, bytes(16))
ADD = (1, message((1, b"x"), (1, b"w"), (2, b"y"), (4, b"Add")))
FILES = {
    "model.onnx": onnx_model(ADD, (5, tensor(RAW))),
    "tokenizer.json": b'{"version": "1.0"}',
    "README.md": b"# card",
}
MANIFEST: dict[str, Any] = {
    "format": 1,
    "name": "honest",
    "version": "1",
    "kind": "prefix-onnx",
    "labels": ["entailment", "neutral", "contradiction"],
    "temperature": 1.25,
    "threshold": 0.5,
    "window": {"premise": 32, "hypothesis": 16, "overlap": 8},
    "combination": {"rule": "decisive_mean", "parameters": {"sharpness": 2.0}},
    "precision": "int8",
    "base": {"name": "none", "licence": "CC0 1.0", "sha256": None},
    "data": [{"name": "none", "licence": "CC0 1.0"}],
    "recipe": {"command": "by hand", "seed": 0, "final": True, "commit": None},
    "metrics": {"dev": {"n": 10, "accuracy": 0.9}},
}


def entry(content: bytes) -> dict[str, Any]:
    return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def manifest(files: dict[str, bytes] = FILES, **changes: Any) -> dict[str, Any]:
    value = copy.deepcopy(MANIFEST) | changes
    return {"files": {name: entry(content) for name, content in files.items()}} | value


def lay(directory: Path, value: object = None, files: dict[str, bytes] = FILES, *, raw: bytes | None = None) -> Path:
    """A bundle with this manifest, and with a SHA-256 that fits it, whatever it is."""
    for name, content in files.items():
        write(directory / name, content)
    content = json.dumps(manifest(files) if value is None else value).encode() if raw is None else raw
    write(directory / "bundle.json", content)
    write(directory / "bundle.sha256", f"{hashlib.sha256(content).hexdigest()}  bundle.json\n".encode())
    return directory


def write(path: Path, content: bytes) -> None:
    """Cheap where the file is there already: emptying it first would make some file systems flush it to disk."""
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    elif path.read_bytes() != content:
        with path.open("r+b") as file:
            file.write(content)
            file.truncate()


# --- names ----------------------------------------------------------------------------------------------------------

DEVICES = ["CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(1, 10))]
FORBIDDEN_SUFFIXES = [
    *(
        "pkl",
        "pickle",
        "pt",
        "pth",
        "pth.tar",
        "bin",
        "ckpt",
        "joblib",
        "npy",
        "npz",
        "h5",
        "keras",
        "zip",
        "tar",
        "gz",
    ),
    *("py", "pyc", "pyd", "so", "dll", "dylib", "exe", "sh", "bat", "yaml", "html"),
]
NAMES = [
    *("", ".", "..", "/", "//", "./model.onnx", "a//b.json", "a/b/c.json", "a/", "/a.json", "model.onnx/"),
    *("../secret.json", "../../secret.json", "a/../secret.json", "a/../../secret.json", "./../secret.json"),
    *(
        "..\\secret.json",
        "a\\..\\..\\secret.json",
        "a\\b.json",
        "\\secret.json",
        "....//secret.json",
        "..;/secret.json",
    ),
    *(
        "%2e%2e/secret.json",
        "%2e%2e%2fsecret.json",
        "..%2fsecret.json",
        "%252e%252e%252fsecret.json",
        "..%5csecret.json",
    ),
    *("..%00/secret.json", "..%c0%af/secret.json", "%uff0e%uff0e/secret.json", ".%2e/secret.json", "x%20.json"),
    *(
        "/etc/passwd",
        "//etc/passwd.json",
        "/proc/self/environ",
        "/proc/self/cwd/secret.json",
        "/dev/stdin",
        "/dev/fd/0",
    ),
    *("C:x.json", "C:\\x.json", "C:/x.json", "c:secret.json", "\\\\server\\share\\x.json", "//server/share/x.json"),
    *("\\\\?\\C:\\x.json", "\\\\.\\NUL", "\\\\.\\PhysicalDrive0", "\\??\\C:\\x.json", "x.json:stream", "x:$DATA.json"),
    *("file:///etc/passwd", "file:secret.json", "http://localhost/x.json", "hf:org/x.json", "s3://bucket/x.json"),
    *("model.onnx#x.json", "model.onnx?x.json", "x*.json", "x|y.json", "x<y>.json", 'x".json', "x'.json", "x,y.json"),
    *("~/x.json", "~root/x.json", "$HOME/x.json", "${HOME}.json", "`id`.json", "$(id).json", "x;id.json", "x&y.json"),
    *(
        "x.json.",
        "x.json ",
        "x .json",
        " x.json",
        "x./y.json",
        "x /y.json",
        ".x.json",
        ".x/y.json",
        "-x.json",
        "-/x.json",
    ),
    *("．．/secret.json", "‥/secret.json", "..∕secret.json", "..／secret.json", "..⧵secret.json", "x\u202enosj.json"),
    *(
        "x\u200b.json",
        "x\u00ad.json",
        "\ufeffx.json",
        "tоkenizer.json",
        "é.json",
        "e\u0301.json",
        "ſ.json",
        "\u212a.json",
    ),
    *("x\u2028.json", "x\u2029.json", "x\u0085.json", "x\ud800.json", "\udcff.json", "x\U000e0041.json", "COM¹.json"),
    *(f"x{chr(code)}.json" for code in (*range(32), 127)),
    *("x" * 116 + ".json", "x" * 5000 + ".json", "a" * 60 + "/" + "x" * 60 + ".json"),
    *(
        name
        for device in DEVICES
        for name in (f"{device}.json", f"{device.lower()}.tar.json", f"{device.lower()}/x.json")
    ),
    *(f"x.{suffix}" for suffix in FORBIDDEN_SUFFIXES),
    *(f"x.{suffix.upper()}" for suffix in FORBIDDEN_SUFFIXES),
    *("x", "model.onnx.pkl", "x.json.exe", "x.ONNX", "bundle.json", "BUNDLE.JSON", "Bundle.json", "bundle.sha256"),
]


def _named(name: str) -> Case:
    """The named file is there, wherever a lax reader would look for it, and its hash is right."""

    def make(directory: Path) -> Path:
        secret = b'"secret"'
        write(directory.parent / "secret.json", secret)
        write(directory / "secret.json", secret)
        with suppress(OSError, ValueError):  # no such name on this system: the manifest may still have it
            place = directory / name
            if place.resolve().is_relative_to(directory.resolve()):
                write(place, secret)
        value = manifest()
        value["files"][name] = entry(secret)
        return lay(directory, value)

    return make


def _names_that_collide(directory: Path) -> Path:
    return lay(directory, files={**FILES, "MODEL.onnx": FILES["model.onnx"]})


def _folder_with_a_files_name(directory: Path) -> Path:
    value = manifest()
    value["files"]["model.onnx/x.json"] = entry(b"{}")
    return lay(directory, value)


# --- things that are not files ----------------------------------------------------------------------------------------


def _instead(name: str, put: Callable[[Path, Path], object]) -> Case:
    """A bundle in which one file has been moved out, to `moved`, and something else put in its place."""

    def make(directory: Path) -> Path:
        lay(directory, files={**FILES, "more/x.json": b"{}"})
        moved = directory.with_name(directory.name + "-moved")
        (directory / name).rename(moved)
        put(directory / name, moved)
        return directory

    return make


def _socket(place: Path, moved: Path) -> None:
    here = Path.cwd()
    os.chdir(place.parent)  # the path of a socket may have 107 bytes
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(place.name)
    os.chdir(here)


PUT: dict[str, Callable[[Path, Path], object]] = {
    "nothing": lambda place, moved: None,
    "a link out": lambda place, moved: place.symlink_to(moved),
    "a relative link out": lambda place, moved: place.symlink_to(Path("..", moved.name)),
    "a link within": lambda place, moved: moved.rename(place.with_name("y")) and place.symlink_to("y"),
    "a dangling link": lambda place, moved: place.symlink_to("nowhere"),
    "a link to itself": lambda place, moved: place.symlink_to(place),
    "a link to /dev/zero": lambda place, moved: place.symlink_to("/dev/zero"),
    "a link to /dev/stdin": lambda place, moved: place.symlink_to("/dev/stdin"),
    "a link to /proc/self/environ": lambda place, moved: place.symlink_to("/proc/self/environ"),
    "a link to /proc/self/mem": lambda place, moved: place.symlink_to("/proc/self/mem"),
    "a directory": lambda place, moved: place.mkdir(),
    "a FIFO": lambda place, moved: os.mkfifo(place),
    "a socket": _socket,
    "an empty file": lambda place, moved: place.write_bytes(b""),
    "a hard link to another file": lambda place, moved: place.hardlink_to(_other(moved)),
}
PLACES = ("bundle.json", "bundle.sha256", "model.onnx", "tokenizer.json", "README.md", "more/x.json", "more")


def _other(moved: Path) -> Path:
    other = moved.with_name(moved.name + "-other")
    other.write_bytes(b"other content")
    return other


def _paths(directory: Path) -> Iterator[tuple[str, Case]]:
    """What is handed in as the path itself."""
    missing = directory / "missing"
    yield "path: missing", lambda _: missing
    yield "path: empty", lambda _: ""
    yield "path: NUL", lambda _: Path("a\0b")
    yield "path: a lone surrogate", lambda _: Path("a\ud800")
    yield "path: too long", lambda _: Path("x" * 5000)
    yield "path: a device", lambda _: Path("/dev/zero")
    yield "own: path, a file", lambda place: lay(place) / "bundle.json"
    yield "own: path, an empty directory", lambda place: place.mkdir() or place
    yield "own: path, its parent", lambda place: lay(place).parent


# --- manifests --------------------------------------------------------------------------------------------------------


def _raw(content: bytes) -> Case:
    return lambda directory: lay(directory, raw=content)


def _manifest(**changes: Any) -> Case:
    return lambda directory: lay(directory, manifest(**changes))


def _texts() -> Iterator[tuple[str, bytes]]:
    """Manifests that are not strict JSON."""
    good = json.dumps(manifest())
    yield "empty", b""
    yield "blank", b" \n"
    yield "NUL", b"\0" * 100
    yield "UTF-8 with BOM", b"\xef\xbb\xbf" + good.encode()
    yield "UTF-16", good.encode("utf-16")
    yield "UTF-32", good.encode("utf-32")
    yield "not UTF-8", good.replace("honest", "h\xf6nest").encode("latin-1")
    yield "a lone surrogate, raw", good.replace("honest", "h\ud800").encode("utf-8", "surrogatepass")
    yield "cut short", good[:-1].encode()
    yield "more after the end", good.encode() + b"{}"
    yield "NUL after the end", good.encode() + b"\0"
    yield "a comment", b"// c\n" + good.encode()
    yield "a trailing comma", good[:-1].encode() + b",}"
    yield "single quotes", good.replace('"', "'").encode()
    yield "a pickle", PICKLE
    yield "YAML", b"!!python/object/apply:os.system ['touch canary']"
    yield "Python", b"__import__('os').system('touch canary')"
    yield "over 1 MiB", good.encode() + b" " * 2**20
    for depth in (1_000, 100_000, 500_000):
        yield f"{depth} lists deep", b"[" * depth
        yield f"{depth} closed lists deep", b"[" * depth + b"]" * depth
        yield f"{depth} objects deep", b'{"a":' * (depth // 3)
        deep = good.replace('"seed": 0', '"seed": ' + "[" * (depth // 3) + "]" * (depth // 3))
        yield f"{depth // 3} lists deep inside", deep.encode()
    for number in (
        "NaN",
        "Infinity",
        "-Infinity",
        "1e999",
        "-1e999",
        "9" * 400,
        "9" * 5_000,
        "9" * 500_000,
        "0x1",
        "01",
        "+1",
    ):
        shown = number if len(number) < 10 else f"{len(number)} digits"
        yield f"temperature {shown}", good.replace("1.25", number).encode()
        yield f"a metric {shown}", good.replace("0.9", number).encode()
        yield f"a length {shown}", good.replace('"bytes": ', f'"bytes": {number}').encode()
    for key in ('"name": "x", ', '"files": {}, ', '"format": 1, '):
        yield f"duplicate {key}", ("{" + key + good[1:]).encode()
    yield (
        "a duplicate file",
        good.replace('"files": {', '"files": {"model.onnx": {"sha256": "", "bytes": 1}, ').encode(),
    )
    yield "a duplicate in an inner object", good.replace('"overlap": 8', '"overlap": 8, "overlap": 8').encode()


JUNK: list[Any] = [None, True, -1, 1e9, "", "x\n", "\ud800", "1", [], [[]], {}, {"a": []}, "x" * 501]
INNER = {"window": 3, "combination": 2, "base": 3}
REMOTE_CODE = (
    "trust_remote_code",
    "auto_map",
    "custom_code",
    "tokenizer_class",
    "architectures",
    "chat_template",
    "__class__",
)
MAY_BE: dict[str, list[Any]] = {
    # what is junk elsewhere, and all right here
    "name": ["1"],
    "version": ["1"],
    "data": [[]],
    "recipe": [{}],
    "metrics": [{}],
}


def _values() -> Iterator[tuple[str, dict[str, Any]]]:
    """Manifests that are JSON, and wrong."""
    for key in manifest():
        value = manifest()
        del value[key]
        yield f"without {key}", value
        for junk in JUNK:
            if junk not in MAY_BE.get(key, []):
                yield f"{key}: {junk!a:.20}", manifest() | {key: junk}
    for outer in INNER:
        for key in MANIFEST[outer]:
            value = manifest()
            del value[outer][key]
            yield f"without {outer}.{key}", value
        yield f"{outer}: an unknown key", manifest(**{outer: MANIFEST[outer] | {"x": 1}})
    for key in REMOTE_CODE:
        yield f"a key {key}", manifest(**{key: True})
        yield f"a nested key {key}", manifest(window=MANIFEST["window"] | {key: True})
    yield "a later format", manifest(format=2, beams=3)
    yield "labels: one twice", manifest(labels=["entailment", "neutral", "neutral"])
    yield "labels: of both ways", manifest(labels=["entailment", "neutral", "not_entailment"])
    yield "labels: unknown", manifest(labels=["entailment", "neutral", "maybe"])
    yield "an overlap that stands still", manifest(window={"premise": 32, "hypothesis": 16, "overlap": 16})
    yield "no model.onnx", manifest({"tokenizer.json": FILES["tokenizer.json"]})
    yield "recipe: a list", manifest(recipe={"pairs": [1]})
    yield "metrics: a text", manifest(metrics={"dev": {"n": "10"}})
    yield "metrics: a bool", manifest(metrics={"dev": {"n": True}})
    for name, changed in {
        "an upper-case hash": {"sha256": entry(b"")["sha256"].upper()},
        "a short hash": {"sha256": "00"},
        "a hash of another file": {"sha256": entry(b"x")["sha256"]},
        "no hash": {"sha256": None},
        "a byte more": {"bytes": len(FILES["model.onnx"]) + 1},
        "a byte less": {"bytes": len(FILES["model.onnx"]) - 1},
        "length 0": {"bytes": 0},
        "length -1": {"bytes": -1},
        "length 1e3": {"bytes": 1e3},
        "length true": {"bytes": True},
        "length as text": {"bytes": "70"},
        "5 GiB": {"bytes": 5 * 2**30},
        "a key more": {"url": "http://localhost/"},
    }.items():
        value = manifest()
        value["files"]["model.onnx"] |= changed
        yield f"files: {name}", value
    value = manifest()
    value["files"] |= {f"{n}.json": entry(b"{}") for n in range(100)}
    yield "files: 103", value
    value = manifest()
    value["files"] |= {f"{n}.json": entry(b"{}") | {"bytes": 2**31} for n in range(3)}
    yield "files: 6 GiB together", value


# --- the right hash of the wrong thing: what the back end must refuse -----------------------------------------------

PICKLE = f"cos\nsystem\n(S'touch {CANARY}'\ntR.".encode()
PICKLE_4 = b"\x80\x04\x95\x20\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x8c\x06system\x93\x8c\x0ctouch canary\x85R."
PYTHON = f"open({CANARY!r}, 'w').write('x')\n".encode()


def external(location: str = "w.bin") -> tuple[int, bytes]:
    return 13, message((1, b"location"), (2, location.encode()))


def _contents() -> Iterator[tuple[str, bytes]]:
    yield "a pickle", PICKLE
    yield "a pickle of protocol 4", PICKLE_4
    yield "a pickle of protocol 0 with numpy's mark", b"\x93NUMPY\x01\x00" + PICKLE
    yield "a zip with a pickle", _zip(("archive/data.pkl", PICKLE))
    yield "a zip with a module", _zip(("__main__.py", PYTHON))
    yield "Python", PYTHON
    yield "a shell script", b"#!/bin/sh\ntouch canary\n"
    yield "a shared library", b"\x7fELF\x02\x01\x01" + bytes(100)
    yield "ONNX Runtime's own format", b"\x08\x00\x00\x00ORTM" + bytes(100)
    yield "nothing but zeros", bytes(1000)
    yield "0xff", b"\xff" * 1000
    yield "random bytes", hashlib.shake_256(b"x").digest(5000)


def _zip(*files: tuple[str, bytes]) -> bytes:
    import io

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files:
            archive.writestr(name, content)
    return buffer.getvalue()


def external_models() -> Iterator[tuple[str, bytes]]:
    """Models with a tensor that lies in another file, in every place where a model may have one."""
    kept_out = tensor(external(), (14, 1))
    # external_data and data_location, each by a tag with bit 32 set, which ONNX Runtime drops
    beyond = b"\xea\x80\x80\x80\x10" + message(external())[1:] + b"\xf0\x80\x80\x80\x10\x01"
    attribute = message((1, b"value"), (5, kept_out))
    for location in ("w.bin", "../secret.json", "/etc/passwd", "*/_ORT_MEM_ADDR_/*", "", "\0", "file:///etc/passwd"):
        yield f"external: {location!a}", onnx_model(ADD, (5, tensor(external(location), (14, 1))))
    yield "external: without a location", onnx_model(ADD, (5, tensor((14, 1))))
    yield "external: location alone", onnx_model(ADD, (5, tensor(external())))
    yield "external: beside data of its own", onnx_model(ADD, (5, tensor(RAW, external(), (14, 1))))
    yield "external: said, and taken back", onnx_model(ADD, (5, tensor(RAW, (14, 1), (14, 0))))
    yield "external: 1 beyond 32 bits", onnx_model(ADD, (5, tensor((14, 2**32 + 1))))
    yield "external: an overlong tag", onnx_model(ADD, (5, tensor() + b"\xf0\x80\x00\x01"))
    yield "external: a tag beyond 32 bits", onnx_model(ADD, (5, tensor() + beyond))
    yield "external: of an attribute", onnx_model((1, message((5, attribute))), ADD)
    yield "external: in a list of tensors", onnx_model((1, message((5, message((10, kept_out))))))
    yield "external: in a subgraph", onnx_model((1, message((5, message((6, message((5, kept_out))))))))
    yield "external: in a list of subgraphs", onnx_model((1, message((5, message((11, message((5, kept_out))))))))
    yield "external: sparse values", onnx_model((15, message((1, kept_out))))
    yield "external: sparse indices", onnx_model((15, message((2, kept_out))))
    yield "external: a sparse attribute", onnx_model((1, message((5, message((22, message((1, kept_out))))))))
    yield "external: sparse attributes", onnx_model((1, message((5, message((23, message((1, kept_out))))))))
    function = message((7, message((5, attribute))))
    yield "external: in a function", onnx_model(ADD) + message((25, function))
    yield "external: in a function's default", onnx_model(ADD) + message((25, message((11, attribute))))
    yield "external: in training", onnx_model(ADD) + message((20, message((1, message((5, kept_out))))))
    yield "external: in a second graph", onnx_model(ADD) + message((7, message((5, kept_out))))


def _content_cases(tokenizer: bytes) -> Iterator[tuple[str, Case]]:
    """Bundles with nothing wrong about them but what is in a file."""
    stray = {
        f"{name}.py": PYTHON for name in ("json", "tokenizers", "onnxruntime", "sitecustomize", "model", "tokenizer")
    }

    def case(files: dict[str, bytes]) -> Case:
        def make(directory: Path) -> Path:
            lay(directory, files={"model.onnx": FILES["model.onnx"], "tokenizer.json": tokenizer} | files)
            for name, content in {**stray, "w.bin": bytes(16), "pytorch_model.bin": PICKLE}.items():
                (directory / name).write_bytes(content)
            return directory

        return make

    for name, content in _contents():
        yield f"model.onnx is {name}", case({"model.onnx": content})
        yield f"tokenizer.json is {name}", case({"tokenizer.json": content})
    for name, content in external_models():
        yield f"model.onnx, {name}", case({"model.onnx": content})


def cases(root: Path) -> dict[str, Case]:
    """Every case that `Bundle.open` must refuse, by a name.

    Each makes its bundle and returns its path. It is handed a directory of its own only if it begins with "own: ".
    """
    found: dict[str, Case] = {}
    found |= {f"name {number}: {name!a:.60}": _named(name) for number, name in enumerate(NAMES)}
    found |= {"names that collide": _names_that_collide, "a folder with a file's name": _folder_with_a_files_name}
    found |= {
        f"own: {place} is {what}": _instead(place, put)
        for place in PLACES
        for what, put in PUT.items()
        if _fits(place, what)
    }
    found |= dict(_paths(root))
    found |= {f"manifest: {name}": _raw(text) for name, text in _texts()}
    found |= {f"manifest: {name}": _manifest_is(value) for name, value in _values()}
    return found


def _fits(place: str, what: str) -> bool:
    return place != "more" or what not in ("a directory", "a hard link to another file")


def _manifest_is(value: dict[str, Any]) -> Case:
    return lambda directory: lay(directory, value)


# --- as a script ----------------------------------------------------------------------------------------------------

EVENTS = (
    "exec",
    "compile",
    "import",
    "code.",
    "marshal.",
    "pickle.",
    "subprocess.",
    "os.system",
    "os.exec",
    "os.posix_spawn",
)
EVENTS += ("os.spawn", "os.fork", "os.startfile", "pty.", "socket.", "urllib.", "ctypes.", "shutil.", "os.putenv")


def attempt(load: Callable[[Any], object], value: object) -> str:
    """What came of it: "loaded", or the error."""
    try:
        load(value)
    except Exception as error:  # noqa: BLE001 - what it is is the result
        return f"{type(error).__name__}: {error}"
    return "loaded"


def main(root: Path, *, audited: bool) -> dict[str, Any]:
    from tuili.bundle import Bundle

    load: Callable[[Path], object] = Bundle.open
    chosen = cases(root)
    if audited:
        import tiny

        from tuili.reasoning.embedded import Embedded

        def load(path: Path) -> object:
            return Embedded(Bundle.open(path), threads=1)

        chosen |= dict(_content_cases(tiny.tokenizer_json()))
        tiny.write(root / "good")
        load(root / "good")  # from here on everything that loading needs is imported

    events: list[str] = []
    watched: list[Path] = []

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if watched and (event.startswith(EVENTS) or (event == "open" and not _inside(arguments[0], watched[0]))):
            events.append(f"{event} {arguments!a:.200}")

    if audited:
        sys.addaudithook(hook)  # for good: there is no taking it off
    outcomes = {}
    for number, (name, make) in enumerate(chosen.items()):
        path = make(root / (str(number) if name.startswith("own: ") else "shared"))
        if audited:
            with suppress(OSError, ValueError):
                os.chdir(path)  # where a file named in a file would be looked for
        watched.append(path)
        outcomes[name] = attempt(load, path).replace(str(root), "ROOT")
        watched.clear()
    return {"outcomes": outcomes, "events": events, "canaries": [str(p) for p in root.rglob(CANARY)]}


def _inside(opened: object, bundle: Path) -> bool:
    """Whether what is opened is the bundle's directory, a descriptor, or a plain name looked up in a descriptor."""
    if isinstance(opened, int):
        return True
    return os.fspath(opened) in (os.fspath(bundle), *PLACES, "x.json")  # type: ignore[call-overload,no-any-return]


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]).resolve(), audited="--audited" in sys.argv)))
