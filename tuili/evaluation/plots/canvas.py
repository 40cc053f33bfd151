"""The look that the pictures share, through matplotlib's objects alone: no pyplot, no window, no global state."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from tuili.errors import MissingExtra

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

# Okabe & Ito 2008: told apart by colour-blind readers, and in grey.
BLUE = "#0072B2"
VERMILION = "#D55E00"
INK = "#1F2933"
MUTED = "#5F6B7A"
RULE = "#DDE2E8"
DPI = 160


def require_plots() -> None:
    """Find out whether pictures can be drawn, before the work that they are to show.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    try:
        import matplotlib as mpl  # noqa: F401
    except ImportError as error:
        raise MissingExtra("matplotlib", "plots") from error


def new_figure(width: float, height: float) -> Figure:
    """An empty figure, sizes in inches.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    require_plots()
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.12)
    return Figure(figsize=(width, height), dpi=DPI, layout=layout, facecolor="white")


def to_png(figure: Figure) -> bytes:
    """The figure as PNG; the same figure gives the same bytes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    buffer = BytesIO()
    FigureCanvasAgg(figure).print_png(buffer, metadata={"Software": None})
    return buffer.getvalue()


def dress(axes: Axes, *, x: str, y: str) -> None:
    """Quiet axes: no box, thin rules behind the data, muted numbers."""
    axes.set_facecolor("white")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(MUTED)
    axes.grid(visible=True, color=RULE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=MUTED, labelsize=9, length=3)
    axes.set_xlabel(x, color=INK, fontsize=10, labelpad=6)
    axes.set_ylabel(y, color=INK, fontsize=10, labelpad=6)


def entitle(axes: Axes, title: str, subtitle: str) -> None:
    """A title that says the finding, and under it how to read the picture; both flush left."""
    axes.set_title(title, loc="left", color=INK, fontsize=13, fontweight="bold", pad=26)
    axes.annotate(
        subtitle, (0, 1), (0, 10), xycoords="axes fraction", textcoords="offset points", color=MUTED, fontsize=9.5
    )


def note_beside(axes: Axes, text: str, point: tuple[float, float], *, colour: str, below: bool = False) -> None:
    """A small note above or below a point, on the side of it where there is more room."""
    left, right = axes.get_xlim()
    to_the_right = point[0] < (left + right) / 2
    axes.annotate(
        text,
        point,
        (6 if to_the_right else -6, -4 if below else 7),
        textcoords="offset points",
        ha="left" if to_the_right else "right",
        va="top" if below else "bottom",
        color=colour,
        fontsize=9.5,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.5},
    )


def percent(axes: Axes, sides: str) -> None:
    """Show shares as percentages on the axes named: `x`, `y` or `xy`."""
    for side in sides:
        getattr(axes, f"{side}axis").set_major_formatter(lambda share, _: f"{100 * share:.3g}%")


def shades_of_blue() -> Colormap:
    """From nearly white, for 0, to a blue that is nearly black."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("shades_of_blue", ["#F4F8FB", "#9CC7E3", BLUE, "#005080", "#003A5C"])
