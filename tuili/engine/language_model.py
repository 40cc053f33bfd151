"""An engine whose back end is a language model on a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tuili.calibration import Calibration
from tuili.engine.abstain import AbstainingReader
from tuili.engine.engine import Engine
from tuili.reasoning.llm import LABELS, LanguageModel
from tuili.reasoning.llm_reasons import OF_THE_MODEL, Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tuili.reasoning.llm import Settings
    from tuili.reasoning.llm_tape import Tape
    from tuili.reasoning.llm_usage import Usage
    from tuili.types import Label


class LanguageModelEngine(Engine):
    """An engine that asks a language model, and says what that cost."""

    def __init__(self, backend: LanguageModel, **options: Any) -> None:
        super().__init__(AbstainingReader(backend), model=backend.name, labels=backend.labels, **options)
        self._model_behind = backend

    @property
    def usage(self) -> Usage:
        """Requests, tokens, cost and abstentions so far."""
        return self._model_behind.usage

    @property
    def trouble(self) -> str | None:
        """What kept the server from answering so far, where it was the server: it is down, busy, has another key."""
        reasons = [Reason[name.upper()] for name in self.usage.abstained]
        return next((reason.value for reason in reasons if reason not in OF_THE_MODEL), None)


def language_model(
    address: str,
    *,
    threshold: float = 0.0,
    labels: Sequence[Label | str] = LABELS,
    calibration: Calibration | Mapping[str, Any] | None = None,
    settings: Settings | None = None,
    tape: Tape | None = None,
    replay: Tape | None = None,
    origin: tuple[Callable[..., Engine], tuple[Any, ...]] | None = None,
) -> LanguageModelEngine:
    """An engine for `openai:URL#model`; nothing is asked yet.

    Args:
        address: Where the model is. `TUILI_LLM_KEY` in the environment holds the key, if one is needed.
        threshold: Confidence below which a verdict is undecided.
        labels: Three-way, or two-way.
        calibration: A record that `evaluation.calibrate.calibration_of` fitted for this model, or its `to_dict()`.
        settings: Deadline, concurrency, prices, see there.
        tape: Takes down what comes back.
        replay: What came back before; then nothing is sent.
        origin: How to make this engine again, for pickling; by default, this call, unless there is a tape.

    Raises:
        UsageError: An address or option that can't be.
        BundleError: A calibration that is none.
        MissingExtra: Without the `llm` extra.
    """
    backend = LanguageModel(address, labels=labels, settings=settings, tape=tape, replay=replay)
    record = calibration
    if record is not None and not isinstance(record, Calibration):
        record = Calibration.from_dict(record, len(backend.labels))
    if origin is None and tape is None and replay is None:
        origin = (_again, (address, threshold, backend.labels, record, settings))
    return LanguageModelEngine(backend, threshold=threshold, calibration=record, origin=origin)


def _again(
    address: str,
    threshold: float,
    labels: tuple[Label, ...],
    calibration: Calibration | None,
    settings: Settings | None,
) -> LanguageModelEngine:
    return language_model(address, threshold=threshold, labels=labels, calibration=calibration, settings=settings)
