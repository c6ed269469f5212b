"""What the page says follows from what was measured."""

import pytest

from logdist_loadtest.bench.budgets import Apart, judge
from logdist_loadtest.bench.checks import Tally, find_faults
from logdist_loadtest.bench.contenders import ENVOY, HAPROXY, NGINX, SAFE, Contender, Place
from logdist_loadtest.bench.control import build_registry
from logdist_loadtest.bench.losses import tell_losses
from logdist_loadtest.bench.markdown import figure, table
from logdist_loadtest.bench.measure import Figures, Measurement
from logdist_loadtest.bench.picks import pick_ratio
from logdist_loadtest.bench.plan import Cell, Scenario, build_round
from logdist_loadtest.bench.report import Setting, render_report
from logdist_loadtest.bench.results import Key, Results, Spread
from logdist_loadtest.bench.wrk import Load, WrkError, parse_figures

APART = Apart([], [])
SETTING = Setting(2, 5.0, "make bench", [("CPU", "a fast one")])


def run(
    round_number: int, contender: Contender, cpu_us: float, *, packets_per_s: float = 1000.0, share_error: float = 0.5
) -> Measurement:
    figures = Figures(packets_per_s, cpu_us, 0.0, 1.0, 100.0, 900.0, 0, share_error)
    return Measurement(round_number, Cell(Scenario.SIDE_BY_SIDE, contender, Load(256)), figures)


def side_by_side(contender: Contender) -> Key:
    return Key(Scenario.SIDE_BY_SIDE, contender, 256)


def test_ratios_are_taken_within_a_round() -> None:
    results = Results([run(1, SAFE, 10), run(1, NGINX, 20), run(2, SAFE, 30), run(2, NGINX, 30), run(3, SAFE, 1)])
    assert results.ratio(side_by_side(SAFE), side_by_side(NGINX)) == Spread(0.75, 0.5, 1.0)


@pytest.mark.parametrize(("cpu_us", "word"), [(13.0, "held"), (13.1, "**missed**")])
def test_the_median_decides_a_budget(cpu_us: float, word: str) -> None:
    verdicts = judge(Results([run(1, SAFE, cpu_us), run(1, NGINX, 20)]), APART)
    assert verdicts[0].word == word
    assert verdicts[1].word == "not measured"


def test_one_bad_share_spoils_the_budget() -> None:
    verdicts = judge(Results([run(1, SAFE, 1), run(2, SAFE, 1, share_error=1.2)]), APART)
    assert next(each for each in verdicts if each.what.startswith("share error")).word == "**missed**"


def test_the_slowest_change_is_judged() -> None:
    verdicts = judge(Results([]), Apart([], [200.0, 1001.0]))
    assert next(each for each in verdicts if each.what.startswith("weight change")).word == "**missed**"


def test_losses_are_told() -> None:
    results = Results([run(1, SAFE, 10, packets_per_s=900), run(1, NGINX, 9), run(1, HAPROXY, 20)])
    said = tell_losses(results)
    assert "to nginx: CPU per packet 10.00 against 9.00 us, packets/s 900 against 1,000" in said
    assert "to HAProxy: packets/s" in said
    assert "Envoy" not in said


def test_the_page_shows_every_server_and_every_fault() -> None:
    bad = Measurement(2, Cell(Scenario.NDJSON, SAFE, Load(32)), None, ("3 requests failed",))
    results = Results([run(1, each, 20) for each in (SAFE, NGINX, HAPROXY, ENVOY)] + [bad])
    page = render_report(results, judge(results, APART), APART, SETTING, "")
    for word in ("nginx", "HAProxy", "Envoy", "ack: safe", "ack: memory", "a fast one", "make bench"):
        assert word in page
    assert (
        "round 2, NDJSON requests of 1,000 packets: distributor, ack: safe, 32 connections: 3 requests failed" in page
    )
    assert "1 runs did not pass their checks" in page


def test_the_chain_runs_once_and_all_else_every_round() -> None:
    assert {cell.scenario for cell in build_round(1)} == set(Scenario)
    assert {cell.scenario for cell in build_round(2)} == set(Scenario) - {Scenario.CHAIN}


def tally(**changes: object) -> Tally:
    good: dict[str, object] = {
        "completed": 600, "in_flight_max": 32, "received": (100, 200, 300), "weights": (1, 2, 3),
        "accepted": 600, "errors": 0, "is_drained": True, "is_share_promised": True,
    }  # fmt: skip
    return Tally(**{**good, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({}, None),
        ({"received": (101, 200, 300), "accepted": 601}, None),
        ({"completed": 0, "received": (0, 0, 0), "accepted": 0}, "no request was answered"),
        ({"errors": 3}, "3 requests failed"),
        ({"is_drained": False}, "not everything was delivered"),
        ({"received": (100, 200, 299), "accepted": None}, "1 of 600 acknowledged packets did not arrive"),
        ({"received": (110, 220, 330), "accepted": None}, "60 more packets arrived"),
        ({"accepted": 601}, "601 packets were accepted, 600 arrived"),
        ({"received": (102, 199, 299)}, "an analyser is 2.0 packets away from its share"),
    ],
)
def test_a_bad_run_is_not_hidden(changes: dict[str, object], fault: str | None) -> None:
    faults = list(find_faults(tally(**changes)))
    assert faults == [] if fault is None else any(fault in each for each in faults)


@pytest.mark.parametrize("contender", [NGINX, HAPROXY, ENVOY])
def test_configurations_have_no_placeholder_left(contender: Contender, tmp_path: object) -> None:
    place = Place.build(tmp_path / "run", [1001, 1002, 1003])  # type: ignore[operator]
    if contender.find() is None:
        pytest.skip(contender.install)
    contender.command(place)
    config = (place.work / contender.config).read_text()
    assert "$" not in config
    assert all(str(port) in config for port in (place.port, 1001, 1002, 1003))


def test_the_registry_is_the_contract() -> None:
    registry = build_registry([1001, 1002], [1, 2])
    assert [each["weight"] for each in registry["analysers"]] == [1, 2]
    assert len(registry["digest"]) == 64


def test_wrk_without_figures_is_an_error() -> None:
    with pytest.raises(WrkError, match="unable to connect"):
        parse_figures("unable to connect to 127.0.0.1:1")


def test_tables_and_figures_are_readable() -> None:
    assert figure(Spread(1234.5, 1000, 2000), 0) == "1,234 (1,000 to 2,000)"
    assert figure(Spread(1, 1, 1)) == "1.0"
    assert figure(None) == "-"
    assert table(["Server", "us"], [["nginx", "1.0"]]) == "| Server |  us |\n| ------ | --: |\n| nginx  | 1.0 |"


def test_the_pick_ratio_is_taken_within_a_round() -> None:
    assert pick_ratio([{3: 100.0, 10_000: 200.0}, {3: 100.0, 10_000: 300.0}]) == Spread(2.5, 2.0, 3.0)
    assert pick_ratio([]) is None
