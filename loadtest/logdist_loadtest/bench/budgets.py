"""The numbers the project holds itself to, judged from a bench's results. Pure."""

from dataclasses import dataclass
from typing import Final

from logdist_loadtest.bench.apart import Apart
from logdist_loadtest.bench.backlog import Backlog
from logdist_loadtest.bench.contenders import ENVOY, FSYNCED, HAPROXY, NGINX, SAFE
from logdist_loadtest.bench.convergence import Convergence
from logdist_loadtest.bench.markdown import figure
from logdist_loadtest.bench.picks import pick_ratio
from logdist_loadtest.bench.plan import Scenario
from logdist_loadtest.bench.results import Key, Results, Spread, percentile

SAFE_32: Final = Key(Scenario.SIDE_BY_SIDE, SAFE, 32)
SAFE_256: Final = Key(Scenario.SIDE_BY_SIDE, SAFE, 256)
NGINX_256: Final = Key(Scenario.SIDE_BY_SIDE, NGINX, 256)
NDJSON: Final = Key(Scenario.NDJSON, SAFE, 4)
FLOOD: Final = Key(Scenario.FLOOD, SAFE, 32)
STALLED: Final = Key(Scenario.FSYNCED, FSYNCED, 256)

RATIOS: Final = (
    # what, ours, theirs, at most
    ("CPU per packet at 256 connections, `ack: safe`, to nginx", SAFE_256, NGINX_256, 0.65),
    ("the same to HAProxy", SAFE_256, Key(Scenario.SIDE_BY_SIDE, HAPROXY, 256), 0.65),
    ("the same to Envoy", SAFE_256, Key(Scenario.SIDE_BY_SIDE, ENVOY, 256), 0.25),
    ("CPU per packet at 32 connections, `ack: safe`, to nginx", SAFE_32, Key(Scenario.SIDE_BY_SIDE, NGINX, 32), 0.9),
    ("CPU per packet in NDJSON requests of 1,000, to one by one at 32 connections", NDJSON, SAFE_32, 0.1),
    ("CPU per packet with every packet fsynced, to nginx's proxying", STALLED, NGINX_256, 1.0),
)
NDJSON_CPU_US_MAX: Final = 3.0
SHARE_ERROR_MAX: Final = 1.0
PICK_RATIO_MAX: Final = 3.0
CHANGE_MS_MAX: Final = 1000.0
MOVE_MS_MAX: Final = 1000.0
ANONYMOUS_MIB_MAX: Final = 300.0
BACKLOG_GIB: Final = 10.0
CONVERGENCE: Final = "weight change of an object in Kubernetes to the last of 50 pods, p99"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One budget and what came of it."""

    what: str
    limit: str
    measured: Spread | None
    unit: str
    limit_value: float
    digits: int = 2
    caveat: str = ""  # behind *held*: under which easier condition

    @property
    def word(self) -> str:
        """held, missed or not measured: the median decides."""
        if self.measured is None:
            return "not measured"
        return f"held{self.caveat}" if self.measured.median <= self.limit_value else "**missed**"

    def row(self) -> list[str]:
        """Its line in the table of budgets."""
        return [
            self.what,
            self.limit,
            figure(self.measured, self.digits) + (self.unit if self.measured else ""),
            self.word,
        ]


def judge(results: Results, apart: Apart) -> list[Verdict]:
    """Every budget, in the order of importance."""
    ratios = [
        Verdict(what, f"at most {limit:g} x", results.ratio(ours, theirs), " x", limit)
        for what, ours, theirs, limit in RATIOS
    ]
    return [*ratios, *_judge_results(results), *_judge_deaths(apart), *_judge_apart(apart)]


def _judge_results(results: Results) -> list[Verdict]:
    ndjson, worst = results.spread(NDJSON, "cpu_us"), results.worst_share_error()
    return [
        Verdict("CPU per packet in NDJSON requests of 1,000", "at most 3 us", ndjson, " us", NDJSON_CPU_US_MAX),
        Verdict(
            "share error, fixed set, worst analyser of all runs",
            "at most 1 packet",
            None if worst is None else Spread(worst, worst, worst),
            " packets",
            SHARE_ERROR_MAX,
        ),
    ]


def _judge_deaths(apart: Apart) -> list[Verdict]:
    """All kills count together, and the slowest decides."""
    killed, restarted = apart.analyser_kills, apart.distributor_kills
    lost = [sum(each.lost for each in killed)] if killed else []
    errors = [sum(each.errors for each in killed)] if killed else []
    slowest = [max(each.moved_ms for each in killed)] if killed else []
    missing = [sum(each.missing for each in restarted)] if restarted else []
    moved = "the same: from the kill until its share has moved, slowest"
    return [
        Verdict("an analyser killed under load: packets lost", "0", Spread.build(lost), "", 0, 0),
        Verdict("the same: requests that failed", "0", Spread.build(errors), "", 0, 0),
        Verdict(moved, "at most 1,000 ms", Spread.build(slowest), " ms", MOVE_MS_MAX, 0),
        Verdict(
            "the distributor killed under load and restarted: acknowledged packets missing at the analysers",
            "0",
            Spread.build(missing),
            "",
            0,
            0,
        ),
    ]


def judge_convergence(measured: Convergence | None) -> Verdict:
    """The p99 of the changes made one by one decides."""
    slowest = Spread.build([percentile(measured.spaced_ms, 99)] if measured else [])
    return Verdict(CONVERGENCE, "at most 1,000 ms", slowest, " ms", CHANGE_MS_MAX, 0)


def judge_backlog(backlog: Backlog | None) -> Verdict:
    """The most anonymous memory, at any time, decides."""
    is_smaller = backlog is not None and backlog.gib < BACKLOG_GIB
    return Verdict(
        f"anonymous memory with a backlog of {BACKLOG_GIB:g} GiB",
        "at most 300 MiB",
        Spread.build([backlog.anonymous_mib] if backlog else []),
        " MiB",
        ANONYMOUS_MIB_MAX,
        0,
        f" at {backlog.gib:g} GiB, not tried at {BACKLOG_GIB:g}" if backlog and is_smaller else "",
    )


def _judge_apart(apart: Apart) -> list[Verdict]:
    changes = Spread.build([max(apart.changes_ms)] if apart.changes_ms else [])
    return [
        Verdict(
            "weight change to the last of 50 pods, slowest change", "at most 1,000 ms", changes, " ms", CHANGE_MS_MAX, 0
        ),
        judge_convergence(apart.convergence),
        Verdict(
            "pick cost at 10,000 analysers, to the cost at 3",
            "at most 3 x",
            pick_ratio(apart.picks_ns),
            " x",
            PICK_RATIO_MAX,
        ),
        judge_backlog(apart.backlog),
    ]
