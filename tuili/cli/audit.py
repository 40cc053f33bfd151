"""`tuili audit`: the record of verdicts. `--audit LOG` of other commands writes it; these read it, and correct it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tuili.cli.options import Json, Threads
from tuili.errors import UsageError

if TYPE_CHECKING:
    from tuili.audit.select import Filter

app = typer.Typer(
    name="audit", help="The record of verdicts: show, verify, replay, correct.", no_args_is_help=True,
    pretty_exceptions_enable=False, rich_markup_mode=None,
)  # fmt: skip

LogPath = Annotated[Path, typer.Argument(metavar="LOG", help="The log: a directory.")]
Label = Annotated[str | None, typer.Option("--label", help="Only verdicts with this label.")]
Since = Annotated[str | None, typer.Option("--since", help="Only records from this time on, UTC: 2027-01-31T09:30.")]
Until = Annotated[str | None, typer.Option("--until", help="Only records before this time, UTC.")]
ModelName = Annotated[str | None, typer.Option("--model", help="Only verdicts of a model whose name begins so.")]
Undecided = Annotated[bool, typer.Option("--undecided", help="Only verdicts that were not decided.")]
Contains = Annotated[str | None, typer.Option("--contains", help="Only pairs with this text in them.")]
By = Annotated[str, typer.Option("--by", help="Who says so.")]
Reason = Annotated[str, typer.Option("--reason", help="Why.")]


@app.command()
def show(
    log: LogPath,
    label: Label = None,
    since: Since = None,
    until: Until = None,
    model: ModelName = None,
    undecided: Undecided = False,
    contains: Contains = None,
    as_json: Json = False,
) -> None:
    """Show what was judged, refused and failed, one line a record."""
    from tuili.audit.select import json_lines, select
    from tuili.data.shown import shown

    entries = select(log, _filter(label, since, until, model, contains, undecided=undecided))
    if as_json:
        for line in json_lines(entries):
            typer.echo(line)
        return
    for entry in entries:
        verdict = entry.what.get("verdict") or {}
        said = (
            f"{verdict['label']} {verdict['confidence']:.3f}"
            if verdict
            else f"{entry.kind}: {entry.what['error']['class']}"
        )
        texts = "  ".join(shown(text) for text in entry.pair) if entry.pair else "(texts not readable)"
        marks = "".join((" undecided" * (not verdict.get("decided", True)), " superseded" * bool(entry.superseded_by)))
        typer.echo(f"{entry.id}  {entry.time[:19]}  {said}{marks}  {texts}")


@app.command()
def export(
    log: LogPath,
    output: Annotated[Path, typer.Option("--output", help="Where to: .jsonl, or .csv for a spreadsheet.")],
    label: Label = None,
    since: Since = None,
    until: Until = None,
    model: ModelName = None,
    undecided: Undecided = False,
    contains: Contains = None,
) -> None:
    """Write records to a file. It is for its owner alone (0600) and must not exist yet."""
    from tuili.audit.export import export as export_records

    count = export_records(log, output, _filter(label, since, until, model, contains, undecided=undecided))
    typer.echo(f"{output}: {count} records", err=True)


@app.command()
def verify(
    log: LogPath,
    checkpoints: Annotated[
        Path | None, typer.Option("--checkpoints", help="Checkpoints that were kept elsewhere.")
    ] = None,
    public_key: Annotated[
        Path | None, typer.Option("--public-key", help="The key that checkpoints must be signed with.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Find records that were changed, left out, added, reordered or cut off. Exit code 1 if there are any."""
    from tuili.audit.verify import verify as verify_log

    found = verify_log(log, checkpoints=checkpoints, public_key=public_key)
    if as_json:
        typer.echo(json.dumps(found.to_dict()))
    else:
        for problem in found.problems:
            typer.echo(str(problem))
        records, unchecked = sum(found.records.values()), sum(found.unchecked.values())
        typer.echo(
            f"{'intact' if found.ok else 'NOT INTACT'}: {records} good records in {len(found.records)} chains, "
            f"{found.checkpoints} checkpoints (signatures: {found.signatures}), "
            f"{unchecked} records after the last checkpoint"
        )
    if not found.ok:
        raise typer.Exit(1)


@app.command()
def replay(
    log: LogPath,
    record: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Only these records.")] = None,
    model: Annotated[
        str | None, typer.Option("--model", help="Replay with this model; by default the one that the records name.")
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", help="At most so many, the first ones.")] = None,
    threads: Threads = None,
    as_json: Json = False,
) -> None:
    """Judge again what is on record, and compare bit for bit. Exit code 1 if a verdict differs."""
    from tuili.audit.log import RecordId
    from tuili.audit.replay import replay as replay_log
    from tuili.cli.options import open_engine

    judge = None if model is None else open_engine(model, threads, None)
    ids = [RecordId.parse(text) for text in record or []]
    found = replay_log(log, judge=judge, ids=ids, limit=limit, threads=threads)
    if as_json:
        typer.echo(json.dumps(found.to_dict()))
    else:
        for name, (then, now) in found.environment.items():
            typer.echo(f"{name} was {then} and is {now}")
        for difference in found.different:
            for name, (then, now) in difference.fields.items():
                typer.echo(f"{difference.id}  {name} was {then} and is {now}")
        typer.echo(f"{found.equal} equal, {len(found.different)} different, {found.skipped} without readable texts")
    if not found.ok:
        raise typer.Exit(1)


@app.command()
def init(
    log: LogPath,
    checkpoints: Annotated[
        Path | None, typer.Option("--checkpoints", help="A file elsewhere that gets every checkpoint too.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--key", help="The private key to sign with; made, with KEY.pub, if it is missing.")
    ] = None,
    retention_days: Annotated[int, typer.Option("--retention-days", help="For how long no record may go.")] = 183,
) -> None:
    """Make a log whose checkpoints are signed, or kept elsewhere too. A plain log needs no init."""
    from tuili.audit.disk import Disk
    from tuili.audit.settings import SETTINGS, make_log
    from tuili.audit.signing import make_key

    if (log / SETTINGS).exists():
        raise UsageError(f"{log} is a log already; its settings are fixed")
    if key is not None and not key.exists():
        make_key(key)
        typer.echo(f"{key}.pub: the public key; keep a copy where the log's writer can't reach it", err=True)
    settings = make_log(log, Disk(), retention_days=retention_days, checkpoints=checkpoints, key=key)
    typer.echo(f"{log}: log {settings.id}", err=True)


@app.command()
def correct(
    log: LogPath,
    record: Annotated[str, typer.Argument(metavar="ID", help="Which record, such as 0001:42.")],
    reason: Reason,
    by: By,
    label: Annotated[str | None, typer.Option("--label", help="The label that holds instead.")] = None,
) -> None:
    """Append a record that supersedes an earlier one. The earlier one stays readable."""
    from tuili.audit.log import Log, RecordId
    from tuili.types import Label as Labels

    if label is not None and label not in set(Labels):
        raise UsageError(f"{label!r} is not a label; allowed are {', '.join(Labels)}")
    with Log(log, must_exist=True) as opened:
        verdict = None if label is None else {"label": label}
        typer.echo(str(opened.supersede(RecordId.parse(record), reason=reason, by=by, verdict=verdict)))


@app.command()
def erase(
    log: LogPath,
    record: Annotated[list[str], typer.Argument(metavar="ID...", help="Which records, such as 0001:42.")],
    reason: Reason,
    by: By,
) -> None:
    """Destroy the keys of hashed or sealed texts: they can't be read again, and the chain still verifies."""
    from tuili.audit.log import Log, RecordId

    with Log(log, must_exist=True) as opened:
        typer.echo(str(opened.erase([RecordId.parse(text) for text in record], reason=reason, by=by)))


def _filter(
    label: str | None, since: str | None, until: str | None, model: str | None, contains: str | None, *, undecided: bool
) -> Filter:
    from tuili.audit.select import Filter

    return Filter(label=label, since=since, until=until, model=model, undecided=undecided, contains=contains)
