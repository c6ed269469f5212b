"""The last 15 minutes: what was put in comes out, gaps stay gaps, no rate is negative, memory is bounded."""

from math import isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logdist_operator.history import SECONDS_MAX, AnalyserSample, FleetSample, History
from logdist_operator.rates import Meter
from logdist_operator.wire import AnalyserReport, Ledger, RegistryHeld, StatusReport

NUMBERS = st.floats(0, 1e6).map(lambda value: round(value, 2))
SECONDS = st.lists(st.integers(1, 50), min_size=1, max_size=60).map(
    lambda gaps: [10_000 + sum(gaps[: n + 1]) for n in range(len(gaps))]
)


def filled(samples: dict[int, float]) -> History:
    history = History(0)
    for second, value in samples.items():
        analysers = {"a": AnalyserSample(delivered=value), "b": AnalyserSample(delivered=2 * value)}
        history.take(second, FleetSample(accepted=value), analysers)
    return history


@given(SECONDS, st.data())
def test_what_was_sampled_is_read_and_every_other_second_is_a_gap(seconds: list[int], data: st.DataObject) -> None:
    samples = {second: data.draw(NUMBERS) for second in seconds}
    history = filled(samples)
    window = history.window(data.draw(st.integers(1, 2 * SECONDS_MAX)), 1)
    assert window.seconds[-1] == seconds[-1]
    assert len(window.seconds) <= SECONDS_MAX
    assert history.fleet(window)["accepted"] == [samples.get(second) for second in window.seconds]


@given(SECONDS, st.integers(1, 100), st.integers(1, 900), st.data())
def test_a_step_is_the_mean_of_what_is_known_in_it(
    seconds: list[int], step: int, span: int, data: st.DataObject
) -> None:
    samples = {second: data.draw(NUMBERS) for second in seconds}
    history = filled(samples)
    window = history.window(span, step)
    assert window.first % step == 0
    read = history.fleet(window)["accepted"]
    assert len(read) == window.count
    kept = range(seconds[-1] - SECONDS_MAX + 1, seconds[-1] + 1)
    for start, value in zip(window.seconds[::step], read, strict=True):
        inside = [samples[s] for s in range(start, start + step) if s in samples and s in kept]
        assert value == (pytest.approx(sum(inside) / len(inside), abs=0.01) if inside else None)


@given(SECONDS)
def test_the_others_are_the_rest(seconds: list[int]) -> None:
    history = filled(dict.fromkeys(seconds, 10.0))
    window = history.window(SECONDS_MAX, 1)
    assert history.top(window, 1) == ["b"]
    shown = history.analyser("b", window)
    rest = history.others(window, [shown])["delivered"]
    assert rest == history.analyser("a", window)["delivered"]


def test_the_worst_standing_of_a_step_counts() -> None:
    history = History(0)
    for second, standing in ((100, 0), (101, 3), (102, nan), (103, 0)):
        history.take(second, FleetSample(), {"a": AnalyserSample(standing=standing)})
    assert history.analyser("a", history.window(4, 4))["standing"] == [3]


def test_an_analyser_that_is_gone_is_forgotten_and_one_that_comes_has_gaps_before() -> None:
    history = filled({100: 1.0})
    history.take(101, FleetSample(), {"c": AnalyserSample(delivered=5)})
    window = history.window(2, 1)
    assert history.top(window, 9) == ["c"]
    assert history.analyser("c", window)["delivered"] == [None, 5]
    assert history.analyser("a", window)["delivered"] == [None, None]


def test_a_thousand_analysers_take_no_more_memory_after_an_hour() -> None:
    history = History(0)
    analysers = {str(n): AnalyserSample(1, 1, 1, 1, 0) for n in range(1000)}
    sizes = []
    for second in (1, 5, 1000, 3600):
        history.take(second, FleetSample(), analysers)
        every = [column for series in history._analysers.values() for column in series.columns.values()]
        sizes.append(sum(column.itemsize * len(column) for column in every))
    assert set(sizes) == {1000 * len(AnalyserSample._fields) * SECONDS_MAX * 4}


def test_without_a_sample_there_are_only_gaps() -> None:
    history = History(0)
    assert history.fleet(history.window(3, 1))["accepted"] == [None] * 3


def report(instance: str, count: int) -> StatusReport:
    ledger = Ledger(accepted=count, messages=3 * count, delivered=count)
    analysers = (AnalyserReport("a", "admitted", delivered=count),)
    return StatusReport(instance, RegistryHeld(1, ""), ledger=ledger, analysers=analysers)


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 1000), st.floats(0.01, 100)), min_size=1))
def test_no_rate_is_negative_and_a_restart_is_not_known(steps: list[tuple[int, int, float]]) -> None:
    meter, at_s, before = Meter(), 0.0, None
    for instance, count, passed_s in steps:
        at_s += passed_s
        meter.read(at_s, report(str(instance), count))
        if before is None or before[0] != instance:
            assert meter.rates is None
        else:
            assert meter.rates is not None
            assert meter.rates.accepted == pytest.approx(max(0, count - before[1]) / passed_s)
            assert meter.rates.messages == pytest.approx(3 * meter.rates.accepted)
            assert meter.rates.analysers["a"] == meter.rates.accepted
        before = instance, count


def test_the_same_report_again_changes_nothing() -> None:
    meter, last = Meter(), report("1", 10)
    meter.read(1.0, report("1", 0))
    meter.read(2.0, last)
    meter.read(3.0, last)
    assert meter.rates is not None
    assert not isnan(meter.rates.accepted)
    assert meter.rates.accepted == 10
