"""Where another proxy did better than the distributor, told plainly. Pure."""

from collections.abc import Iterator
from typing import Final

from logdist_loadtest.bench.contenders import MEMORY, PEERS, SAFE, Contender
from logdist_loadtest.bench.plan import CONNECTIONS, Scenario
from logdist_loadtest.bench.results import Key, Results

# figure, how it is called, unit, factor, less is better
FIGURES: Final = (
    ("cpu_us", "CPU per packet", "us", 1.0, True),
    ("packets_per_s", "packets/s", "", 1.0, False),
    ("p50_us", "p50", "ms", 1e-3, True),
    ("p99_us", "p99", "ms", 1e-3, True),
)


def tell_losses(results: Results) -> str:
    """A list of every median in which a peer was better, side by side; says so when there is none."""
    if all(results.spread(Key(Scenario.SIDE_BY_SIDE, SAFE, each), "cpu_us") is None for each in CONNECTIONS):
        return "Not known: there are no figures of the distributor."
    return "\n".join(_losses(results)) or "In no median of the side-by-side tables."


def _losses(results: Results) -> Iterator[str]:
    for connections in CONNECTIONS:
        for ours in (SAFE, MEMORY):
            for peer in PEERS:
                lost = list(_compare(results, ours, peer, connections))
                if lost:
                    yield f"- {ours.title}, {connections} connections, to {peer.title}: {', '.join(lost)}"


def _compare(results: Results, ours: Contender, peer: Contender, connections: int) -> Iterator[str]:
    for figure, name, unit, factor, is_less_better in FIGURES:
        mine = results.spread(Key(Scenario.SIDE_BY_SIDE, ours, connections), figure)
        other = results.spread(Key(Scenario.SIDE_BY_SIDE, peer, connections), figure)
        if mine is None or other is None:
            continue
        is_lost = mine.median > other.median if is_less_better else mine.median < other.median
        if is_lost:
            digits = 2 if unit else 0
            left, right = (f"{each.median * factor:,.{digits}f}" for each in (mine, other))
            yield f"{name} {left} against {right} {unit}".rstrip()
