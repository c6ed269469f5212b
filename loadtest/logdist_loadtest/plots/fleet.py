"""A fleet larger than any machine here: shares and convergence, by the distributor's own deal and table of standings.

Called by `scaling.py`. Pure: one seed, one result, everywhere.

All pods hold the same registry, and the deal has no chance in it: what a pod has dealt depends on how many packets it
got and on nothing else. So one deal is run, and every pod is a place in its history. That is exact, and it shows what
pods that behave alike do together.
"""

import heapq
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from logdist_distributor.core.deal import Deal, Share
from logdist_distributor.core.standing import Event, Standing, State

SEED: Final = 1
ANALYSERS: Final = 1000
WEIGHT_MAX: Final = 100
UNEVEN: Final = 0.25  # pods get this much more or less than the mean, at most
UNHEALTHY: Final = 3  # failures in a row, the registry's default
CHECK_S: Final = 2.0  # between two checks, the default
CHECK_JITTER: Final = 0.1
CHECK_TIMEOUT_S: Final = 2.0
TIMEOUT_S: Final = 5.0  # of a request, the default

Counts = NDArray[np.int64]


def draw_weights() -> list[int]:
    source = random.Random(SEED)  # noqa: S311
    return [source.randint(1, WEIGHT_MAX) for _ in range(ANALYSERS)]


class Senders(StrEnum):
    """What makes pods differ from each other."""

    EVEN = "even senders"
    UNEVEN = "uneven senders"  # some pods get up to UNEVEN more than the mean, others so much less
    STAGGERED = "even senders, each pod at a place of its own"  # not built: what it would be worth


def share_errors(
    weights: Sequence[int], pods: int, packets_per_s: float, at_s: Sequence[float], senders: Senders
) -> list[tuple[float, float]]:
    """For each instant: how far the worst analyser is from its share of the whole, in packets, and in percent of it.

    Packets come to pods at random.
    """
    chance = np.random.default_rng(SEED)
    spread = UNEVEN if senders is Senders.UNEVEN else 0.0
    rates = chance.uniform(1 - spread, 1 + spread, pods) * packets_per_s / pods
    begins = chance.integers(0, sum(weights) if senders is Senders.STAGGERED else 1, pods)
    counted = Counter[tuple[int, int]]()  # (place in the history, instant) -> how often it counts
    for instant, at in enumerate(at_s):
        for begin, packets in zip(begins.tolist(), chance.poisson(rates * at).tolist(), strict=True):
            counted[begin + packets, instant] += 1
            counted[begin, instant] -= 1
    places: dict[int, list[tuple[int, int]]] = {}
    for (place, instant), times in counted.items():
        places.setdefault(place, []).append((instant, times))
    sent = np.zeros((len(at_s), len(weights)), dtype=np.int64)
    for place, dealt in enumerate(_history(weights, max(places))):
        for instant, times in places.get(place, ()):
            sent[instant] += times * dealt
    return [_worst(row, weights) for row in sent]


def _history(weights: Sequence[int], packets: int) -> Iterator[Counts]:
    """What each analyser has been dealt after 0, 1, 2, ... packets; the same array each time."""
    deal: Deal[int] = Deal()
    deal.rebase([Share(number, weight) for number, weight in enumerate(weights)])
    dealt = np.zeros(len(weights), dtype=np.int64)
    yield dealt
    for _ in range(packets):
        dealt[deal.pick(1).target] += 1
        yield dealt


def _worst(sent: Counts, weights: Sequence[int]) -> tuple[float, float]:
    expected = sent.sum() * np.asarray(weights) / sum(weights)
    away = np.abs(sent - expected)
    return float(away.max()), float((100 * away / expected).max())


def ejection_s(pods: int, packets_per_s: float, *, is_stalled: bool) -> list[float]:
    """Seconds from the moment an analyser of 1 / ANALYSERS dies until each pod has ejected it, in order.

    It refuses connections, or `is_stalled`: takes requests and answers none. Every pod learns of it alone.
    """
    source = random.Random(SEED)  # noqa: S311
    return sorted(_eject(source, packets_per_s / pods / ANALYSERS, is_stalled=is_stalled) for _ in range(pods))


def _eject(source: random.Random, requests_per_s: float, *, is_stalled: bool) -> float:
    standing = Standing(UNHEALTHY, 1)
    failure = Event.TIMED_OUT if is_stalled else Event.FAILED
    wait_s, check_wait_s = (TIMEOUT_S, CHECK_TIMEOUT_S) if is_stalled else (0.0, 0.0)
    deliveries = _outcomes(source, 1 / requests_per_s, wait_s, failure, jitter=0)
    checks = _outcomes(source, CHECK_S + check_wait_s, check_wait_s, Event.CHECK_FAILED, jitter=CHECK_JITTER)
    for now_s, event in heapq.merge(deliveries, checks):
        standing.feed(event)
        if standing.state is not State.ADMITTED:
            return now_s
    raise AssertionError("both go on for ever")


def _outcomes(
    source: random.Random, period_s: float, wait_s: float, event: Event, *, jitter: float
) -> Iterator[tuple[float, Event]]:
    """When what is begun every `period_s` is known to have failed."""
    begun_s = source.uniform(0, period_s)
    while True:
        yield begun_s + wait_s, event
        begun_s += period_s * source.uniform(1 - jitter, 1 + jitter)
