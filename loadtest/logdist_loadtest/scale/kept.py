"""The runs that are kept, asked for medians, spreads and ratios. Pure."""

from typing import Any, Final

from logdist_loadtest.bench.results import Spread

Kept = dict[str, Any]  # docs/data/scale.json
OURS: Final = "safe"


def steps(kept: Kept, curve: str) -> list[int]:
    """Where on the axis something was measured."""
    return sorted({run["x"] for run in kept["runs"] if run["curve"] == curve})


def contenders(kept: Kept, curve: str) -> list[str]:
    """Whoever was measured on this curve, in the order of the runs."""
    return list(dict.fromkeys(run["contender"] for run in kept["runs"] if run["curve"] == curve))


def spread(kept: Kept, curve: str, contender: str, x: int, figure: str) -> Spread | None:
    """Median and range of one figure over the rounds; None when no round gave it."""
    return Spread.build(_by_round(kept, curve, contender, x, figure).values())


def ratio(kept: Kept, curve: str, peer: str, x: int, figure: str) -> Spread | None:
    """The distributor's figure divided by the peer's of the same round; None when no round has both."""
    ours, theirs = (_by_round(kept, curve, each, x, figure) for each in (OURS, peer))
    return Spread.build(ours[each] / theirs[each] for each in ours.keys() & theirs.keys() if theirs[each])


def backlog(kept: Kept, x: int, figure: str) -> Spread | None:
    """The same of the backlogs of `x` packets."""
    return Spread.build(each[figure] for each in kept["backlogs"] if each["x"] == x)


def pick_steps(kept: Kept) -> list[int]:
    """Among how many analysers picks were timed."""
    return [int(x) for x in (kept["picks_ns"] or [{}])[0]]


def pick_ns(kept: Kept, x: int) -> Spread | None:
    """Of one deal among `x` analysers."""
    return Spread.build(each[str(x)] for each in kept["picks_ns"])


def _by_round(kept: Kept, curve: str, contender: str, x: int, figure: str) -> dict[int, float]:
    return {
        run["round_number"]: run[figure]
        for run in kept["runs"]
        if (run["curve"], run["contender"], run["x"]) == (curve, contender, x) and run[figure] is not None
    }
