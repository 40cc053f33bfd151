"""A log's directory, and `log.json` in it: what is fixed when a log is made.

LOG/log.json             identity and settings; every chain begins with its hash
LOG/checkpoints.jsonl    how large each chain was at some time, and its Merkle root, signed where there is a key
LOG/checkpoints.lock     who holds its lock may write the file above
LOG/0001/000001.jsonl    the first segment of the first writer's chain
LOG/0001/keys            32 bytes a record: what its texts are sealed or hashed with; zeros where there is nothing
LOG/0001/lock            who holds its lock is that writer
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tuili.audit.canonical import canonical
from tuili.audit.lines import SCHEMA, genesis
from tuili.errors import AuditError, UsageError

if TYPE_CHECKING:
    from tuili.audit.disk import Disk

SETTINGS = "log.json"
CHECKPOINTS = "checkpoints.jsonl"
CHECKPOINTS_LOCK = "checkpoints.lock"
KEYS = "keys"
LOCK = "lock"
LEAST_RETENTION_DAYS = 183
"""Six months: what the EU's AI Act asks of logs at the least (Regulation 2024/1689, articles 19 and 26)."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What `log.json` says.

    Attributes:
        directory: Where the log is.
        content: The bytes of the file.
        id: 32 hex digits, drawn when the log was made.
        created: When that was, UTC.
        retention_days: For how long no record may go.
        checkpoints: A file elsewhere that gets every checkpoint too; None if there is none.
        key: The file with the private key that checkpoints are signed with; None: they are not signed.
    """

    directory: Path
    content: bytes
    id: str
    created: str
    retention_days: int
    checkpoints: Path | None
    key: Path | None

    def genesis(self, writer: str) -> bytes:
        """What the first record of a writer's chain has as `prev`."""
        return genesis(self.content, writer)

    def writers(self) -> list[str]:
        """The names of the writers' directories."""
        return sorted(p.name for p in self.directory.iterdir() if len(p.name) == 4 and p.name.isdecimal())

    def segments(self, writer: str) -> list[Path]:
        """The segments of a writer's chain, in order."""
        return sorted((self.directory / writer).glob("[0-9][0-9][0-9][0-9][0-9][0-9].jsonl"))


def read_settings(path: str | Path) -> Settings:
    """The settings of the log at `path`.

    Raises:
        AuditError: There is no log, or its `log.json` is damaged.
    """
    directory = Path(path).absolute()
    try:
        content = (directory / SETTINGS).read_bytes()
        value = json.loads(content)
        if value["schema"] != SCHEMA:
            raise AuditError(f"{path}: is a log of schema {value['schema']}; this tuili reads schema {SCHEMA}")
        paths = [None if value[name] is None else Path(value[name]) for name in ("checkpoints", "key")]
        about = str(value["id"]), str(value["created"]), int(value["retention_days"])
        return Settings(directory, content, *about, *paths)
    except (OSError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            raise AuditError(f"{path}: there is no log here; a log is a directory with {SETTINGS} in it") from error
        reason = error.strerror if isinstance(error, OSError) else f"{SETTINGS} is damaged"
        raise AuditError(f"{path}: can't be read: {reason}") from error


def make_log(
    path: str | Path,
    disk: Disk,
    *,
    retention_days: int = LEAST_RETENTION_DAYS,
    checkpoints: str | Path | None = None,
    key: str | Path | None = None,
) -> Settings:
    """Make a log at `path`: the directory must be missing or empty. If somebody else makes it first, theirs counts.

    Raises:
        UsageError: The directory holds something else, or the retention is shorter than six months.
        AuditError: It can't be written.
    """
    if type(retention_days) is not int or retention_days < LEAST_RETENTION_DAYS:
        raise UsageError(f"retention_days must be {LEAST_RETENTION_DAYS} or more, got {retention_days!r}")
    value = {
        "checkpoints": None if checkpoints is None else str(Path(checkpoints).absolute()),
        "created": datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "id": secrets.token_hex(16),
        "key": None if key is None else str(Path(key).absolute()),
        "retention_days": retention_days,
        "schema": SCHEMA,
    }
    try:
        _put(Path(path).absolute(), canonical(value) + b"\n", disk)
    except (OSError, ValueError) as error:
        raise AuditError(f"{path}: a log can't be made here: {getattr(error, 'strerror', None) or error}") from error
    return read_settings(path)


def _put(directory: Path, content: bytes, disk: Disk) -> None:
    """Write `log.json` under a name that nobody can foresee, then give it its own unless that is taken."""
    disk.make_directory(directory)
    strangers = [p.name for p in directory.iterdir() if p.name != SETTINGS and not p.name.startswith(f".{SETTINGS}.")]
    if strangers and not (directory / SETTINGS).exists():
        raise UsageError(f"{directory}: holds other files, first {strangers[0]!r}; name a directory of its own")
    directory.chmod(0o700)
    temporary = directory / f".{SETTINGS}.{secrets.token_hex(8)}"
    descriptor = disk.open(temporary, exclusive=True)
    try:
        disk.write(descriptor, content, 0)
        disk.sync(descriptor)
    finally:
        disk.close(descriptor)
    try:
        disk.link(temporary, directory / SETTINGS)
    except FileExistsError:
        pass  # another process was faster
    finally:
        disk.remove(temporary)
    disk.sync_directory(directory)
