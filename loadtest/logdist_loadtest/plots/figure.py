"""docs/images/deal.svg: the deficits over the first packets, one panel a rule. The same bytes on every run."""

from pathlib import Path
from typing import Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from logdist_loadtest.plots.rules import RULES
from logdist_loadtest.plots.simulate import deficits

WEIGHTS: Final = (15, 15, 12, 1, 1, 1, 1)  # three heavy, four light: few sets this small lead smooth round robin astray
PACKETS: Final = sum(WEIGHTS)  # then everything repeats
HEAVY, LIGHT, BOUND = "#1f5fa8", "#d1741f", "#e8eef5"


def draw(path: Path) -> None:
    """Write the picture to `path`."""
    mpl.rcParams.update({"svg.hashsalt": "logdist", "svg.fonttype": "none", "font.size": 9})
    figure = Figure(figsize=(9, 6), layout="constrained")
    for axes, name in zip(figure.subplots(2, 2, sharex=True).flat, RULES, strict=True):
        _panel(axes, name)
    figure.axes[0].legend(loc="upper right", fontsize=7, ncols=2)
    figure.suptitle(f"Packets ahead of (+) or behind (-) the exact share, weights {', '.join(map(str, WEIGHTS))}")
    figure.savefig(path, metadata={"Date": None}, facecolor="white")


def _panel(axes: Axes, name: str) -> None:
    rows = deficits(RULES[name], WEIGHTS, PACKETS)
    steps = np.arange(1, PACKETS + 1)
    axes.axhspan(-1, 1, color=BOUND, label="one packet")
    for share, weight in enumerate(WEIGHTS):
        is_first = weight not in WEIGHTS[:share]
        label = f"weight {weight}" if is_first else None
        axes.step(steps, rows[:, share], where="post", linewidth=0.8, color=HEAVY if weight > 1 else LIGHT, label=label)
    axes.set_title(f"{name}\n{rows.min():+.2f} to {rows.max():+.2f}", fontsize=9)
    axes.set_ylim(min(-1.6, 1.1 * rows.min()), max(1.6, 1.1 * rows.max()))
    axes.set_xlim(1, PACKETS)
    axes.set_xlabel("packets dealt")
