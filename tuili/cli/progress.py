"""A line on standard error that says how far a long run is; silent where nobody is looking."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tuili.learning.outcome import Moment


@contextmanager
def rows_bar() -> Iterator[Callable[[int], None]]:
    """Yields a function to call with the number of rows done so far."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.completed:,.0f} rows"), TextColumn("{task.fields[rate]}"))
    with Progress(*columns, TimeElapsedColumn(), console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("judging", total=None, rate="")

        def show(rows: int) -> None:
            speed = progress.tasks[0].speed
            progress.update(task, completed=rows, rate=f"{speed:,.0f} rows/s" if speed else "")

        yield show


@contextmanager
def training_bar() -> Iterator[Callable[[Moment], None]]:
    """Yields a function to call after each step: loss, learning rate, last figure on dev, time left."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    shown = TextColumn("loss {task.fields[loss]:.4f}  rate {task.fields[rate]:.1e}{task.fields[dev]}")
    columns = (TaskProgressColumn(), BarColumn(), TimeRemainingColumn(), shown)
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("training", total=1.0, loss=float("nan"), rate=0.0, dev="")

        def show(moment: Moment) -> None:
            if moment.metrics:
                name, value = next(iter(moment.metrics.items()))
                shown = f"{value:.1%}" if name == "dev_accuracy" else f"{name.removeprefix('dev_')} {value:.4g}"
                progress.update(task, dev=f"  dev {shown}")
            progress.update(task, completed=moment.share, loss=moment.loss, rate=moment.rate)

        yield show
