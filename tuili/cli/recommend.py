"""`tuili recommend`: learn from reviews, then rank items for a user, for a request in words, or beside an item."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tuili.cli.options import Json, LabelOrder, Model, Threads, open_engine
from tuili.cli.terminal import one_line
from tuili.errors import DataError, UsageError

if TYPE_CHECKING:
    from tuili.applications.recommend.recommender import Recommendation

app = typer.Typer(
    name="recommend",
    help="Recommendations from reviews, with quoted reasons.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Folder = Annotated[Path, typer.Argument(metavar="DIRECTORY", help="Where what was learnt is kept.")]
Number = Annotated[int, typer.Option("-n", min=1, help="How many items.")]


@app.command()
def fit(
    directory: Folder,
    reviews: Annotated[Path, typer.Option("--reviews", help=".jsonl or .csv with user, item, rating, text.")],
    aspects: Annotated[
        Path | None, typer.Option("--aspects", help="TOML with what may be said of an item; mined by default.")
    ] = None,
    update: Annotated[
        bool, typer.Option("--update", help="Add to what is there; only new reviews are judged.")
    ] = False,
    model: Model = None,
    labels: LabelOrder = None,
    threads: Threads = None,
    as_json: Json = False,
) -> None:
    """Learn from reviews."""
    from tuili.applications.recommend.aspects import read_aspects
    from tuili.applications.recommend.recommender import Recommender
    from tuili.applications.recommend.reviews import read_reviews
    from tuili.cli.progress import rows_bar

    if update and aspects is not None:
        raise UsageError("--update keeps the aspects that are there; leave out --aspects")
    rows = read_reviews(reviews)
    if not rows:
        raise DataError("holds no reviews", path=reviews)
    wanted = None if aspects is None else read_aspects(aspects)
    engine = open_engine(model, threads, labels)
    known = Recommender.load(engine, directory) if update else Recommender(engine, aspects=wanted)
    with rows_bar() as show:
        known = known.update(rows, progress=show) if update else known.fit(rows, progress=show)
    known.save(directory)
    counts = {
        "reviews": len(known.reviews),
        "users": len({review.user for review in known.reviews}),
        "items": len({review.item for review in known.reviews}),
        "aspects": len(known.aspects),
        "opinions": len(known.opinions),
    }
    if as_json:
        typer.echo(json.dumps(counts))
    else:
        typer.echo(f"{directory}: " + ", ".join(f"{count} {name}" for name, count in counts.items()), err=True)


@app.command(name="for")
def for_(
    directory: Folder,
    who: Annotated[
        str, typer.Argument(metavar="USER|REQUEST", help="A user of the reviews; or, with --request, words.")
    ],
    request: Annotated[
        bool, typer.Option("--request", help='The argument says what is wanted: "I want a quiet amp".')
    ] = False,
    n: Number = 10,
    model: Model = None,
    labels: LabelOrder = None,
    threads: Threads = None,
    as_json: Json = False,
) -> None:
    """Items for a user, or for someone who says what they want."""
    from tuili.applications.recommend.recommender import Recommender

    known = Recommender.load(open_engine(model, threads, labels), directory)
    _print(known.for_request(who, n=n) if request else known.recommend(who, n=n), as_json=as_json)


@app.command()
def similar(
    directory: Folder,
    item: Annotated[str, typer.Argument(metavar="ITEM", help="An item of the reviews.")],
    n: Number = 10,
    model: Model = None,
    labels: LabelOrder = None,
    threads: Threads = None,
    as_json: Json = False,
) -> None:
    """Items like another one."""
    from tuili.applications.recommend.recommender import Recommender

    known = Recommender.load(open_engine(model, threads, labels), directory)
    _print(known.similar(item, n=n), as_json=as_json)


def _print(found: list[Recommendation], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([one.to_dict() for one in found], ensure_ascii=False))
        return
    if not found:
        typer.echo("tuili: there is nothing to recommend: every item is known already", err=True)
    for one in found:
        typer.echo(f"{one.score:+.2f}  {one_line(one.item)}")
        for reason in one.reasons:
            typer.echo(f"       {reason.probability:.2f}  {reason.hypothesis}  “{one_line(reason.quote)}”")
