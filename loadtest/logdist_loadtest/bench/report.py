"""docs/performance.md, whole, from the results of one bench. Pure."""

from dataclasses import dataclass

from logdist_loadtest.bench.apart import Apart
from logdist_loadtest.bench.budgets import FLOOD, NDJSON, SAFE_256, STALLED, Verdict
from logdist_loadtest.bench.contenders import ENVOY, HAPROXY, MEMORY, NGINX, PEERS, SAFE
from logdist_loadtest.bench.losses import tell_losses
from logdist_loadtest.bench.markdown import figure, table
from logdist_loadtest.bench.plan import CONNECTIONS, Scenario
from logdist_loadtest.bench.report_convergence import HEADING, render_convergence
from logdist_loadtest.bench.report_drills import (
    BACKLOG_HEADING,
    render_analyser_kills,
    render_backlog,
    render_distributor_kills,
)
from logdist_loadtest.bench.results import Key, Results, Spread

INTRODUCTION = """\
# Performance

Written by `make bench`; change the bench, not this page. The distributor, nginx, HAProxy and Envoy stood in front of
the same three analysers (weights 1, 2, 3), with one thread each, and got the same load on the same machine, in turns:
a round is every server once, and a ratio is taken within its round. Each figure is the median of the rounds, with the
least and the most in brackets. CPU is user and system time of the server process and its children, divided by the
packets acknowledged; latency is what `wrk` saw while it sent as fast as it got answers. A packet has 365 bytes and an
id of its own. The analysers counted what they got: a run in which a packet is missing or a request failed is listed at
the end.
"""
OTHER_LOADS = """\
All with `ack: safe`. In the NDJSON rows latency is a request's, of 1,000 packets. In the last row the analysers take
requests and answer none until the load has ended; delivering the backlog then costs {later} us a packet more. In the
last two rows lanes are full, and a full lane is skipped: the share is not promised, and shown as it came out.
"""
CHAIN = """\
With the sample analyser instead of sinks that only count: it decodes every packet, drops repeats and counts levels.
One run each, 32 connections, CPU us a packet.

"""
CHANGES = """\
A weight in an Analyser's file is changed, and the operator brings it to 50 pods: {middle} ms from the change to the
last pod's acknowledgement, median with least and most of {count} changes. The pods are stubs that only acknowledge.
"""
INTERPRETER = """\
The distributor ran in the interpreter that the table names, and its build matters: a CPython compiled without
profile-guided and link-time optimisation, as `pyenv install` does by default, needs about a fifth more CPU for its own
part of the work. The official Python container images are optimised builds. The table goes by `CONFIG_ARGS` and
`PY_CFLAGS` of `sysconfig`; the package of a Linux distribution may be optimised without saying so there.
"""
NO_NOTES = "Nothing has been written about it yet: `docs/performance-notes.md` is included here.\n"


@dataclass(frozen=True, slots=True)
class Setting:
    """How the bench was run."""

    rounds: int
    seconds: float
    command: str
    machine: list[tuple[str, str]]


def render_report(results: Results, verdicts: list[Verdict], apart: Apart, setting: Setting, notes: str) -> str:
    """The page. `notes` is kept by hand, in a file of its own, and put in as it is."""
    sections = [
        INTRODUCTION,
        "## Budgets\n\n" + _budgets(results, verdicts, apart),
        "## What holds a missed budget\n\n" + (notes or NO_NOTES),
        "## Side by side\n\n" + _side_by_side(results),
        "## Other loads\n\n" + _other_loads(results),
        "## The whole chain\n\n" + _chain(results),
        "## An analyser dies\n\n" + render_analyser_kills(apart.analyser_kills),
        "## The distributor dies\n\n" + render_distributor_kills(apart.distributor_kills),
        f"{BACKLOG_HEADING}\n\n" + render_backlog(apart.backlog),
        "## Cost of one deal\n\n" + _picks(apart.picks_ns),
        "## From a change to the last pod\n\n" + _changes(apart.changes_ms),
        f"{HEADING}\n\n" + render_convergence(apart.convergence, apart.no_cluster),
        "## Where the distributor loses\n\n" + tell_losses(results),
        "## Runs that did not pass their checks\n\n" + _faults(results, apart),
        "## Machine\n\n" + _machine(setting) + "\n\n" + INTERPRETER,
    ]
    return "\n\n".join(section.rstrip() for section in sections) + "\n"


def _budgets(results: Results, verdicts: list[Verdict], apart: Apart) -> str:
    rows = [each.row() for each in verdicts]
    failed = len(results.with_faults()) + len(apart.find_faults())
    warning = f"{failed} runs did not pass their checks, see below; mind it with these verdicts.\n\n" if failed else ""
    return warning + table(["What", "Budget", "Measured", "Verdict"], rows)


def _side_by_side(results: Results) -> str:
    parts = []
    for connections in CONNECTIONS:
        keys = [Key(Scenario.SIDE_BY_SIDE, each, connections) for each in (SAFE, MEMORY, NGINX, HAPROXY, ENVOY)]
        rows = [[key.contender.title, *_columns(results, key)] for key in keys]
        header = ["Server", "CPU us a packet", "Packets/s", "p50 ms", "p99 ms", "Errors", "Share error"]
        ratios = [
            [
                each.title,
                *(figure(results.ratio(ours, Key(Scenario.SIDE_BY_SIDE, each, connections)), 2) for ours in keys[:2]),
            ]
            for each in PEERS
        ]
        parts.append(f"### {connections} connections\n\n{table(header, rows)}")
        parts.append("CPU per packet, ratio to\n\n" + table(["Peer", SAFE.title, MEMORY.title], ratios))
    return "\n\n".join(parts)


def _columns(results: Results, key: Key) -> list[str]:
    return [
        figure(results.spread(key, "cpu_us")),
        figure(results.spread(key, "packets_per_s"), 0),
        figure(results.spread(key, "p50_us"), 2, 1e-3),
        figure(results.spread(key, "p99_us"), 2, 1e-3),
        figure(results.spread(key, "errors"), 0),
        figure(results.spread(key, "share_error"), 2),
    ]


def _other_loads(results: Results) -> str:
    rows = [
        ["one by one, 256 connections (for comparison)", *_columns(results, SAFE_256)],
        ["a new `traceparent` in every head, 256 connections", *_columns(results, Key(Scenario.NEW_HEADS, SAFE, 256))],
        ["NDJSON, 1,000 packets a request, 4 connections", *_columns(results, NDJSON)],
        ["the same, 32 connections: more than the lanes hold", *_columns(results, FLOOD)],
        ["analysers stalled, every packet fsynced, 256 connections", *_columns(results, STALLED)],
    ]
    header = ["Load", "CPU us a packet", "Packets/s", "p50 ms", "p99 ms", "Errors", "Share error"]
    later = figure(results.spread(STALLED, "later_cpu_us"))
    return f"{table(header, rows)}\n\n{OTHER_LOADS.format(later=later)}"


def _chain(results: Results) -> str:
    rows = []
    for contender in (SAFE, NGINX):
        key = Key(Scenario.CHAIN, contender, 32)
        server, analysers = results.spread(key, "cpu_us"), results.spread(key, "receivers_cpu_us")
        whole = Spread.build([server.median + analysers.median] if server and analysers else [])
        rows.append(
            [
                contender.title,
                figure(server),
                figure(analysers),
                figure(whole),
                figure(results.spread(key, "packets_per_s"), 0),
            ]
        )
    return CHAIN + table(["In front", "Server", "Three analysers", "Together", "Packets/s"], rows)


def _picks(picks_ns: list[dict[int, float]]) -> str:
    if not picks_ns:
        return "Not measured: the distributor's package is not installed."
    rows = [[f"{count:,}", figure(Spread.build(each[count] for each in picks_ns), 0)] for count in picks_ns[0]]
    return "One pick and its charge, in process, weights drawn from 1 to 1,000.\n\n" + table(["Analysers", "ns"], rows)


def _changes(changes_ms: list[float]) -> str:
    if not changes_ms:
        return "Not measured."
    middle = figure(Spread.build(changes_ms), 0)
    return CHANGES.format(count=len(changes_ms), middle=middle)


def _faults(results: Results, apart: Apart) -> str:
    lines = [f"- round {each.round_number}, {each.cell}: {'; '.join(each.faults)}" for each in results.with_faults()]
    lines += [f"- {fault}" for fault in apart.find_faults()]
    return "\n".join(lines) or f"None of {len(results.measurements)}."


def _machine(setting: Setting) -> str:
    how = [("Rounds", f"{setting.rounds}, {setting.seconds:g} s a run"), ("Command", f"`{setting.command}`")]
    return table(["", ""], [list(fact) for fact in [*setting.machine, *how]]).replace("-:", "--", 1)
