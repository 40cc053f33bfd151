"""Sources added to a store: each is there whole once it is read, and a repeated run reads only what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuili.applications.graph.build import THRESHOLD, make_settings, name_texts
from tuili.applications.graph.statements import digest_text, read_source

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tuili.applications.graph.calibration import EdgeCalibration
    from tuili.applications.graph.mentions import EntityFinder
    from tuili.applications.graph.schema import Schema
    from tuili.applications.graph.store import Store
    from tuili.types import Judge


@dataclass(frozen=True, slots=True)
class Updated:
    """How many sources were read, and how many had not changed."""

    read: int
    unchanged: int


def update_store(
    judge: Judge,
    store: Store,
    texts: Mapping[str, str],
    *,
    schema: Schema | None = None,
    finder: EntityFinder | None = None,
    threshold: float = THRESHOLD,
    calibration: EdgeCalibration | str | None = "shipped",
    open_relations: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Updated:
    """Read texts into a store; the options are those of `build_graph`.

    A source is put in one transaction when it has been read, so that whatever ends the run leaves every source whole,
    old or new. The same call again goes on from there.

    Args:
        schema: By default that of the store, or the general schema where it is new.

    Raises:
        InvalidText: One of the texts can't be judged; those before it are kept.
        UsageError: An option that can't be.
        DataError: The disk can't be written.
    """
    settings = make_settings(schema or store.schema, finder, threshold, calibration, open_relations=open_relations)
    named = name_texts(texts)
    if store.schema != settings.schema:
        store.set_schema(settings.schema)
    digest = settings.digest(judge)
    done = read = 0
    for name, text in named.items():
        if not isinstance(text, str) or store.digests(name) != (digest_text(text), digest):
            begun = done
            show = None if progress is None else lambda so_far, begun=begun: progress(begun + so_far)
            store.put(read_source(judge, name, text, settings, progress=show))
            read += 1
        done += len(text)
        if progress is not None:
            progress(done)
    store.flush()
    return Updated(read, len(named) - read)
