"""Ways of dealing by weight, each as plainly as it can be said, to compare what they do. Pure.

All deal unit costs: `expected` of share i after n packets is `n * weight[i] / sum(weights)`. These are O(n) a packet,
meant for reading and for checking; what runs in the distributor does the first one with two heaps.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import Final

Rule = Callable[[Sequence[int]], Iterator[int]]  # weights -> the share that gets each packet, for ever


def eligible_earliest_deadline(weights: Sequence[int]) -> Iterator[int]:
    """Among the shares behind their part, the one whose next packet is due first: the distributor's rule.

    Source: Tijdeman 1980; Stoica and Abdel-Wahab 1995 (EEVDF).
    """
    total, sent = sum(weights), [0] * len(weights)
    for n in count(1):
        behind = [i for i, weight in enumerate(weights) if sent[i] * total < n * weight]
        chosen = min(behind, key=lambda i: ((sent[i] + 1) / weights[i], i))
        sent[chosen] += 1
        yield chosen


def smooth_round_robin(weights: Sequence[int]) -> Iterator[int]:
    """The rule of nginx: everybody gains its weight, the richest is served and pays the sum of the weights."""
    total, current = sum(weights), [0] * len(weights)
    while True:
        for i, weight in enumerate(weights):
            current[i] += weight
        chosen = max(range(len(weights)), key=lambda i: (current[i], -i))
        current[chosen] -= total
        yield chosen


def least_deficit(weights: Sequence[int]) -> Iterator[int]:
    """The share that is furthest behind its part once this packet counts."""
    total, sent = sum(weights), [0] * len(weights)
    for n in count(1):
        chosen = min(range(len(weights)), key=lambda i: (sent[i] * total - n * weights[i], i))
        sent[chosen] += 1
        yield chosen


def classic_round_robin(weights: Sequence[int]) -> Iterator[int]:
    """In turns, as many packets in a row as the weight says. Deficit round robin does the same when all costs are 1."""
    while True:
        for i, weight in enumerate(weights):
            yield from [i] * weight


def earliest_deadline(weights: Sequence[int]) -> Iterator[int]:
    """The share whose next packet is due first, whether it is behind or not: Envoy's rule."""
    sent = [0] * len(weights)
    while True:
        chosen = min(range(len(weights)), key=lambda i: ((sent[i] + 1) / weights[i], i))
        sent[chosen] += 1
        yield chosen


RULES: Final[dict[str, Rule]] = {
    "eligible, earliest deadline (this project)": eligible_earliest_deadline,
    "least deficit = smooth round robin (nginx)": smooth_round_robin,
    "earliest deadline alone (Envoy)": earliest_deadline,
    "classic and deficit round robin": classic_round_robin,
}
