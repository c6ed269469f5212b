"""What the load test decides and draws, apart from locust."""

import json
import random
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logdist_loadtest.demo.state import Analyser, Ledger, Pod, Share, Source, Standing, State
from logdist_loadtest.load.bodies import MIXED, STEADY_MESSAGES, build_body, roll_messages
from logdist_loadtest.load.chart import Curve, build_svg, round_up
from logdist_loadtest.load.drill import Step
from logdist_loadtest.load.judge import is_calm, problems_of, shares_between
from logdist_loadtest.load.plan import SCENARIOS, Plan
from logdist_loadtest.load.report import Line, Report, build_html
from logdist_loadtest.load.series import Sample, compare_hatching, percentiles
from logdist_loadtest.send.packets import build_id_source


@pytest.mark.parametrize("messages", [*MIXED, STEADY_MESSAGES])
def test_a_body_is_a_packet(messages: int) -> None:
    packet = json.loads(build_body("an-id", 1.7e9, messages))
    assert (packet["id"], packet["timestamp"], len(packet["messages"])) == ("an-id", 1_700_000_000_000, messages)


def test_a_steady_packet_is_as_large_as_the_benchs() -> None:
    assert len(build_body(build_id_source(1.7e9)(), 1.7e9, STEADY_MESSAGES)) == 365


def test_mixed_sizes_are_all_met() -> None:
    dice = random.Random(1)
    assert {roll_messages(dice) for _ in range(2000)} == set(MIXED)


# ---- how many users when


@given(st.sampled_from(tuple(SCENARIOS)), st.integers(1, 1000), st.floats(0.1, 100), st.floats(0, 7200))
def test_no_scenario_asks_for_more_users_than_there_shall_be(
    scenario: str, users: int, users_per_s: float, now_s: float
) -> None:
    wanted = Plan(scenario, users, users_per_s, None).at(now_s)
    assert wanted is None or (0 < wanted[0] <= users or users == 0) or (scenario == "ramp" and wanted[0] == 0)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_scenario_ends_with_its_run_time(scenario: str) -> None:
    plan = Plan(scenario, 10, 10.0, 60.0)
    assert plan.at(0.0) is not None
    assert plan.at(60.0) is None


def test_a_ramp_holds_its_users_as_long_as_they_hatched() -> None:
    plan = Plan("ramp", 40, 5.0, None)
    assert [plan.at(now_s) for now_s in (0.0, 3.9, 4.0, 12.0, 15.9)] == [(n, 5.0) for n in (10, 10, 20, 40, 40)]
    assert plan.at(16.0) is None


def test_a_spike_is_the_middle_third() -> None:
    plan = Plan("spike", 50, 5.0, 30.0)
    assert [plan.at(now_s) for now_s in (0.0, 9.9, 10.0, 19.9, 20.0)] == [(n, 50.0) for n in (10, 10, 50, 50, 10)]


# ---- what is judged


def state(dealt: tuple[int, ...] = (0, 0, 0), **changes: object) -> State:
    """Three analysers of weights 1, 2 and 3 that have all they were dealt."""
    analysers = [
        Analyser(f"u{weight}", f"a{weight}", weight, suspend=False, endpoints=[], share=Share(0.0, None),
                 standing="admitted", standings=[Standing(0)], delivered=count, backlog=0)
        for weight, count in zip((1, 2, 3), dealt, strict=True)
    ]  # fmt: skip
    total = sum(dealt)
    ledger = Ledger(total, 0, total, 0, 0, 0, 0, 0)
    pod = Pod("http://pod", "one", "acked", "", 1, None, ledger)
    return State(1, Source([]), analysers, [pod], **changes)  # type: ignore[arg-type]


def with_ledger(found: State, **changes: int) -> State:
    (pod,) = found.pods
    assert pod.ledger is not None
    fields = {name: getattr(pod.ledger, name) for name in pod.ledger.__struct_fields__} | changes
    changed = {name: getattr(pod, name) for name in pod.__struct_fields__} | {"ledger": Ledger(**fields)}
    return State(found.generation, found.source, found.analysers, [Pod(**changed)])


def test_exact_shares_are_right_and_others_are_not() -> None:
    assert shares_between(state(), state((100, 200, 300))).are_right
    assert shares_between(state((7, 9, 1)), state((107, 209, 301))).are_right
    assert not shares_between(state(), state((104, 198, 298))).are_right
    assert not shares_between(state(), state()).are_right  # nothing was dealt: nothing was shown


def test_the_share_of_an_ejected_analyser_belongs_to_the_others() -> None:
    after = state((100, 200, 0))
    ejected = {name: getattr(after.analysers[2], name) for name in after.analysers[2].__struct_fields__}
    after.analysers[2] = Analyser(**ejected | {"standing": "ejected"})
    assert shares_between(state(), after).are_right
    assert not is_calm(state(), after)


def test_all_is_well_when_what_was_acknowledged_was_delivered() -> None:
    assert problems_of(state((1, 2, 3)), state((2, 4, 6)), acknowledged=6) == []


@pytest.mark.parametrize(
    ("after", "acknowledged", "says"),
    [
        (state((1, 2, 3)), 7, "7 packets were acknowledged, the distributors took 6"),
        (with_ledger(state((1, 2, 3)), delivered=5), 6, "does not balance"),
        (with_ledger(state((1, 2, 3)), delivered=5, queued=1), 6, "not everything was delivered"),
        (with_ledger(state((1, 2, 3)), delivered=5, dead=1), 6, "1 packets are dead letters"),
        (with_ledger(state((1, 2, 3)), repeats=2), 6, "2 packets had an id that was there before"),
    ],
)
def test_what_is_wrong_is_named(after: State, acknowledged: int, says: str) -> None:
    assert says in "; ".join(problems_of(state(), after, acknowledged))


def test_percentiles_are_of_what_came_between() -> None:
    assert percentiles({}, {}) == (0.0, 0.0)
    assert percentiles({1: 1000}, {1: 1000, 5: 98, 90: 2}) == (5.0, 90.0)


def samples(*seconds: tuple[bool, int]) -> list[Sample]:
    return [Sample(float(n), 1, is_hatching, per_s, 0, 1.0, 2.0) for n, (is_hatching, per_s) in enumerate(seconds)]


def test_hatching_and_holding_are_compared_without_the_seconds_between() -> None:
    hatching, holding = [(True, 90)] * 6, [(False, 100)] * 6
    compared = compare_hatching(samples((True, 1), (True, 2), *hatching, (True, 7), (False, 500), *holding))
    assert compared is not None
    assert str(compared) == "90 requests/s while users hatched, 100 while none did (+11.1%)"
    assert compare_hatching(samples(*holding)) is None


# ---- what is drawn


REPORT = Report(
    scenario="steady",
    host="http://<host>",
    started_s=1.7e9,
    samples=samples(*[(False, 100)] * 9),
    lines=[Line("Aggregated", 900, 1, 100.0, 1.0, 2.0, 3.0)],
    errors=[("a <b>bad</b> answer", 1)],
    steps=[Step(3.0, "audit fails")],
    good=["all delivered"],
    problems=["a problem"],
)


def test_the_report_needs_no_other_file_and_shows_what_it_was_given_as_text() -> None:
    html = build_html(REPORT)
    for outside in ("<script", "src=", "href=", "url(", "@import"):
        assert outside not in html
    assert html.count("<svg") == 3
    for shown in (
        "http://&lt;host&gt;",
        "a &lt;b&gt;bad&lt;/b&gt; answer",
        "audit fails",
        "all delivered",
        "a problem",
    ):
        assert shown in html


def test_a_run_too_short_for_charts_has_a_report() -> None:
    assert "Too short" in build_html(replace(REPORT, samples=[]))


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=50))
def test_every_chart_is_well_formed_and_stays_in_its_frame(values: list[float]) -> None:
    svg = ET.fromstring(build_svg(range(len(values)), [Curve("a", "--a", values)]))
    (line,) = (each for each in svg.iter() if each.tag == "polyline")
    for point in line.attrib["points"].split():
        x, y = map(float, point.split(","))
        assert 0 <= x <= 900
        assert 0 <= y <= 220


@given(st.floats(0, 1e12))
def test_an_axis_ends_above_its_values(value: float) -> None:
    assert round_up(value) >= value
