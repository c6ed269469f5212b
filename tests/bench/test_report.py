"""What the page says follows from what was measured."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from logdist_loadtest.bench.apart import Apart
from logdist_loadtest.bench.backlog import Backlog
from logdist_loadtest.bench.budgets import judge
from logdist_loadtest.bench.checks import Tally, find_faults
from logdist_loadtest.bench.contenders import ENVOY, HAPROXY, NGINX, SAFE, Contender, Place
from logdist_loadtest.bench.control import build_registry
from logdist_loadtest.bench.kills import AnalyserKill, DistributorKill
from logdist_loadtest.bench.losses import tell_losses
from logdist_loadtest.bench.machine import describe_build
from logdist_loadtest.bench.markdown import figure, table
from logdist_loadtest.bench.measure import Figures, Measurement
from logdist_loadtest.bench.picks import pick_ratio
from logdist_loadtest.bench.plan import Cell, Scenario, build_round
from logdist_loadtest.bench.report import Setting, render_report
from logdist_loadtest.bench.results import Key, Results, Spread
from logdist_loadtest.bench.wrk import Load, WrkError, parse_figures

APART = Apart()
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
    verdicts = judge(Results([]), Apart(changes_ms=[200.0, 1001.0]))
    assert next(each for each in verdicts if each.what.startswith("weight change")).word == "**missed**"


def analyser_kill(**changes: float) -> AnalyserKill:
    good = AnalyserKill(20.0, 0, 1000, 0, 3, (33.3, 66.7), 5000.0, 20_000.0)
    return replace(good, **changes)  # type: ignore[arg-type]


def backlog(**changes: float) -> Backlog:
    good = Backlog(
        gib=10, packets=28_000_000, payload_bytes=10**10, file_bytes=12 * 10**9, fill_s=200, fill_cpu_us=4,
        fill_anonymous_bytes=200 << 20, restart_s=1.3, restored=28_000_000, drained=10**6, drain_s=8, drain_cpu_us=5,
        drain_anonymous_bytes=100 << 20,
    )  # fmt: skip
    return replace(good, **changes)  # type: ignore[arg-type]


def word(apart: Apart, what: str) -> str:
    return next(each.word for each in judge(Results([]), apart) if what in each.what)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ("held", "held", "held")),
        ({"lost": 1}, ("**missed**", "held", "held")),
        ({"errors": 1}, ("held", "**missed**", "held")),
        ({"moved_ms": 1001.0}, ("held", "held", "**missed**")),
    ],
)
def test_one_bad_kill_spoils_the_budget(changes: dict[str, float], words: tuple[str, ...]) -> None:
    apart = Apart(analyser_kills=[analyser_kill(), analyser_kill(**changes), analyser_kill()])
    assert tuple(word(apart, what) for what in ("packets lost", "requests that failed", "share has moved")) == words
    assert bool(apart.find_faults()) == bool({"lost", "errors"} & changes.keys())


@pytest.mark.parametrize(("missing", "said"), [(0, "held"), (1, "**missed**")])
def test_a_missing_packet_is_judged(missing: int, said: str) -> None:
    apart = Apart(distributor_kills=[DistributorKill(900.0, 1000, missing, 2, 5, 1)])
    assert word(apart, "acknowledged packets missing") == said
    assert len(apart.find_faults()) == missing


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "held"),
        ({"gib": 1}, "held at 1 GiB, not tried at 10"),
        ({"gib": 1, "drain_anonymous_bytes": 301 << 20}, "**missed**"),
        ({"fill_anonymous_bytes": 301 << 20}, "**missed**"),
    ],
)
def test_a_small_backlog_does_not_pass_for_a_large_one(changes: dict[str, float], said: str) -> None:
    assert word(Apart(backlog=backlog(**changes)), "anonymous memory") == said
    assert word(Apart(), "anonymous memory") == "not measured"


def test_a_backlog_that_did_not_come_back_is_a_fault() -> None:
    assert Apart(backlog=backlog(restored=5)).find_faults() == ["backlog: 28000000 acknowledged, 5 restored"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            "'--prefix=/usr/local' '--enable-optimizations' '--with-lto'",
            "optimised build (profile-guided and link-time)",
        ),
        ("'--enable-optimizations'", "optimised build (profile-guided)"),
        ("'--prefix=/home'", "not an optimised build"),
        (None, "not an optimised build"),
    ],
)
def test_the_interpreters_build_is_named(arguments: str | None, said: str) -> None:
    known = {"CONFIG_ARGS": arguments, "PGO_PROF_USE_FLAG": "-fprofile-use"}
    assert describe_build(known.get).startswith(said)


def test_losses_are_told() -> None:
    results = Results([run(1, SAFE, 10, packets_per_s=900), run(1, NGINX, 9), run(1, HAPROXY, 20)])
    said = tell_losses(results)
    assert "to nginx: CPU per packet 10.00 against 9.00 us, packets/s 900 against 1,000" in said
    assert "to HAProxy: packets/s" in said
    assert "Envoy" not in said


def test_the_page_shows_every_server_and_every_fault() -> None:
    bad = Measurement(2, Cell(Scenario.NDJSON, SAFE, Load(32)), None, ("3 requests failed",))
    results = Results([run(1, each, 20) for each in (SAFE, NGINX, HAPROXY, ENVOY)] + [bad])
    apart = Apart(
        analyser_kills=[analyser_kill()],
        distributor_kills=[DistributorKill(900, 1000, 0, 2, 5, 1)],
        backlog=backlog(),
        faults=("picks: it was broken",),
    )
    page = render_report(results, judge(results, apart), apart, SETTING, "")
    for word in (
        "nginx",
        "HAProxy",
        "Envoy",
        "ack: safe",
        "ack: memory",
        "a fast one",
        "make bench",
        "28,000,000",
        "- picks: it was broken",
    ):
        assert word in page
    assert (
        "round 2, NDJSON requests of 1,000 packets: distributor, ack: safe, 32 connections: 3 requests failed" in page
    )
    assert "2 runs did not pass their checks" in page


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


def test_the_distributor_runs_in_the_benchs_own_interpreter(tmp_path: Path) -> None:
    place = Place.build(tmp_path / "run", [1001, 1002, 1003])
    assert SAFE.command(place)[:3] == [sys.executable, "-m", "logdist_distributor"]


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
