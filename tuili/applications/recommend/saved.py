"""A recommender in a directory: one JSON file, checked when it is read. No pickle."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from tuili.applications.recommend.aspects import Aspect
from tuili.applications.recommend.opinions import Opinion
from tuili.applications.recommend.profiles import Weights
from tuili.applications.recommend.reviews import check_reviews
from tuili.data.atomic import write_files
from tuili.data.files import READ_ERRORS, open_regular, unreadable
from tuili.errors import DataError, InputError
from tuili.types import Span

if TYPE_CHECKING:
    from tuili.applications.recommend.recommender import Recommender
    from tuili.types import Judge

NAME = "recommender.json"


def save(recommender: Recommender, directory: str | Path) -> None:
    """See `Recommender.save`."""
    content = json.dumps(
        {
            "aspects": [aspect.to_dict() for aspect in recommender.aspects],
            "weights": asdict(recommender.weights),
            "reviews": [review.to_dict() for review in recommender.reviews],
            "opinions": [opinion.to_dict() for opinion in recommender.opinions],
        },
        ensure_ascii=False,
    )
    digest = hashlib.sha256(content.encode()).hexdigest()
    write_files(directory, {NAME: f'{{"version": 1, "sha256": "{digest}"}}\n{content}\n'.encode()})


def load(kind: type[Recommender], judge: Judge, directory: str | Path) -> Recommender:
    """See `Recommender.load`."""
    path = Path(directory) / NAME
    try:
        with open_regular(path) as file:
            first, _, rest = file.read().partition(b"\n")
    except READ_ERRORS as error:
        raise unreadable(error, path) from error
    rest = rest.removesuffix(b"\n")
    try:
        if json.loads(first)["sha256"] != hashlib.sha256(rest).hexdigest():
            raise DataError("is damaged: its contents are not what was written; fit again", path=path)
        content = json.loads(rest)
        aspects = [
            Aspect(one["name"], tuple(one["words"]), tuple(one["good"]), tuple(one["bad"]))
            for one in content["aspects"]
        ]
        opinions = [Opinion(**{**one, "span": Span(*one["span"])}) for one in content["opinions"]]
        made = kind(judge, aspects=aspects, weights=Weights(**content["weights"]))
        made.restore(check_reviews(content["reviews"]), opinions)
    except (ValueError, KeyError, TypeError, RecursionError, InputError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"is no recommender of this version ({error}); fit again", path=path) from None
    return made
