"""How far each rule strays from the shares, over many weight sets. Pure: one seed, one table, everywhere."""

import math
import random
from collections.abc import Sequence
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from logdist_loadtest.plots.rules import RULES, Rule

SEED: Final = 1
SETS: Final = 400
ANALYSERS_MAX: Final = 60
WEIGHT_MAX: Final = 100
PACKETS_MAX: Final = 2000


def deficits(rule: Rule, weights: Sequence[int], packets: int) -> NDArray[np.float64]:
    """`sent - expected` of every share after each packet: one row a packet, one column a share."""
    chosen = np.fromiter(islice(rule(weights), packets), dtype=np.int64, count=packets)
    sent = np.cumsum(chosen[:, None] == np.arange(len(weights)), axis=0)
    expected = np.arange(1, packets + 1)[:, None] * np.asarray(weights) / sum(weights)
    return np.asarray(sent - expected, dtype=np.float64)


def draw_weights(sets: int) -> list[list[int]]:
    """Weight sets of 2 to ANALYSERS_MAX shares; in every other one a few are heavy and the rest are light."""
    source = random.Random(SEED)  # noqa: S311
    drawn = []
    for number in range(sets):
        size = source.randint(2, ANALYSERS_MAX)
        choices = [1, 1, 1, 1, WEIGHT_MAX] if number % 2 else range(1, WEIGHT_MAX + 1)
        drawn.append([source.choice(choices) for _ in range(size)])
    return drawn


def worst_deficits(sets: int = SETS) -> dict[str, tuple[float, float]]:
    """For each rule the least and the greatest deficit of any share, at any packet, in any set."""
    worst: dict[str, tuple[float, float]] = {}
    drawn = draw_weights(sets)
    for name, rule in RULES.items():
        seen = [deficits(rule, weights, min(sum(weights), PACKETS_MAX)) for weights in drawn]
        worst[name] = (min(float(each.min()) for each in seen), max(float(each.max()) for each in seen))
    return worst


def render_table(worst: dict[str, tuple[float, float]]) -> str:
    """The table of docs/algorithm.md. Figures are cut, not rounded: what stays below 1 does not read 1.00."""
    lines = [f"| {name} | {_cut(low):+.2f} | {_cut(high):+.2f} |" for name, (low, high) in worst.items()]
    return "\n".join(["| Rule | Furthest behind | Furthest ahead |", "| --- | ---: | ---: |", *lines])


def _cut(value: float) -> float:
    return math.trunc(value * 100) / 100
