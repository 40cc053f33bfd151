"""A search for training options: Optuna over a declared space, each trial a training run, the study in SQLite."""

from __future__ import annotations

import json
import shutil
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuili.data.atomic import refuse_as_output, write_file
from tuili.data.fingerprint import fingerprint
from tuili.errors import MissingExtra, ModelError, ResumeError, UsageError
from tuili.evaluation.plots.canvas import require_plots
from tuili.learning.base_size import weights_in
from tuili.learning.config import TrainConfig
from tuili.learning.tasks.task import card_for
from tuili.learning.tune_plots import write_plots
from tuili.reasoning.model_directory import find_model

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from tuili.learning.outcome import Moment

SPACE: dict[str, Any] = {
    "batch_tokens": {"choices": [512, 1024, 2048]},
    "warmup": {"low": 0.0, "high": 0.2},
    "weight_decay": {"low": 1e-3, "high": 0.1, "log": True},
    "decay": {"choices": ["linear", "cosine"]},
}
"""What is searched where no space is declared, beside rates around the form's own (`space_for`)."""
AROUND = 10.0

ATTEMPTS = 10
BY_ACCURACY = ("pair", "text")
UNTOLD = ("file", "dev", "task", "threads")
"""Options that a study's identity and its recipe leave out: of files the content counts, and threads are of a place."""
KEYS = ({"choices"}, {"low", "high"}, {"low", "high", "log"})


@dataclass(frozen=True, slots=True)
class Tuned:
    """What a study has come to, over all its processes and sessions.

    Attributes:
        recipe: TOML with the best parameters, for `tuili train --recipe`.
        best: The parameters; `accuracy` is theirs on dev.
        finished, pruned: How many trials were.
    """

    recipe: Path
    best: Mapping[str, Any]
    accuracy: float
    finished: int
    pruned: int

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "recipe": str(self.recipe),
            "best": dict(self.best),
            "accuracy": self.accuracy,
            "finished": self.finished,
            "pruned": self.pruned,
        }


def read_space(path: str | Path) -> dict[str, Any]:
    """A space from TOML, a table an option: `low`, `high` and perhaps `log`, or `choices`.

    Raises:
        UsageError: It can't be read, or a table is none of these.
    """
    try:
        return checked_space(tomllib.loads(Path(path).read_text("utf-8")))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{path}: can't be read as a space ({error}); it must be TOML") from error


def checked_space(space: Mapping[str, Any]) -> dict[str, Any]:
    """The space, with `-` and `_` in names as one. Raises UsageError where it can't be."""
    found: dict[str, Any] = {}
    for key, table in space.items():
        name = key.replace("-", "_")
        if not isinstance(table, dict) or set(table) not in KEYS:
            raise UsageError(f"space, {key!r}: must have low and high, perhaps log, or choices")
        if "choices" in table:
            if not isinstance(table["choices"], list) or not table["choices"]:
                raise UsageError(f"space, {key!r}: choices must be a list with something in it")
        else:
            low, high = table["low"], table["high"]
            if type(low) is not type(high) or type(low) not in (int, float) or not low < high:
                raise UsageError(f"space, {key!r}: low and high must be numbers of one kind, low the smaller")
            if table.get("log") and low <= 0:
                raise UsageError(f"space, {key!r}: low must be above 0 for a log scale")
        found[name] = table
    if not found:
        raise UsageError("a space must declare at least one option")
    return found


def tune(
    config: Mapping[str, Any],
    study: str | Path,
    *,
    space: Mapping[str, Any] | None = None,
    trials: int = 12,
    plots: str | Path | None = None,
) -> Tuned:
    """Search, or go on searching, for the options with the best accuracy on dev.

    The first trial of a study has the defaults, so that the best is at least as good on dev. Several processes may work
    on one study at once. Beside the study `STUDY.trials` holds the trials' runs, and `STUDY.toml` the best parameters
    so far.

    Args:
        config: What every trial has in common, as for `tuili.train`, without `output`.
        study: An SQLite file.
        space: What is searched; `space_for` the default rate, if None. What it names must not be in `config`.
        trials: How many more this call makes.
        plots: A directory for pictures of the study, see `tune_plots`; None: there are none.

    Raises:
        UsageError: An option that can't be, a task that is not measured by accuracy, or a study that can't be opened.
        ResumeError: The study is one of another space, other options or other data.
        ModelError: No trial came to an end.
        DataError, BundleError, MissingExtra: As for `tuili.train`.
    """
    try:
        import optuna
    except ImportError as error:
        raise MissingExtra("optuna", "tune") from error
    if trials < 1:
        raise UsageError(f"trials must be at least 1, got {trials}")
    if plots is not None:
        require_plots()
    common = {key.replace("-", "_"): value for key, value in config.items()}
    path = Path(study)
    plain = TrainConfig.of({**common, "output": str(path)})  # before the first trial: are the options sound?
    rate = plain.rate_for(weights_in(find_model(plain.base)))
    searched = checked_space(space_for(rate, common) if space is None else space)
    if twice := sorted(set(searched) & set(common)):
        raise UsageError(f"{twice[0]} is both given and searched; leave it out of one")
    card = card_for(plain)
    if card is not None and card.kind not in BY_ACCURACY:
        raise UsageError(f"trials are compared by accuracy, and a task of kind {card.kind} has none")
    TrainConfig.of({**common, "output": str(path), **{name: _example(table) for name, table in searched.items()}})
    refuse_as_output(path, [plain.file, plain.dev])
    identity = json.dumps(
        {
            "space": searched,
            "options": {name: str(value) for name, value in common.items() if name not in UNTOLD},
            "data": [fingerprint(path) for path in (plain.file, plain.dev, plain.task) if path is not None],
        },
        sort_keys=True,
    )
    from tuili.learning.training_run import run_training

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    found = _opened(optuna, path, identity, defaults(plain, rate, searched))
    runs = path.with_name(path.name + ".trials")

    def objective(trial: Any) -> float:
        chosen = {name: _suggested(trial, name, table) for name, table in searched.items()}
        output = runs / str(trial.number)

        def watch(moment: Moment) -> None:
            if "dev_accuracy" in moment.metrics:
                trial.report(moment.metrics["dev_accuracy"], moment.step)
                if trial.should_prune():
                    raise optuna.TrialPruned

        try:
            trial_config = TrainConfig.of({**common, **chosen, "output": str(output)})
            trained = run_training(trial_config, watch=watch, keep=False)
        finally:
            for place in (output, output.with_name(output.name + ".run")):
                shutil.rmtree(place, ignore_errors=True)
        if trained.outcome is None or trained.outcome.best is None:
            raise ModelError("a trial was never evaluated")
        return float(trained.outcome.best.score[0])

    # A trial that diverges is a bad trial; whatever else goes wrong would go wrong in every one.
    from tuili.errors import NumericalError

    found.optimize(objective, n_trials=trials, catch=(NumericalError,))
    states = [trial.state for trial in found.get_trials(deepcopy=False)]
    if optuna.trial.TrialState.COMPLETE not in states:
        raise ModelError("no trial came to an end; search lower rates, or give more epochs")
    best = dict(found.best_params)
    recipe = path.with_name(path.name + ".toml")
    given = {name: value for name, value in common.items() if name not in (*UNTOLD, "test", "base")}
    text = "".join(f"{name} = {_toml(value)}\n" for name, value in {**given, **best}.items() if value is not None)
    head = f"# Best of {len(states)} trials: {found.best_value:.4f} of dev right.\n"
    write_file(recipe, (head + text).encode())
    if plots is not None:
        write_plots(found, Path(plots))
    return Tuned(
        recipe,
        best,
        float(found.best_value),
        states.count(optuna.trial.TrialState.COMPLETE),
        states.count(optuna.trial.TrialState.PRUNED),
    )


def space_for(rate: float, given: Collection[str] = ()) -> dict[str, Any]:
    """What is searched where no space is declared, what is `given` left out.

    Rates lie around the default `rate` of form, adapter and base, a factor of `AROUND` to either side.
    """
    space = {"rate": {"low": rate / AROUND, "high": rate * AROUND, "log": True}, **SPACE}
    return {name: table for name, table in space.items() if name not in given}


def defaults(config: TrainConfig, rate: float, space: Mapping[str, Any]) -> dict[str, Any]:
    """What the searched options would be without a search; those that the space does not hold are left out."""
    usual = {**config.to_dict(), "rate": rate}
    return {name: usual[name] for name, table in space.items() if _holds(table, usual[name])}


def _holds(table: Mapping[str, Any], value: Any) -> bool:
    if "choices" in table:
        return value in table["choices"]
    return type(value) is type(table["low"]) and table["low"] <= value <= table["high"]


def _opened(optuna: Any, path: Path, identity: str, first: Mapping[str, Any]) -> Any:
    """The study in the file, made if need be, if it is of this identity; a new one begins with a trial of `first`."""
    if path.exists() and path.read_bytes()[:16] != b"SQLite format 3\x00":
        raise UsageError(f"{path} is there already and no SQLite file; name another --study")
    for attempt in range(ATTEMPTS):
        try:
            found = _created(optuna, path)
            break
        except Exception as error:  # the database library's own kinds; two processes may be making the tables at once
            if attempt == ATTEMPTS - 1:
                raise UsageError(f"{path} can't be opened as a study; name a file that can be written") from error
            time.sleep(0.3)
    begun = found.user_attrs.get("identity")
    if begun is None:
        found.set_user_attr("identity", identity)
        if first:
            found.enqueue_trial(dict(first), skip_if_exists=True)
    elif begun != identity:
        raise ResumeError(f"{path} is a study of another space, other options or other data; name another --study")
    return found


def _created(optuna: Any, path: Path) -> Any:
    # Other processes write too: better to wait for them than to fail.
    storage = optuna.storages.RDBStorage(
        f"sqlite:///{path.absolute()}", engine_kwargs={"connect_args": {"timeout": 60}}
    )
    return optuna.create_study(
        study_name="tuili",
        storage=storage,
        direction="maximize",
        load_if_exists=True,
        pruner=optuna.pruners.MedianPruner(n_startup_trials=4),
    )


def _example(table: Mapping[str, Any]) -> Any:
    return table["choices"][0] if "choices" in table else table["low"]


def _suggested(trial: Any, name: str, table: Mapping[str, Any]) -> Any:
    if "choices" in table:
        return trial.suggest_categorical(name, table["choices"])
    suggest = trial.suggest_int if isinstance(table["low"], int) else trial.suggest_float
    return suggest(name, table["low"], table["high"], log=bool(table.get("log")))


def _toml(value: object) -> str:
    # JSON's texts, numbers and booleans are TOML's.
    return json.dumps(str(value) if isinstance(value, Path) else value)
