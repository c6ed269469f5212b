"""docs/images/scale-*.svg, from the runs that are kept. The same runs give the same bytes."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from logdist_loadtest.bench.contenders import PEERS, SAFE
from logdist_loadtest.bench.results import Spread
from logdist_loadtest.scale import kept as runs
from logdist_loadtest.scale.curves import Curve, picture_of
from logdist_loadtest.scale.kept import Kept

TITLES: Final = {each.name: each.title for each in (SAFE, *PEERS)}
COLOURS: Final = {"safe": "#1f5fa8", "nginx": "#2f8f4e", "haproxy": "#d1741f", "envoy": "#8b4aa8"}
MIB: Final = 2**20
Read = Callable[[int], Spread | None]  # a step -> what was measured there


def draw_all(kept: Kept, folder: Path) -> None:
    """Write one picture a curve, and one of the backlogs, into `folder`."""
    mpl.rcParams.update({"svg.hashsalt": "logdist", "svg.fonttype": "none", "font.size": 9})
    folder.mkdir(parents=True, exist_ok=True)
    for curve in Curve:
        _save(_draw_curve(kept, curve), folder / picture_of(curve))
    _save(_draw_backlogs(kept), folder / picture_of("backlog"))


def _draw_curve(kept: Kept, curve: Curve) -> Figure:
    has_picks = curve is Curve.ANALYSERS
    figure = Figure(figsize=(12 if has_picks else 9, 3.6), layout="constrained")
    panels = list(figure.subplots(1, 3 if has_picks else 2))
    steps = runs.steps(kept, curve)
    for contender in runs.contenders(kept, curve):
        for axes, name in zip(panels, ("packets_per_s", "cpu_us"), strict=False):

            def read(x: int, contender: str = contender, name: str = name) -> Spread | None:
                return runs.spread(kept, curve, contender, x, name)

            _line(axes, steps, read, COLOURS[contender], TITLES[contender])
    if has_picks:
        _line(panels[2], runs.pick_steps(kept), lambda x: runs.pick_ns(kept, x), COLOURS["safe"], TITLES["safe"])
    for axes, title in zip(panels, ("packets/s", "CPU us a packet", "one pick in process, ns"), strict=False):
        _dress(axes, title, curve, is_log=curve is not Curve.PODS)
        if curve is Curve.PODS:
            axes.set_xticks(steps)
    panels[1].set_yscale("log")
    panels[1].set_ylim(bottom=10)
    panels[1].legend(fontsize=7)
    return figure


def _draw_backlogs(kept: Kept) -> Figure:
    figure = Figure(figsize=(9, 6), layout="constrained")
    steps = sorted({each["x"] for each in kept["backlogs"]})
    panels = (
        ("from the start after kill -9 until it answers, s", (("restart_s", 1.0, "restart"),)),
        ("to deliver a million, or what there is, s", (("drain_s", 1.0, "drain"),)),
        ("CPU us a packet", (("fill_cpu_us", 1.0, "taken in"), ("drain_cpu_us", 1.0, "delivered"))),
        (
            "anonymous memory at most, MiB",
            (
                ("fill_anonymous_bytes", 1 / MIB, "while filling"),
                ("drain_anonymous_bytes", 1 / MIB, "after the start"),
            ),
        ),
    )
    for axes, (title, lines) in zip(figure.subplots(2, 2).flat, panels, strict=True):
        for (name, factor, label), colour in zip(lines, COLOURS.values(), strict=False):

            def read(x: int, name: str = name, factor: float = factor) -> Spread | None:
                found = runs.backlog(kept, x, name)
                return found and Spread(found.median * factor, found.low * factor, found.high * factor)

            _line(axes, steps, read, colour, label)
        _dress(axes, title, "packets in the spool", is_log=True)
        if len(lines) > 1:
            axes.legend(fontsize=7)
    return figure


def _line(axes: Axes, steps: Sequence[int], read: Read, colour: str, label: str) -> None:
    """The medians, in a band from the least to the most."""
    found = [(x, measured) for x in steps if (measured := read(x))]
    xs = [x for x, _ in found]
    axes.plot(xs, [each.median for _, each in found], marker="o", markersize=3, color=colour, label=label)
    axes.fill_between(
        xs, [each.low for _, each in found], [each.high for _, each in found], color=colour, alpha=0.15, linewidth=0
    )


def _dress(axes: Axes, title: str, x_label: str, *, is_log: bool) -> None:
    if is_log:
        axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.set_title(title, fontsize=9)
    axes.set_xlabel(x_label)
    axes.grid(color="#e3e6ea", linewidth=0.6)


def _save(figure: Figure, path: Path) -> None:
    figure.savefig(path, metadata={"Date": None}, facecolor="white")
