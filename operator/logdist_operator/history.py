"""The last 15 minutes, a value a second: how much came in, who got it, what waited. Pure; sample.py feeds it.

A second without a sample, or without a report that could tell, is a gap: NaN here, null in the API. Memory is bounded:
900 values a column, 18 KB an analyser, and one that is gone is forgotten.
"""

from array import array
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import isnan, nan
from typing import Final, NamedTuple

SECONDS_MAX: Final = 900
RANK_LOOKS: Final = 60  # values looked at to find who got most

Column = list[float | None]


class FleetSample(NamedTuple):
    """All distributors that answer, together. Rates are a second's."""

    accepted: float = nan
    messages: float = nan
    delivered: float = nan
    repeats: float = nan
    backlog: float = nan  # packets not settled
    oldest_age: float = nan  # seconds
    distributors: float = 0  # that answer


class AnalyserSample(NamedTuple):
    delivered: float = nan  # packets a second
    got: float = nan  # percent
    in_flight: float = nan
    backlog: float = nan
    standing: float = nan  # place in STANDINGS


STANDINGS: Final = ("admitted", "probing", "mixed", "ejected")  # from good to bad
WORST: Final = frozenset({"oldest_age", "standing"})  # of several seconds the highest counts, of all others the mean


class Series:
    """The columns of one subject."""

    def __init__(self, kind: type[FleetSample | AnalyserSample], code: str) -> None:
        self.columns = {name: array(code, [nan]) * SECONDS_MAX for name in kind._fields}

    def put(self, second: int, sample: FleetSample | AnalyserSample) -> None:
        for column, value in zip(self.columns.values(), sample, strict=True):
            column[second % SECONDS_MAX] = value

    def blank(self, seconds: Iterable[int]) -> None:
        for column in self.columns.values():
            for second in seconds:
                column[second % SECONDS_MAX] = nan


@dataclass(frozen=True, slots=True)
class Window:
    """Some seconds in steps: whole multiples of `step`, so that the same seconds fall together at every look."""

    first: int  # second in which the first step begins
    step: int
    count: int  # of steps

    @property
    def seconds(self) -> range:
        return range(self.first, self.first + self.count * self.step)


class History:
    """Begins with a gap up to the second in which it starts."""

    def __init__(self, start: int) -> None:
        self._last = start  # second of the last sample
        self._fleet = Series(FleetSample, "d")
        self._all = Series(AnalyserSample, "d")  # sums over the analysers
        self._analysers: dict[str, Series] = {}

    def take(self, second: int, fleet: FleetSample, analysers: Mapping[str, AnalyserSample]) -> None:
        """Keep the sample of a second, and forget analysers that are not in it. An earlier second changes nothing."""
        if second <= self._last:
            return
        self._skip(second)
        for uid in self._analysers.keys() - analysers.keys():
            del self._analysers[uid]
        for uid, sample in analysers.items():
            if uid not in self._analysers:
                self._analysers[uid] = Series(AnalyserSample, "f")
            self._analysers[uid].put(second, sample)
        self._fleet.put(second, fleet)
        self._all.put(second, _sum(analysers.values()))
        self._last = second

    def window(self, seconds: int, step: int) -> Window:
        """Return the window that ends with the last sample."""
        last = self._last
        first = max(last - min(seconds, SECONDS_MAX) + 1, last - SECONDS_MAX + 1) // step
        return Window(first * step, step, last // step - first + 1)

    def top(self, window: Window, count: int) -> list[str]:
        """Return the analysers that got most, the first first."""
        looks = window.seconds[:: -max(1, len(window.seconds) // RANK_LOOKS)]

        def delivered(uid: str) -> float:
            column = self._analysers[uid].columns["delivered"]
            return sum(value for second in looks if not isnan(value := column[second % SECONDS_MAX]))

        return sorted(self._analysers, key=lambda uid: (-delivered(uid), uid))[:count]

    def fleet(self, window: Window) -> dict[str, Column]:
        return self._read(self._fleet, window)

    def analyser(self, uid: str, window: Window) -> dict[str, Column]:
        """Return its columns; one that was never sampled has gaps only."""
        return self._read(self._analysers.get(uid) or Series(AnalyserSample, "f"), window)

    def others(self, window: Window, shown: Iterable[dict[str, Column]]) -> dict[str, Column]:
        """Return the sums over all analysers but those shown."""
        rest = self._read(self._all, window)
        for columns in shown:
            rest = {name: list(map(_minus, column, columns[name])) for name, column in rest.items()}
        return rest

    def _skip(self, second: int) -> None:
        """Make gaps of the seconds since the last sample."""
        skipped = range(max(self._last + 1, second - SECONDS_MAX), second)
        for series in (self._fleet, self._all, *self._analysers.values()) if skipped else ():
            series.blank(skipped)

    def _read(self, series: Series, window: Window) -> dict[str, Column]:
        return {
            name: _stepped(self._cut(column, window), window.step, max if name in WORST else _mean)
            for name, column in series.columns.items()
        }

    def _cut(self, column: "array[float]", window: Window) -> list[float]:
        """Return the values of the window's seconds; those before and after what is kept are gaps."""
        first, oldest = window.first, self._last - SECONDS_MAX + 1
        turn = oldest % SECONDS_MAX
        kept = column[turn:] + column[:turn]  # the oldest first
        missing = max(0, oldest - first)
        values = [nan] * missing + list(kept[max(0, first - oldest) :])
        return values + [nan] * (len(window.seconds) - len(values))


def _stepped(values: list[float], step: int, join: Callable[[list[float]], float]) -> Column:
    """Make one value of each step; None where all of it is a gap."""
    if step == 1:
        return [None if isnan(value) else round(value, 2) for value in values]
    steps = ([it for it in values[at : at + step] if not isnan(it)] for at in range(0, len(values), step))
    return [round(join(known), 2) if known else None for known in steps]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _sum(samples: Iterable[AnalyserSample]) -> AnalyserSample:
    """Add up what is known; NaN where nothing is. Of standings there is no sum."""
    columns = zip(*samples, strict=True)
    known = [[value for value in column if not isnan(value)] for column in columns]
    return AnalyserSample(*(sum(values) if values else nan for values in known[:-1]))


def _minus(whole: float | None, part: float | None) -> float | None:
    return None if whole is None else round(max(0.0, whole - (part or 0.0)), 2)
