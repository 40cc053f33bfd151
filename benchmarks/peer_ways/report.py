"""Results as JSON, as a table, as a picture."""

from __future__ import annotations

import json
import statistics
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from peer_ways.ways import OURS

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """What one way took in each round.

    Attributes:
        workload: Its letter and name.
        way: Who.
        unit: Of `values`: where it ends in "/s", more is better; else less is.
        values: One a round; rounds of different ways belong together by their place.
        size: What the workload was run at, such as hypotheses to a premise; 0 where there is one size.
    """

    workload: str
    way: str
    unit: str
    values: list[float]
    size: int = 0

    @property
    def median(self) -> float:
        return statistics.median(self.values)


@dataclass
class Report:
    """All of a run."""

    machine: str
    settings: dict[str, object]
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def write(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "peers.json").write_text(json.dumps(asdict(self), indent=1) + "\n", "utf-8")
        (directory / "peers.md").write_text(self.markdown(), "utf-8")
        self._draw(directory / "peers.png")

    def markdown(self) -> str:
        lines = [self.machine, "", ", ".join(f"{key} {value}" for key, value in self.settings.items())]
        for (workload, size), rows in self._groups().items():
            title = workload if not size else f"{workload}: {size}"
            head = f"| way | {rows[0].unit}, median (range) | tuili against it |"
            lines += ["", f"### {title}", "", head, "|---|---:|---:|"]
            ours = next((row for row in rows if row.way == OURS), None)
            for row in sorted(rows, key=lambda row: row.median, reverse=rows[0].unit.endswith("/s")):
                spread = f"{row.median:.4g} ({min(row.values):.4g}–{max(row.values):.4g})"
                lines.append(f"| {row.way} | {spread} | {_against(row, ours)} |")
        if self.notes:
            lines += ["", *(f"- {note}" for note in self.notes)]
        return "\n".join(lines) + "\n"

    def _groups(self) -> dict[tuple[str, int], list[Row]]:
        groups: dict[tuple[str, int], list[Row]] = {}
        for row in self.rows:
            groups.setdefault((row.workload, row.size), []).append(row)
        return groups

    def _has_peers(self, workload: str) -> bool:
        return len({row.way for row in self.rows if row.workload == workload}) > 1

    def _draw(self, path: Path) -> None:
        import matplotlib as mpl

        mpl.use("Agg")
        from matplotlib import pyplot as plt

        names = [name for name in dict.fromkeys(row.workload for row in self.rows) if self._has_peers(name)]
        if not names:
            return
        figure, axes = plt.subplots(
            (len(names) + 1) // 2, 2, figsize=(13, 3.4 * ((len(names) + 1) // 2)), squeeze=False, layout="constrained"
        )
        for name, ax in zip(names, axes.flat, strict=False):
            rows = [row for row in self.rows if row.workload == name]
            ax.set_title(f"{name} ({rows[0].unit})", fontsize=10)
            if len({row.size for row in rows}) > 1:
                for way in dict.fromkeys(row.way for row in rows):
                    mine = [row for row in rows if row.way == way]
                    style = {"color": "tab:red", "linewidth": 2.5} if way == OURS else {"linewidth": 1}
                    ax.loglog([row.size for row in mine], [row.median for row in mine], "o-", label=way, **style)
                ax.legend(fontsize=6)
                continue
            rows.sort(key=lambda row: row.median, reverse=not rows[0].unit.endswith("/s"))
            colours = ["tab:red" if row.way == OURS else "tab:gray" for row in rows]
            ax.barh([row.way for row in rows], [row.median for row in rows], color=colours)
            ax.tick_params(labelsize=7)
        for ax in axes.flat[len(names) :]:
            ax.axis("off")
        figure.savefig(path, dpi=110)
        plt.close(figure)


def _against(row: Row, ours: Row | None) -> str:
    """How many times as good ours is, round by round: median (range)."""
    if ours is None or ours is row:
        return "–"
    pairs = zip(row.values, ours.values, strict=False)
    more = row.unit.endswith("/s")
    ratios = sorted(mine / theirs if more else theirs / mine for theirs, mine in pairs)
    return f"{statistics.median(ratios):.2f} × ({ratios[0]:.2f}–{ratios[-1]:.2f})"
