"""Where a checkpoint's files are, and whether they are of a kind that may be opened.

Only plain data is ever touched: JSON, vocabularies and safetensors. Files of a repository that are anything else,
such as pickles and Python modules, are not even downloaded.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal, TypeAlias

from tuili.errors import BundleError, MissingExtra, ModelError, UsageError
from tuili.reasoning.foreign_errors import first_line
from tuili.reasoning.hub_files import check_fetched

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
TOKENIZERS = ("tokenizer.json", "vocab.txt", "vocab.json", "merges.txt", "*.model")
FILES = (
    *(CONFIG, WEIGHTS, INDEX, "model-*.safetensors"),
    *(*TOKENIZERS, "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"),
    "training.json",  # temperature and label order, where `tuili train` wrote it
)
"""The files that a checkpoint is made of."""

SCHEME = "hf:"
_SHARD = re.compile(r"[\w.-]+\.safetensors", re.ASCII)
_REPOSITORY = re.compile(r"[\w.-]+(/[\w.-]+)?(@[\w./-]+)?", re.ASCII)


Family: TypeAlias = Literal["classifier", "seq2seq", "causal"]
_GENERATIVE: dict[str, Family] = {
    "ForConditionalGeneration": "seq2seq",
    "LMHeadModel": "causal",
    "ForCausalLM": "causal",
}


@dataclass(frozen=True, slots=True)
class ModelDirectory:
    """A checkpoint on this machine.

    Attributes:
        path: The directory.
        name: What verdicts carry: `directory@digest`, or `hf:organisation/name@commit`.
    """

    path: Path
    name: str


def find_model(source: str | Path | ModelDirectory) -> ModelDirectory:
    """The checkpoint at a path or on the Hugging Face hub, fetched if need be.

    Args:
        source: A directory: a `Path`, or a string that begins with `.` or `/`. Anything else is a repository,
            `hf:organisation/name`, with or without `hf:`; `@revision` may follow. One that was found before is found.

    Raises:
        UsageError: Neither a path nor the name of a repository.
        BundleError: The directory is missing, incomplete, or holds what must not be loaded.
        ModelError: The hub can't be reached, or has no such model.
    """
    if isinstance(source, ModelDirectory):
        return source
    if isinstance(source, Path) or source.startswith((".", "/")) or Path(source).is_absolute():
        path = Path(source)
        _check(path)
        return ModelDirectory(path, f"{path.resolve().name}@{_digest(path)[:12]}")
    repository, _, revision = source.removeprefix(SCHEME).partition("@")
    if not _REPOSITORY.fullmatch(source.removeprefix(SCHEME)):
        raise UsageError(f"{source!r} is not a model; write hf:organisation/name, or a path that begins with . or /")
    path = _fetch(repository, revision or None)
    check_fetched(path)
    _check(path)
    return ModelDirectory(path, f"{SCHEME}{repository}@{path.name[:12]}")


def family_of(directory: ModelDirectory) -> Family:
    """What the weights are made for, by the name that the configuration gives their architecture.

    Two families write text: `seq2seq` (an encoder and a decoder, such as T5) and `causal` (such as GPT and Llama).
    Everything else is taken for a classifier, and refused later if it is none.
    """
    names = _read_json(directory.path / CONFIG).get("architectures")
    name = names[0] if isinstance(names, list) and names and isinstance(names[0], str) else ""
    return next((family for end, family in _GENERATIVE.items() if name.endswith(end)), "classifier")


def _fetch(repository: str, revision: str | None) -> Path:
    """The repository's files, from the cache or the hub. The directory is named after the commit."""
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import GatedRepoError, LocalEntryNotFoundError, RepositoryNotFoundError
    except ImportError as error:
        raise MissingExtra("transformers", "hf") from error
    try:
        return Path(snapshot_download(repository, revision=revision, allow_patterns=list(FILES)))
    except LocalEntryNotFoundError as error:
        raise ModelError(f"{repository} is not on this machine, and the Hugging Face hub can't be reached") from error
    except GatedRepoError as error:
        raise ModelError(f"{repository} is gated: accept its terms on huggingface.co and log in") from error
    except RepositoryNotFoundError as error:
        raise ModelError(f"the Hugging Face hub has no {repository}, or it is private") from error
    except Exception as error:  # of whichever library carries the hub's client's requests
        raise ModelError(f"{repository} can't be fetched from the Hugging Face hub: {first_line(error)}") from error


def _check(path: Path) -> None:
    """Refuse what is incomplete, and what would have other files than `FILES` loaded."""
    if not path.is_dir():
        raise BundleError(f"{path} is not a directory")
    if (path / "adapter_config.json").exists():
        raise BundleError(f"{path} is an adapter; merge it into its base model (merge_and_unload) and save that")
    if not (path / CONFIG).is_file():
        raise BundleError(f"{path} has no {CONFIG}, so it is not a checkpoint")
    # transformers would take weights from wherever the configuration says.
    if "transformers_weights" in _read_json(path / CONFIG):
        raise BundleError(f"{path / CONFIG}: transformers_weights is not allowed; name the weights {WEIGHTS}")
    if not (path / WEIGHTS).is_file():
        _check_shards(path)
    if not any(file.is_file() for pattern in TOKENIZERS for file in path.glob(pattern)):
        raise BundleError(f"{path} has no tokenizer ({', '.join(TOKENIZERS)}); save it beside the model")


def _check_shards(path: Path) -> None:
    if not (path / INDEX).is_file():
        pickles = sorted(file.name for pattern in ("*.bin", "*.pt", "*.pth", "*.ckpt") for file in path.glob(pattern))
        has = f"; {pickles[0]} is a pickle, which could run code, and is never loaded" if pickles else ""
        raise BundleError(f"{path} has no {WEIGHTS}{has}; load it where you trust it, and save it with save_pretrained")
    shards = _read_json(path / INDEX).get("weight_map")
    names = set(shards.values()) if isinstance(shards, dict) and all(map(_is_text, shards.values())) else set()
    if not names or not all(_SHARD.fullmatch(name) and (path / name).is_file() for name in names):
        raise BundleError(f"{path / INDEX}: weight_map must name safetensors files in the same directory")


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BundleError(f"{path} is damaged: {first_line(error)}") from error
    if not isinstance(value, dict):
        raise BundleError(f"{path} is damaged: not a JSON object")
    return value


def _digest(path: Path) -> str:
    """SHA-256 over the lines that `sha256sum` prints for the checkpoint's files, in the order of their names."""
    lines = hashlib.sha256()
    for file in sorted(path.iterdir()):
        if file.is_file() and any(fnmatchcase(file.name, pattern) for pattern in FILES):
            with file.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            lines.update(f"{digest}  {file.name}\n".encode())
    return lines.hexdigest()
