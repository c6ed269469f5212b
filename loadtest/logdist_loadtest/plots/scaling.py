"""`python -m logdist_loadtest.plots.scaling`: large fleets, for docs/scaling.md and docs/images/fleet.svg."""

from pathlib import Path
from typing import Final

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from logdist_loadtest.bench.markdown import table
from logdist_loadtest.plots.fleet import ANALYSERS, Senders, draw_weights, ejection_s, share_errors
from logdist_loadtest.plots.markers import put_table

PAGE: Final = Path("docs/scaling.md")
PICTURE: Final = Path("docs/images/fleet.svg")
PACKETS_PER_S: Final = 1e6
FLEETS: Final = {10: "#1f5fa8", 100: "#2f8f4e", 1000: "#d1741f"}  # pods, and the colour of their lines
STYLES: Final = {Senders.EVEN: "-", Senders.UNEVEN: ":", Senders.STAGGERED: "--"}
AT_S: Final = (0.1, 0.3, 1.0, 3.0, 10.0)
Errors = dict[tuple[int, Senders], list[tuple[float, float]]]  # an error in packets, and in percent, at each AT_S
Ejections = dict[tuple[int, bool], list[float]]  # (pods, is the analyser stalled) -> seconds, pod by pod


def main() -> None:
    weights = draw_weights()
    errors = {
        (pods, senders): share_errors(weights, pods, PACKETS_PER_S, AT_S, senders)
        for pods in FLEETS
        for senders in Senders
    }
    ejections = {
        (pods, is_stalled): ejection_s(pods, PACKETS_PER_S, is_stalled=is_stalled)
        for pods in FLEETS
        for is_stalled in (False, True)
    }
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    draw(errors, ejections, PICTURE)
    PAGE.write_text(put_table(PAGE.read_text(), render(errors, ejections)))


def draw(errors: Errors, ejections: Ejections, path: Path) -> None:
    """Write the picture to `path`: the same bytes on every run."""
    mpl.rcParams.update({"svg.hashsalt": "logdist", "svg.fonttype": "none", "font.size": 9})
    figure = Figure(figsize=(12, 4.6), layout="constrained")
    packets, percent, dealing = figure.subplots(1, 3)
    for (pods, senders), found in errors.items():
        colour, line = FLEETS[pods], STYLES[senders]
        packets.loglog(AT_S, [each for each, _ in found], line, color=colour, label=f"{pods:,} pods, {senders}")
        percent.loglog(AT_S, [each for _, each in found], line, color=colour)
    for pods, colour in FLEETS.items():
        packets.axhline(pods, color=colour, linewidth=0.5)
    for (pods, is_stalled), left_s in ejections.items():
        still = 100 * (1 - np.arange(1, pods + 1) / pods)
        label = f"{pods:,} pods, " + ("takes, and answers nothing" if is_stalled else "refuses connections")
        dealing.step(
            [0, *left_s],
            [100, *still],
            where="post",
            color=FLEETS[pods],
            linestyle="--" if is_stalled else "-",
            label=label,
        )
    packets.set_title("packets the worst analyser is away from its share", fontsize=9)
    percent.set_title("the same in percent of its share", fontsize=9)
    dealing.set_title("pods that still deal to a dead analyser, percent", fontsize=9)
    for axes, label in ((packets, "s after a rebase"), (percent, "s after a rebase"), (dealing, "s after its death")):
        axes.set_xlabel(label)
        axes.grid(color="#e3e6ea", linewidth=0.6)
    figure.legend(*packets.get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=7)
    dealing.legend(fontsize=7)
    figure.savefig(path, metadata={"Date": None}, facecolor="white")


def render(errors: Errors, ejections: Ejections) -> str:
    """The tables of docs/scaling.md."""
    shares = [
        [f"{pods:,}", senders, *(f"{packets:,.0f} ({percent:,.1f} %)" for packets, percent in found)]
        for (pods, senders), found in errors.items()
    ]
    deaths = [
        [
            f"{pods:,}",
            "answers nothing" if is_stalled else "refuses",
            *(f"{np.percentile(left_s, each):.2f}" for each in (50, 99, 100)),
        ]
        for (pods, is_stalled), left_s in ejections.items()
    ]
    return (
        f"{PACKETS_PER_S:,.0f} packets/s, {ANALYSERS:,} analysers, weights 1 to 100: how many packets the worst\n"
        "analyser is away from its share, in brackets the worst in percent of its share, so long after a rebase.\n\n"
        + table(["Pods", "Senders", *(f"{at:g} s" for at in AT_S)], shares)
        + "\n\nSeconds from an analyser's death until pods have ejected it.\n\n"
        + table(["Pods", "The dead analyser", "half of them", "99 %", "all"], deaths)
    )


if __name__ == "__main__":
    main()
