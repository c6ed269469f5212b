"""The section "Curves" of docs/performance.md, from the runs that are kept. Pure."""

from collections.abc import Iterator
from typing import Final

from logdist_loadtest.bench.contenders import PEERS, SAFE
from logdist_loadtest.bench.markdown import figure, put_section, table
from logdist_loadtest.scale import kept as runs
from logdist_loadtest.scale.curves import Curve, picture_of
from logdist_loadtest.scale.kept import OURS, Kept

HEADING: Final = "## Curves"
BEFORE: Final = "## The whole chain"
TITLES: Final = {each.name: each.title for each in (SAFE, *PEERS)}
INTRODUCTION: Final = """\
Made by `make scale`; the runs are in `docs/data/scale.json`, and `python -m logdist_loadtest.scale --draw` makes the
pictures and tables of them anew. In a round every server has every point once, in turns; lines and figures are medians
of {rounds} rounds, bands and brackets go from the least to the most. 64 connections, packets of 365 bytes, three
analysers and one process or thread, where the axis does not say otherwise. Load and sinks share the machine's cores.
CPU counts while the load lasts, so health checks are in it.
"""
ABOUT: Final = {
    Curve.CONNECTIONS: (
        "Batches grow with what is outstanding, and with them the distributor's advantage: with 8 connections a batch "
        "holds a packet or two."
    ),
    Curve.SIZE: (
        "One message a packet. nginx may keep 128 KiB of a body in memory: nothing goes through a file. A packet that "
        "the distributor has not delivered after 5 ms goes to disk too; on a busy machine large ones do, and at 64 KiB "
        "that is more than half of their cost (with `ack: memory` it falls away)."
    ),
    Curve.MESSAGES: (
        "Messages of 40 bytes of text. The distributor validates every message, at 0.1 to 0.2 us each, which at 1,000 "
        "is most of the cost; the others look at none."
    ),
    Curve.ANALYSERS: (
        "Analysers share three sinks and the weights 1, 2, 3. Each is checked every 2 s by the distributor and by "
        "HAProxy (its default), and not by nginx. Envoy takes an address once and is left out. A batch holds what came "
        "for one analyser: with more analysers than connections that is one packet, so that a distributor does as much "
        "as a proxy, in Python, on a loop that also checks; a run this short opens many of its connections too. An "
        "analyser takes two, and 20,000 open files were the limit here: hence 3,000, and 10,000 for the pick alone."
    ),
    Curve.PODS: (
        "Distributors behind one port (`SO_REUSEPORT`); workers of nginx; threads of HAProxy and Envoy. Load and sinks "
        "take what they need of the same cores."
    ),
}
BUSY_LOAD: Final = 4.0  # a quiet machine has some 2 to 3 by the bench alone
BUSY: Final = (
    "**Others used the machine**: packets/s and seconds are what was left of it, and say little. CPU a packet says "
    "more, but a distributor that waits for a core for more than 5 ms also writes to disk what it would have "
    "delivered, which proxies do not. *Side by side* was measured on a quieter machine. "
)
BACKLOG: Final = """\
No analyser is registered while so many packets come in, `ack: safe`; then `kill -9`, a start on the same spool, and
three counting analysers, which take a million packets or what there is. The proxies keep nothing: they cannot do this.
"""
BACKLOG_ROWS: Final = (
    # what, figure of Backlog, digits, factor
    ("CPU us a packet taken in", "fill_cpu_us", 1, 1.0),
    ("from the start after `kill -9` until it answers, s", "restart_s", 2, 1.0),
    ("packets delivered", "drained", 0, 1.0),
    ("in seconds", "drain_s", 1, 1.0),
    ("CPU us a packet delivered", "drain_cpu_us", 1, 1.0),
    ("anonymous memory while filling, at most, MiB", "fill_anonymous_bytes", 0, 2.0**-20),
    ("anonymous memory after the start, at most, MiB", "drain_anonymous_bytes", 0, 2.0**-20),
)


def put_curves(page: str, kept: Kept) -> str:
    """The page with this section in it, new or renewed."""
    return put_section(page, HEADING, render_curves(kept), before=BEFORE)


def render_curves(kept: Kept) -> str:
    rounds = len({run["round_number"] for run in kept["runs"]})
    sections = [INTRODUCTION.format(rounds=rounds).strip(), _conditions(kept)]
    for curve in Curve:
        sections.append(f"### {curve.value.capitalize()}\n\n![{curve.value.capitalize()}](images/{picture_of(curve)})")
        sections += [ABOUT[curve], _curve(kept, curve)]
        sections += [_picks(kept)] if curve is Curve.ANALYSERS else []
    sections.append(f"### Backlog\n\n![Backlog](images/{picture_of('backlog')})\n\n{BACKLOG}\n{_backlogs(kept)}")
    sections.append("### Where the distributor loses on a curve\n\n" + ("\n".join(_losses(kept)) or "Nowhere."))
    sections.append("### Runs of the curves that did not pass their checks\n\n" + _faults(kept))
    return "\n\n".join(sections)


def _curve(kept: Kept, curve: Curve) -> str:
    names = runs.contenders(kept, curve)
    header = [f"{TITLES[each]}, {what}" for what in ("CPU us", "packets/s") for each in names]
    rows = []
    for x in runs.steps(kept, curve):
        cpu = [figure(runs.spread(kept, curve, each, x, "cpu_us")) for each in names]
        speed = [runs.spread(kept, curve, each, x, "packets_per_s") for each in names]
        rows.append([f"{x:,}", *cpu, *(f"{each.median:,.0f}" if each else "-" for each in speed)])
    if curve is Curve.ANALYSERS:
        header += [f"{TITLES[each]}, idle, % of a core" for each in names]
        for row, x in zip(rows, runs.steps(kept, curve), strict=True):
            row += [figure(runs.spread(kept, curve, each, x, "idle_percent")) for each in names]
    return table([curve.value, *header], rows)


def _picks(kept: Kept) -> str:
    steps = runs.pick_steps(kept)
    header = ["One pick and its charge, in process, among", *(f"{x:,}" for x in steps)]
    return table(header, [["ns", *(figure(runs.pick_ns(kept, x), 0) for x in steps)]])


def _backlogs(kept: Kept) -> str:
    """One column a step, for the figures have long names."""
    steps = sorted({each["x"] for each in kept["backlogs"]})
    rows = [
        [title, *(figure(runs.backlog(kept, x, name), digits, scale) for x in steps)]
        for title, name, digits, scale in BACKLOG_ROWS
    ]
    missing = [sum(each["packets"] - each["restored"] for each in kept["backlogs"] if each["x"] == x) for x in steps]
    rows.insert(2, ["packets missing then, of all rounds", *map(str, missing)])
    return table(["Packets", *(f"{x:,}" for x in steps)], rows)


def _losses(kept: Kept) -> Iterator[str]:
    """Every point at which a peer was better, by the median of the ratios."""
    for curve in Curve:
        for x in runs.steps(kept, curve):
            lost = []
            for peer in runs.contenders(kept, curve):
                cpu, speed = (runs.ratio(kept, curve, peer, x, name) for name in ("cpu_us", "packets_per_s"))
                if peer != OURS and cpu and cpu.median > 1:
                    lost.append(f"{figure(cpu, 2)} x the CPU of {TITLES[peer]}")
                if peer != OURS and speed and speed.median < 1:
                    lost.append(f"{figure(speed, 2)} x the packets/s of {TITLES[peer]}")
            if lost:
                yield f"- {x:,} {curve.value}: {'; '.join(lost)}"


def _faults(kept: Kept) -> str:
    lines = [
        f"- round {run['round_number']}, {run['x']:,} {run['curve']}, {run['contender']}: " + "; ".join(run["faults"])
        for run in kept["runs"]
        if run["faults"]
    ]
    return "\n".join([*lines, *(f"- {fault}" for fault in kept["faults"])]) or f"None of {len(kept['runs'])}."


def _conditions(kept: Kept) -> str:
    loads = sorted(run["load_before"] for run in kept["runs"])
    machine = kept["machine"]
    names = ("Date", "CPU", "Kernel", "Python", "Spool's disk", "wrk", "nginx", "HAProxy", "Envoy", "distributor")
    told = "; ".join(f"{name}: {machine[name]}" for name in names if name in machine)
    before, (least, middle, most) = machine["Load average before"], (loads[0], loads[len(loads) // 2], loads[-1])
    warning = BUSY if middle > BUSY_LOAD else ""
    return (
        f"{told}. Load average before the first run: {before}; before each run, the bench's own load included: "
        f"{least:.1f} to {most:.1f}, median {middle:.1f}. {warning}Command: `{kept['command']}`."
    )
