"""`OUTPUT.run`: what a run was asked for, its log, its checkpoints until it is done, its reports."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuili.data.atomic import write_files
from tuili.data.fingerprint import fingerprint
from tuili.errors import ResumeError, UsageError
from tuili.learning.checkpoints import CheckpointStore
from tuili.learning.config import WITHOUT_EFFECT

if TYPE_CHECKING:
    from tuili.learning.config import TrainConfig

RECORD = "run.json"


@dataclass(frozen=True, slots=True)
class RunDirectory:
    """A run on the disk.

    Attributes:
        identity: Everything that decides the result: options, digests of the inputs, number of processes.
    """

    path: Path
    identity: dict[str, Any]

    @classmethod
    def of(cls, config: TrainConfig, *, base: str, processes: int) -> RunDirectory:
        """Raises DataError where an input can't be read."""
        options = {name: value for name, value in config.to_dict().items() if name not in WITHOUT_EFFECT}
        inputs = {"file": fingerprint(config.file), "dev": fingerprint(config.dev), "base": base}
        if config.task is not None:
            inputs["task"] = fingerprint(config.task)
        return cls(config.run_directory, {**options, **inputs, "processes": processes})

    @property
    def digest(self) -> str:
        return hashlib.sha256(json.dumps(self.identity, sort_keys=True).encode()).hexdigest()

    @property
    def checkpoints(self) -> CheckpointStore:
        return CheckpointStore(self.path / "checkpoints")

    def open(self, *, resume: bool) -> bool:
        """Begin, or go on. Returns whether the run is over already.

        A run that came to no checkpoint counts for nothing.

        Raises:
            ResumeError: There is a run with other options or inputs.
            UsageError: There is a run, and `resume` was not asked for; or the directory can't be written.
        """
        found = self._read()
        if found is None or not (found["finished"] or self.checkpoints.numbers()):
            self._write(finished=False)
            return False
        if not resume:
            raise UsageError(f"{self.path} holds a run already; go on with it by --resume, or remove it to begin anew")
        earlier = found["identity"]
        for name, value in self.identity.items():
            if earlier.get(name) != value:
                raise ResumeError(
                    f"{self.path} was begun with another {name}: {_shown(earlier.get(name))} then, {_shown(value)} "
                    "now; resume with what it was, or remove the directory to begin anew"
                )
        return bool(found["finished"])

    def finish(self) -> None:
        """The output is written: no checkpoint is needed any more."""
        self._write(finished=True)
        self.checkpoints.clear()

    def _read(self) -> dict[str, Any] | None:
        path = self.path / RECORD
        try:
            value: dict[str, Any] = json.loads(path.read_text("utf-8"))
            value = {"identity": dict(value["identity"]), "finished": value["finished"] is True}
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UsageError(f"{path} can't be read ({error}); remove {self.path} to begin anew") from error
        return value

    def _write(self, *, finished: bool) -> None:
        text = json.dumps({"identity": self.identity, "finished": finished}, indent=2) + "\n"
        write_files(self.path, {RECORD: text.encode()})


def _shown(value: object) -> str:
    return str(value)[:80]


def check_output(config: TrainConfig) -> None:
    """Raise UsageError before the work where its result could not be put."""
    output = Path(config.output)
    if output.is_symlink() or (output.exists() and not output.is_dir()):
        raise UsageError(f"{output} is not a directory; name another --output")
    if output.exists() and any(output.iterdir()) and not (config.resume and config.run_directory.exists()):
        raise UsageError(f"{output} holds something already; remove it yourself, or name another --output")
