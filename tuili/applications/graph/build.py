"""From texts to a graph: each source read once, unchanged ones not again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from tuili.applications.graph.calibration import EdgeCalibration, shipped_calibration
from tuili.applications.graph.graph import Graph
from tuili.applications.graph.schema import Schema, general_schema
from tuili.applications.graph.statements import Settings, digest_text, read_source
from tuili.applications.graph.trained import default_finder
from tuili.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuili.applications.graph.mentions import EntityFinder
    from tuili.types import Judge

THRESHOLD = 0.5


def build_graph(
    judge: Judge,
    texts: Mapping[str, str] | Iterable[str],
    *,
    schema: Schema | None = None,
    finder: EntityFinder | None = None,
    threshold: float = THRESHOLD,
    calibration: EdgeCalibration | str | None = "shipped",
    open_relations: bool = False,
    graph: Graph | None = None,
    progress: Callable[[int], None] | None = None,
) -> Graph:
    """What texts say of the things they name, every edge with the passages that entail it.

    Args:
        judge: Who says what follows.
        texts: By name, or a sequence of texts, which are then called text-1, text-2 and so on.
        schema: What may be said; by default `general_schema()`.
        finder: Who finds the entities; by default a `TrainedFinder`, or a `RuleFinder` where its weights are not
            installed.
        threshold: Probability from which on an edge is kept, 0 to 1.
        calibration: An `EdgeCalibration`; "shipped", the one that was fitted for the embedded model; or None: the
            judge's own probability of entailment.
        open_relations: Whether relations are stored too that no schema names, as the texts put them: `founded`,
            `capital_of`. Each is entailed by its quote, with the judge's own probability.
        graph: One to go on from: its other sources stay, those of the same name are replaced, and what has not
            changed is not read again.
        progress: Called with the number of characters read so far.

    Raises:
        InvalidText: One of the texts can't be judged; the message says which.
        UsageError: An option that can't be.
    """
    settings = make_settings(schema, finder, threshold, calibration, open_relations=open_relations)
    named = name_texts(texts)
    sources = {} if graph is None else dict(graph.sources)
    digest = settings.digest(judge)
    done = 0
    for name, text in named.items():
        before = sources.get(name)
        if before is None or not isinstance(text, str) or not _same(before.sha256, before.settings, text, digest):
            begun = done
            show = None if progress is None else lambda so_far, begun=begun: progress(begun + so_far)
            sources[name] = read_source(judge, name, text, settings, progress=show)
        done += len(text)
        if progress is not None:
            progress(done)
    return Graph(settings.schema, sources)


def _same(sha256: str, settings: str, text: str, digest: str) -> bool:
    return settings == digest and sha256 == digest_text(text)


def make_settings(
    schema: Schema | None,
    finder: EntityFinder | None,
    threshold: float,
    calibration: EdgeCalibration | str | None,
    *,
    open_relations: bool = False,
) -> Settings:
    """The options of `build_graph`, checked."""
    if isinstance(threshold, bool) or not isinstance(threshold, int | float) or not 0 <= threshold <= 1:
        raise UsageError(f"threshold must be from 0 to 1, got {threshold!r}")
    if schema is not None and not isinstance(schema, Schema):
        raise UsageError(f"schema must be a Schema, got {type(schema).__name__}; read_schema() reads one")
    if isinstance(calibration, str):
        if calibration != "shipped":
            raise UsageError(f'calibration must be "shipped", None or an EdgeCalibration, got {calibration!r}')
        calibration = shipped_calibration()
    return Settings(
        schema or general_schema(), finder or default_finder(), float(threshold), calibration, bool(open_relations)
    )


def name_texts(texts: Mapping[str, str] | Iterable[str]) -> dict[str, str]:
    """The texts by name."""
    if isinstance(texts, str | bytes) or not isinstance(texts, Iterable):
        raise UsageError(f"texts are a mapping from names to texts, or a list of texts; got {type(texts).__name__}")
    if not isinstance(texts, Mapping):
        return {f"text-{number}": text for number, text in enumerate(texts, 1)}
    for name in texts:
        if not isinstance(name, str) or not name.strip() or "\x00" in name or not name.isprintable():
            raise UsageError(f"the name of a source is a text that can be printed, got {name!r}")
    return dict(texts)
