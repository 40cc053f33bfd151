"""How often a judge changes its mind over what should not matter."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from tuili.errors import InputError, InvalidPair, ModelError
from tuili.evaluation.perturb import ALL
from tuili.types import Pair

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tuili.evaluation.perturb import Perturbation
    from tuili.types import Judge, Verdict

BATCH = 512


@dataclass(frozen=True, slots=True)
class Change:
    """What one kind of change did.

    Attributes:
        name: Which.
        n: How many pairs it changed at all, and were judged or refused.
        label_changed: Share of those that got another label.
        flagged: Share of those that were refused or carry a sign that not all is well, see `check_robustness`.
        unseen: Share of those that got another label without any sign: what an attacker wants.
    """

    name: str
    n: int
    label_changed: float
    flagged: float
    unseen: float

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class RobustnessReport:
    """All changes that were tried on so many pairs."""

    n: int
    seed: int
    changes: tuple[Change, ...]

    def to_dict(self) -> dict[str, Any]:
        return {"n": self.n, "seed": self.seed, "changes": [change.to_dict() for change in self.changes]}


def is_flagged(before: Verdict, after: Verdict) -> bool:
    """Whether a verdict itself says that something is wrong: less was read, or it is no longer decided."""
    return after.coverage < before.coverage or (before.decided and not after.decided)


def check_robustness(
    judge: Judge,
    pairs: Sequence[tuple[str, str]],
    *,
    perturbations: Mapping[str, Perturbation] = ALL,
    flag: Callable[[Verdict, Verdict], bool] = is_flagged,
    seed: int = 0,
) -> RobustnessReport:
    """How often labels change when pairs change in ways that should not matter.

    Unrelated sentences are appended to premises; letters change places; case and punctuation change; and characters
    that can't be seen are put in (Boucher et al. 2022). Pairs that a change leaves as they are do not count.

    Relations: gold labels are not needed, and a judge that is always wrong can be robust. How good it is on other
    people's hard pairs is `evaluate`'s question.

    Args:
        judge: Any judge.
        pairs: The pairs; only those that the judge accepts as they are.
        perturbations: What is tried, by name.
        flag: From the verdict before and the one after, whether a user is warned; by default `is_flagged`.
        seed: The same seed changes the same pairs in the same way.

    Raises:
        InputError: There are no pairs, or one can't be judged as it is.
    """
    given = [Pair(*pair) for pair in pairs]
    if not given:
        raise InputError("nothing to try: there are no pairs")
    before = [verdict for start in range(0, len(given), BATCH) for verdict in judge.judge(given[start : start + BATCH])]
    if len(before) != len(given):
        raise ModelError(f"the judge gave {len(before)} verdicts on {len(given)} pairs; it must give one for each")
    changes = []
    for name, perturb in perturbations.items():
        random = Random(f"{seed} {name}")  # noqa: S311
        changed = [perturb(pair, random) for pair in given]
        places = [place for place, pair in enumerate(given) if changed[place] != pair]
        after = _judged(judge, [changed[place] for place in places])
        changes.append(_change(name, [(before[i], v) for i, v in zip(places, after, strict=True)], flag))
    return RobustnessReport(len(given), seed, tuple(changes))


def _change(
    name: str, verdicts: Sequence[tuple[Verdict, Verdict | None]], flag: Callable[[Verdict, Verdict], bool]
) -> Change:
    n = max(len(verdicts), 1)
    other = [after is not None and after.label != before.label for before, after in verdicts]
    flagged = [after is None or flag(before, after) for before, after in verdicts]
    unseen = [label and not sign for label, sign in zip(other, flagged, strict=True)]
    return Change(name, len(verdicts), sum(other) / n, sum(flagged) / n, sum(unseen) / n)


def _judged(judge: Judge, pairs: Sequence[Pair]) -> list[Verdict | None]:
    """A verdict on each pair, None where the judge refuses it."""
    found: list[Verdict | None] = []
    for start in range(0, len(pairs), BATCH):
        found += _judged_batch(judge, pairs[start : start + BATCH])
    return found


def _judged_batch(judge: Judge, pairs: Sequence[Pair]) -> list[Verdict | None]:
    verdicts: list[Verdict | None] = [None] * len(pairs)
    places = list(range(len(pairs)))
    while places:
        try:
            said = judge.judge([pairs[place] for place in places])
        except InvalidPair as error:
            refused = {problem.index for problem in (error, *error.also)}
            places = [place for number, place in enumerate(places) if number not in refused]
            continue
        for place, verdict in zip(places, said, strict=True):
            verdicts[place] = verdict
        break
    return verdicts
