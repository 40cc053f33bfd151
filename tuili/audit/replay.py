"""Judge again what was judged, and compare the bits.

Equal bits are promised on one machine with one set of versions. Elsewhere they may differ in the last places: then the
report names what else is different, which is where to look first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from tuili.audit.environment import environment
from tuili.audit.select import Filter, select
from tuili.errors import AuditError, InvalidPair, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tuili.audit.log import RecordId
    from tuili.audit.reading import Entry
    from tuili.types import Judge, Verdict

BATCH = 256
_IRRELEVANT = ("threads", "cache_bytes")  # no bit of a verdict depends on these
_COMPARED = ("label", "decided", "prediction_set", "coverage", "model")


@dataclass(frozen=True, slots=True)
class Difference:
    """A record whose verdict was not given again.

    Attributes:
        id: Which record.
        fields: The fields that differ, such as `probabilities.neutral`, with what was and what is.
    """

    id: RecordId
    fields: dict[str, tuple[Any, Any]]


@dataclass(slots=True)
class Replay:
    """What a replay found.

    Attributes:
        equal: How many verdicts were given again, bit for bit.
        different: Those that were not.
        skipped: How many have no texts to judge: they are hashed, or were erased.
        environment: What differs of versions, processor and options, with what was and what is.
    """

    equal: int = 0
    different: list[Difference] = field(default_factory=list)
    skipped: int = 0
    environment: dict[str, tuple[Any, Any]] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether something was replayed, and all of it equal."""
        return self.equal > 0 and not self.different

    def to_dict(self) -> dict[str, Any]:
        different = [{"id": str(d.id), "fields": {k: list(v) for k, v in d.fields.items()}} for d in self.different]
        return {
            "ok": self.ok,
            "equal": self.equal,
            "different": different,
            "skipped": self.skipped,
            "environment": {name: list(both) for name, both in self.environment.items()},
        }


def replay(
    path: str | Path,
    *,
    judge: Judge | None = None,
    wanted: Filter | None = None,
    ids: Sequence[RecordId] = (),
    limit: int | None = None,
    threads: int | None = None,
) -> Replay:
    """Judge the pairs of a log's verdicts again.

    Args:
        path: The log.
        judge: Who judges; None: the model that each record names, with the options that it had.
        wanted: Which records; None: all.
        ids: Only these records; empty: all.
        limit: At most so many, the first ones.
        threads: Processor threads for models that are loaded.

    Raises:
        AuditError: The log can't be read, or a record does not say what its judge was loaded from.
        TuiliError: The model can't be loaded.
    """
    if limit is not None and limit < 1:
        raise UsageError(f"limit must be 1 or more, got {limit}")
    report = Replay()
    judges: dict[str, Judge] = {}
    chosen = (entry for entry in select(path, wanted) if entry.kind == "verdict" and (not ids or entry.id in ids))
    for engine, entries in _batches(islice(chosen, limit)):
        again = judge
        if again is None:
            key = repr(engine)
            again = judges[key] if key in judges else judges.setdefault(key, _load(engine, threads))
        _compare_environment(report, engine, again)
        readable = [entry for entry in entries if entry.pair is not None]
        report.skipped += len(entries) - len(readable)
        for entry, verdict in zip(readable, _judged(again, readable), strict=True):
            fields = _differences(entry, verdict)
            if fields:
                report.different.append(Difference(entry.id, fields))
            else:
                report.equal += 1
    return report


def _batches(entries: Iterator[Entry]) -> Iterator[tuple[dict[str, Any], list[Entry]]]:
    """Entries in runs of one engine."""
    batch: list[Entry] = []
    for entry in entries:
        if batch and (entry.engine != batch[0].engine or len(batch) == BATCH):
            yield batch[0].engine, batch
            batch = []
        batch.append(entry)
    if batch:
        yield batch[0].engine, batch


def _load(engine: dict[str, Any], threads: int | None) -> Judge:
    from tuili.engine.load import load

    options = dict(engine.get("options") or {})
    if "model" not in options:
        said = engine.get("model", "nothing")
        raise AuditError(
            f"the records don't say what their judge ({said}) was loaded from; name the model to replay with"
        )
    options["threads"] = threads
    try:
        return load(options.pop("model"), **options)
    except TypeError as error:
        raise AuditError(f"the records name options that this version of tuili does not have: {error}") from error


def _judged(judge: Judge, entries: Sequence[Entry]) -> list[Verdict | InvalidPair]:
    """A verdict for each, or why there is none any more."""
    pairs = [entry.pair for entry in entries if entry.pair is not None]
    try:
        return list(judge.judge(pairs)) if pairs else []
    except InvalidPair:
        return [_one(judge, pair) for pair in pairs]


def _one(judge: Judge, pair: tuple[str, str]) -> Verdict | InvalidPair:
    try:
        return judge.judge([pair])[0]
    except InvalidPair as error:
        return error


def _differences(entry: Entry, verdict: Verdict | InvalidPair) -> dict[str, tuple[Any, Any]]:
    then = entry.what
    if isinstance(verdict, InvalidPair):
        return {"verdict": (then["verdict"]["label"], str(verdict))}
    now = verdict.to_dict()
    bits = {label.value: float(p).hex() for label, p in verdict.probabilities.items()}
    fields = {name: (then["verdict"].get(name), now.get(name)) for name in _COMPARED}
    fields |= {f"probabilities.{name}": (then["hex"].get(name), bits.get(name)) for name in {**then["hex"], **bits}}
    return {name: both for name, both in fields.items() if both[0] != both[1]}


def _compare_environment(report: Replay, engine: dict[str, Any], judge: Judge) -> None:
    said = judge.provenance() if hasattr(judge, "provenance") else {}
    now = {**environment(), **_flat(said)}
    then = {
        **engine.get("environment", {}),
        **_flat({k: v for k, v in engine.items() if k not in ("environment", "judge")}),
    }
    for name in then:
        if name.rpartition(".")[2] not in _IRRELEVANT and name in now and then[name] != now[name]:
            report.environment[name] = (then[name], now[name])


def _flat(value: dict[str, Any]) -> dict[str, Any]:
    """Options under names of their own; sequences as lists, as JSON has them."""
    flat = {name: list(item) if isinstance(item, tuple) else item for name, item in value.items() if name != "options"}
    return flat | {f"options.{name}": item for name, item in (value.get("options") or {}).items()}
