"""The numbers the project holds itself to, judged from a bench's results. Pure."""

from dataclasses import dataclass
from typing import Final

from logdist_loadtest.bench.contenders import ENVOY, FSYNCED, HAPROXY, NGINX, SAFE
from logdist_loadtest.bench.picks import pick_ratio
from logdist_loadtest.bench.plan import Scenario
from logdist_loadtest.bench.results import Key, Results, Spread

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

# Budgets that need a kill, a cluster or a full disk: shown, so that nobody takes this page for the whole list.
ELSEWHERE: Final = (
    (
        "analyser killed under load: nothing lost, no sender sees an error, its share moves within 1 s",
        "`tests/loopback`",
    ),
    ("distributor killed with SIGKILL under load: every acknowledged packet arrives", "`tests/loopback`"),
    ("anonymous memory with a backlog of 10 GiB: at most 300 MiB", "not measured yet"),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One budget and what came of it."""

    what: str
    limit: str
    measured: Spread | None
    unit: str
    limit_value: float

    @property
    def word(self) -> str:
        """held, missed or not measured: the median decides."""
        if self.measured is None:
            return "not measured"
        return "held" if self.measured.median <= self.limit_value else "**missed**"


@dataclass(frozen=True, slots=True)
class Apart:
    """What is measured apart from the load, round by round or change by change; empty where it could not be."""

    picks_ns: list[dict[int, float]]  # of one pick, by the number of analysers
    changes_ms: list[float]  # from a change of weight to the last pod


def judge(results: Results, apart: Apart) -> list[Verdict]:
    """Every budget this bench can judge, in the order of importance."""
    verdicts = [
        Verdict(what, f"at most {limit:g} x", results.ratio(ours, theirs), " x", limit)
        for what, ours, theirs, limit in RATIOS
    ]
    worst = results.worst_share_error()
    return [
        *verdicts,
        Verdict(
            "CPU per packet in NDJSON requests of 1,000",
            "at most 3 us",
            results.spread(NDJSON, "cpu_us"),
            " us",
            NDJSON_CPU_US_MAX,
        ),
        Verdict(
            "share error, fixed set, worst analyser of all runs",
            "at most 1 packet",
            None if worst is None else Spread(worst, worst, worst),
            " packets",
            SHARE_ERROR_MAX,
        ),
        Verdict(
            "pick cost at 10,000 analysers, to the cost at 3",
            "at most 3 x",
            pick_ratio(apart.picks_ns),
            " x",
            PICK_RATIO_MAX,
        ),
        Verdict(
            "weight change to the last of 50 pods, slowest change",
            "at most 1,000 ms",
            Spread.build([max(apart.changes_ms)] if apart.changes_ms else []),
            " ms",
            CHANGE_MS_MAX,
        ),
    ]
