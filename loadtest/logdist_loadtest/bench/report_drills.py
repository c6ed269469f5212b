"""The sections of docs/performance.md about deaths and backlogs. Pure."""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from logdist_loadtest.bench.backlog import GIB, Backlog
from logdist_loadtest.bench.budgets import BACKLOG_GIB
from logdist_loadtest.bench.kills import CONNECTIONS, AnalyserKill, DistributorKill
from logdist_loadtest.bench.markdown import figure, table
from logdist_loadtest.bench.results import Spread
from logdist_loadtest.bench.senders import PAUSE_S

BACKLOG_HEADING: Final = "## A backlog larger than memory"
NOT_MEASURED: Final = "Not measured."
ANALYSER: Final = """\
Three analysers, a process each, under a load of {connections} connections with one packet a request; the heaviest
(weight 3) is killed with SIGKILL in the middle of the run. Each keeps which packets it had, the dead one too.
Kills: {kills}.

"""
DISTRIBUTOR: Final = """\
The distributor is killed with SIGKILL under a load of {connections} connections with one packet a request, and started
again at once on the same spool. Senders send what was not acknowledged again, with the same id, every {pause:.0f} ms.
Kills: {kills}.

"""
BACKLOG: Final = """\
No analyser is registered, and senders go on: NDJSON requests of 2,000 packets over 4 connections, `ack: safe`, so that
every packet is fsynced; `--memory-bytes` as it comes. Then the process is killed with SIGKILL and started again, and
counting analysers are registered. This run: {gib:g} GiB; the budget is for {budget:g} GiB (`--backlog-gib {budget:g}`).

"""

Kill = TypeVar("Kill")


def render_analyser_kills(kills: Sequence[AnalyserKill]) -> str:
    if not kills:
        return NOT_MEASURED
    shares = " : ".join(figure(_spread(kills, lambda kill, n=n: kill.survivors_percent[n]), 2) for n in range(2))  # type: ignore[misc]
    rows = [
        ["from the kill until its share has moved, ms (looked at every 10 ms)", _figure(kills, "moved_ms")],
        ["requests that failed, of all kills", f"{sum(each.errors for each in kills):,}"],
        ["packets accepted, of all kills", f"{sum(each.accepted for each in kills):,}"],
        ["of these at no analyser", f"{sum(each.lost for each in kills):,}"],
        ["arrivals beyond the first of a packet, of all kills", f"{sum(each.duplicates for each in kills):,}"],
        ["what the survivors (weights 1, 2) got afterwards, percent", shares],
        ["a sender's p99 over the whole run, ms", _figure(kills, "p99_us", 1e-3)],
        ["the longest a sender waited, ms", _figure(kills, "max_us", 1e-3)],
    ]
    return ANALYSER.format(connections=CONNECTIONS, kills=len(kills)) + table(["An analyser killed", "Measured"], rows)


def render_distributor_kills(kills: Sequence[DistributorKill]) -> str:
    if not kills:
        return NOT_MEASURED
    rows = [
        ["from the kill to the next process's first acknowledgement, ms", _figure(kills, "back_ms", digits=0)],
        ["packets acknowledged, of all kills", f"{sum(each.acknowledged for each in kills):,}"],
        ["of these at no analyser", f"{sum(each.missing for each in kills):,}"],
        ["arrivals beyond the first of a packet, of all kills", f"{sum(each.duplicates for each in kills):,}"],
        ["packets read back from the spool, of all kills", f"{sum(each.restored for each in kills):,}"],
        ["requests sent again, of all kills", f"{sum(each.retries for each in kills):,}"],
    ]
    said = DISTRIBUTOR.format(connections=CONNECTIONS, pause=PAUSE_S * 1e3, kills=len(kills))
    return said + table(["The distributor killed", "Measured"], rows)


def render_backlog(backlog: Backlog | None) -> str:
    if backlog is None:
        return NOT_MEASURED
    rows = [
        ["packets acknowledged", f"{backlog.packets:,}"],
        ["their payload, GiB", f"{backlog.payload_bytes / GIB:.2f}"],
        ["the spool on disk, GiB", f"{backlog.file_bytes / GIB:.2f}"],
        ["taken in, packets/s", f"{backlog.packets / backlog.fill_s:,.0f}"],
        ["CPU us a packet taken in", f"{backlog.fill_cpu_us:.1f}"],
        ["anonymous memory meanwhile, at most, MiB", f"{backlog.fill_anonymous_bytes / 2**20:.0f}"],
        ["from the start after the kill until it answers, s", f"{backlog.restart_s:.1f}"],
        ["packets its ledger then has", f"{backlog.restored:,}"],
        ["of these delivered in this run", f"{backlog.drained:,}"],
        ["delivered, packets/s", f"{backlog.drained / backlog.drain_s:,.0f}"],
        ["CPU us a packet delivered", f"{backlog.drain_cpu_us:.1f}"],
        ["anonymous memory since the restart, at most, MiB", f"{backlog.drain_anonymous_bytes / 2**20:.0f}"],
    ]
    return BACKLOG.format(gib=backlog.gib, budget=BACKLOG_GIB) + table(["A large backlog", "Measured"], rows)


def _spread(kills: Sequence[Kill], value: Callable[[Kill], float]) -> Spread | None:
    return Spread.build(map(value, kills))


def _figure(kills: Sequence[Kill], name: str, scale: float = 1.0, digits: int = 1) -> str:
    return figure(_spread(kills, lambda kill: float(getattr(kill, name))), digits, scale)
