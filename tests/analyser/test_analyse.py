"""Counts are exact, memory is bounded, and what is sampled says so and is fair."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from logdist_analyser.analyse import (
    LEVELS_MAX,
    OTHER,
    SHAPED_PER_S_MAX,
    SHAPES_PER_S_MAX,
    TOP_SHAPES,
    WINDOW_S,
    Analysis,
)
from logdist_analyser.wire import Message, Packet


def packet(*messages: tuple[str, str]) -> Packet:
    return Packet("id", 0, [Message(level, text) for level, text in messages])


@given(st.lists(st.lists(st.sampled_from(["INFO", "info", " Error ", "WARN", ""]))))
def test_messages_are_counted_by_level_whatever_its_case(levels: list[list[str]]) -> None:
    analysis = Analysis(started_s=0)
    analysis.add([packet(*((level, "x") for level in one)) for one in levels], now_s=1)
    assert analysis.levels == Counter(level.strip().upper() or OTHER for one in levels for level in one)
    assert (analysis.packets_total, analysis.messages_total) == (len(levels), sum(map(len, levels)))


def test_levels_beyond_the_limit_are_counted_together() -> None:
    analysis = Analysis(started_s=0)
    analysis.add([packet(*((f"level-{n}", "x") for n in range(1_000)))], now_s=1)
    assert len(analysis.levels) == LEVELS_MAX + 1
    assert analysis.levels[OTHER] == 1_000 - LEVELS_MAX
    assert analysis.levels.total() == 1_000


def test_rates_are_those_of_the_last_minute() -> None:
    analysis = Analysis(started_s=0)
    for now_s in range(200):
        analysis.add([packet(("INFO", "a"), ("INFO", "b"))] * 3, now_s=now_s)
    minute = analysis.report(now_s=199.5)["lastMinute"]
    assert isinstance(minute, dict)
    assert (minute["packetsPerSecond"], minute["messagesPerSecond"]) == (3.0, 6.0)
    quiet = analysis.report(now_s=199.5 + WINDOW_S)["lastMinute"]
    assert isinstance(quiet, dict)
    assert (quiet["packetsPerSecond"], quiet["topShapes"]) == (0.0, [])


def test_the_most_frequent_shapes_come_first_with_an_example() -> None:
    analysis = Analysis(started_s=0)
    analysis.add([packet(*(("INFO", f"user {n} in") for n in range(5)), ("INFO", "disk full"))], now_s=1)
    minute = analysis.report(now_s=1)["lastMinute"]
    assert isinstance(minute, dict)
    assert minute["topShapes"] == [
        {"shape": "user <*> in", "count": 5, "example": "user 0 in"},
        {"shape": "disk full", "count": 1, "example": "disk full"},
    ]
    assert minute["shapesSampledOneIn"] == 1


def test_shapes_without_room_are_counted_as_others() -> None:
    analysis = Analysis(started_s=0)
    words = [f"{chr(97 + n // 26 % 26)}{chr(97 + n % 26)}{chr(97 + n // 676)}" for n in range(SHAPES_PER_S_MAX + 7)]
    analysis.add([packet(*(("INFO", word) for word in words))], now_s=1)
    minute = analysis.report(now_s=1)["lastMinute"]
    assert isinstance(minute, dict)
    assert (minute["shapesOther"], len(minute["topShapes"])) == (7, TOP_SHAPES)


def test_sampling_under_load_is_bounded_and_fair_to_alternating_messages() -> None:
    analysis = Analysis(started_s=0)
    batch = [packet(("INFO", "first"), ("INFO", "second"))] * 1_000
    for now_s in range(1, 11):
        for _ in range(20):
            analysis.add(batch, now_s=now_s)
    minute = analysis.report(now_s=10)["lastMinute"]
    assert isinstance(minute, dict)
    assert minute["shapesSampledOneIn"] >= 20 * 2_000 / SHAPED_PER_S_MAX
    counts = {top["shape"]: top["count"] for top in minute["topShapes"]}
    # 200,000 of each; with this many samples a deviation of a tenth has a chance below 1e-10.
    assert all(180_000 < counts[name] < 220_000 for name in ("first", "second"))
