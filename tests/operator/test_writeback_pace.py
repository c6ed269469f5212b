"""What an object has is written at a bounded pace, turns at once, and the last of it in the end."""

import itertools
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from logdist_operator.writeback import pace
from logdist_operator.writeback.pace import Change, Pace


class Simulated:
    """Objects whose content changes, written as the pace has it, by a clock of its own."""

    def __init__(self) -> None:
        self.pace, self.now_s = Pace(), 0.0
        self.content: dict[str, dict[Change, int]] = {}
        self.kept: dict[str, dict[Change, int]] = {}
        self.writes: list[tuple[float, str, Change]] = []

    def differs(self, uid: str) -> Change:
        mine, kept = self.content[uid], self.kept.get(uid, {})
        return max((change for change in mine if mine[change] != kept.get(change, 0)), default=Change.NONE)

    def change(self, uid: str, change: Change, value: int) -> None:
        self.content.setdefault(uid, {})[change] = value
        self.pace.offer(uid, self.differs(uid), self.now_s)

    def write_all(self) -> None:
        while uid := self.pace.pick(self.now_s):
            self.writes.append((self.now_s, uid, self.differs(uid)))
            self.kept[uid] = dict(self.content[uid])
            self.pace.settle(uid)
            self.pace.offer(uid, self.differs(uid), self.now_s)

    def let(self, seconds: float) -> None:
        """Let time pass, writing whenever the pace says that something can be written."""
        until_s = self.now_s + seconds
        while (wait_s := self.pace.wait_s(self.now_s)) is not None and self.now_s + wait_s <= until_s:
            self.now_s += wait_s + 1e-9
            self.write_all()
        self.now_s = max(self.now_s, until_s)


changes = st.sampled_from([Change.MOVING, Change.SHIFT, Change.TURN])
uids = st.integers(0, 150).map(str)
histories = st.lists(
    st.tuples(st.floats(0, 2), st.lists(st.tuples(uids, changes, st.integers(0, 3)), max_size=150)), max_size=12
)


def lived(history: list[tuple[float, list[tuple[str, Change, int]]]]) -> Simulated:
    simulated = Simulated()
    for seconds, happened in history:
        for one in happened:
            simulated.change(*one)
        simulated.write_all()
        simulated.let(seconds)
    return simulated


@given(histories)
def test_what_an_object_has_last_is_written_in_the_end_and_then_no_more(history: Any) -> None:
    simulated = lived(history)
    simulated.let(1000)
    assert all(simulated.differs(uid) is Change.NONE for uid in simulated.content)
    assert simulated.pace.wait_s(simulated.now_s) is None
    assert simulated.pace.pick(simulated.now_s) is None


@given(histories)
def test_nothing_is_written_that_does_not_differ(history: Any) -> None:
    assert all(change is not Change.NONE for _, _, change in lived(history).writes)


@given(histories)
def test_moving_numbers_of_one_object_are_written_at_most_once_a_second(history: Any) -> None:
    last_s: dict[str, float] = {}
    for now_s, uid, change in lived(history).writes:
        if change is Change.MOVING and uid in last_s:
            assert now_s - last_s[uid] >= pace.INTERVAL_S - 1e-6
        last_s[uid] = now_s


@given(histories)
def test_no_traffic_and_no_turmoil_exceeds_the_budget(history: Any) -> None:
    writes = lived(history).writes
    for kept, burst in ((0, pace.BURST), (pace.RESERVE, pace.BURST - pace.RESERVE)):
        times = [now_s for now_s, _, change in writes if not kept or change is Change.MOVING]
        for first, last in itertools.combinations(range(len(times)), 2):
            assert last - first + 1 <= burst + (times[last] - times[first]) * pace.RATE_PER_S + 1e-3


def test_a_turn_goes_out_at_once_under_any_traffic() -> None:
    simulated = Simulated()
    for round_ in range(1, 20):
        for number in range(1000):
            simulated.change(str(number), Change.MOVING, round_)
        simulated.let(1)
    for number in range(80):
        simulated.change(str(number), Change.TURN, 1)
    before = len(simulated.writes)
    simulated.write_all()
    assert [change for _, _, change in simulated.writes[before:]] == [Change.TURN] * 80


def test_a_turn_waits_for_no_shift() -> None:
    simulated = Simulated()
    for number in range(1000):
        simulated.change(str(number), Change.SHIFT, 1)
    simulated.write_all()
    simulated.change("late", Change.TURN, 1)
    simulated.let(1 / pace.RATE_PER_S + 1e-6)
    assert simulated.writes[-1][1] == "late"


def test_with_many_objects_the_numbers_of_each_are_refreshed_in_turn() -> None:
    simulated = Simulated()
    for round_ in range(1, 41):
        for number in range(100):
            simulated.change(str(number), Change.MOVING, round_)
        simulated.let(1)
    counts = [sum(uid == str(number) for _, uid, _ in simulated.writes) for number in range(100)]
    assert max(counts) - min(counts) <= 1
    assert sum(counts) <= 20 + 40 * pace.RATE_PER_S
    assert min(counts) >= 7
