"""The section "Protocols" of docs/performance.md, from the runs that are kept. Pure."""

from typing import Any, Final

from logdist_loadtest.bench.markdown import figure, put_section, table
from logdist_loadtest.bench.results import Spread

HEADING: Final = "## Protocols"
BEFORE: Final = "## The whole chain"
INTRODUCTION: Final = """\
Made by `make protocols`; the runs are in `docs/data/protocols.json`. Requests of 1,000 records over {connections}
connections to one distributor, `ack: safe`, whose one analyser only counts; no two requests are alike. Figures are
medians of {rounds} rounds of {requests} requests, with the least and the most. CPU is the distributor's, a log
message, in and out. Measured on {machine}.

Packets pass as they came, and so does OTLP to an analyser of OTLP: it is decoded once, to be checked and counted. All
else is converted, message by message.
"""


def put_protocols(page: str, kept: dict[str, Any]) -> str:
    """The page with this section in it, new or renewed."""
    return put_section(page, HEADING, render_protocols(kept), before=BEFORE)


def render_protocols(kept: dict[str, Any]) -> str:
    runs: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for run in kept["runs"]:
        runs.setdefault((run["sender"], run["out"]), []).append(run)
    rows = [
        [
            f"{sender} to `{out}`",
            figure(Spread.build(run["cpu_us"] for run in each), 2),
            figure(Spread.build(run["messages_per_s"] for run in each), 0),
        ]
        for (sender, out), each in runs.items()
    ]
    faults = [f"- {run['sender']} to {run['out']}: {fault}" for run in kept["runs"] for fault in run["faults"]]
    told = "\n".join(faults) or "Every message was counted, delivered, and none twice."
    shown = table(["In and out", "CPU us a message", "Messages/s"], rows)
    return f"{INTRODUCTION.format(**kept).strip()}\n\n{shown}\n\n{told}"
