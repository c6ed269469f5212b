"""`make jmeter`: the plan, and what is read from its results; and it runs, where Maven is."""

import json
import re
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from load_server import GOOD, Answer

from logdist_loadtest.jmeter.maven import Progress, describe_missing, write_parameters
from logdist_loadtest.jmeter.results import Results, read_results

ROOT = Path(__file__).parents[2]
PLAN = ROOT / "loadtest" / "plan.jmx"
DOCS = ROOT / "docs" / "load.md"
USED = re.compile(r"\$\{__P\((\w+),|props\.getProperty\('(\w+)'\)|props\.(scenario|operator)\b")
OWN = {"going", "perMinute"}  # set by the plan itself
HEAD = "timeStamp,elapsed,label,responseCode,responseMessage,success\n"

needs_maven = pytest.mark.skipif(describe_missing(shutil.which) is not None, reason="Maven and Java are not installed")


# ---- the plan


@pytest.fixture(scope="module")
def plan() -> ET.Element:
    return ET.parse(PLAN).getroot()


def test_every_parameter_of_the_plan_is_documented() -> None:
    used = {name for found in USED.findall(PLAN.read_text()) for name in found if name} - OWN
    documented = set(re.findall(r"^\| `-J(\w+)`", DOCS.read_text(), re.MULTILINE))
    assert used == documented


def test_a_packet_of_the_plan_is_as_large_as_locusts(plan: ET.Element) -> None:
    (body,) = (each.text for each in plan.iter("stringProp") if each.get("name") == "Argument.value")
    assert body is not None
    text = body.replace("${id}", "0" * 36).replace("${time}", "1700000000000")
    assert len(text) == 365
    assert [each["level"] for each in json.loads(text)["messages"]] == ["INFO", "ERROR"]


def test_the_plan_and_the_pom_name_nothing_of_this_machine(plan: ET.Element) -> None:
    hosts = [each.text for each in plan.iter("stringProp") if each.get("name") == "HTTPSampler.domain"]
    assert hosts == ["${__P(host,127.0.0.1)}"]
    pom = ET.parse(ROOT / "loadtest" / "pom.xml").getroot()
    versions = [each.text for each in pom.iter() if each.tag.endswith("}version")]
    assert versions[1:] == ["3.7.0"]  # pinned, like everything


# ---- its results


def results(tmp_path: Path, *rows: str) -> Results:
    file = tmp_path / "plan.csv"
    file.write_text(HEAD + "".join(f"{row}\n" for row in rows))
    return read_results(file)


def test_figures_are_of_packets_only(tmp_path: Path) -> None:
    packets = [f"{1000 + number},{number},POST /v1/packets,202,Accepted,true" for number in range(1, 101)]
    rows = ["900,500,GET /api/v1/state,200,OK,true", '2000,1,"503, asked to come later",503,,true', *packets]
    found = results(tmp_path, *rows, "3000,0,verdict: ledger,200,all delivered,true")
    assert list(found.lines()) == [
        "100 requests, 503/s, p50 50 ms, p99 99 ms, 0 errors, 1 asked to come later",
        "ok: ledger: all delivered",
    ]
    assert found.problems(is_judged=True) == []


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([], "no packet was sent"),
        (["1,1,POST /v1/packets,500,Oh,false"] * 2, "2 requests failed: 500 Oh"),
        (["1,1,verdict: ledger,200,one is missing,false"], "verdict: ledger: one is missing"),
        (["1,1,drill: step 3,200,not within 120 s,false"], "drill: step 3: not within 120 s"),
        (["1,1,POST /v1/packets,202,Accepted,true"], "the ledger was not looked at"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, rows: list[str], says: str) -> None:
    assert says in results(tmp_path, *rows).problems(is_judged=True)


def test_a_run_that_wrote_nothing_is_no_success(tmp_path: Path) -> None:
    assert read_results(tmp_path / "missing.csv").problems(is_judged=False) == ["no packet was sent"]


def test_the_first_fetch_shows_that_it_goes_on(tmp_path: Path) -> None:
    said: list[str] = []
    with (tmp_path / "log").open("w") as log:
        progress = Progress(said.append, log)
        for number in range(60):
            progress.hear(f"[INFO] Downloaded from central: file {number}")
        progress.hear("[INFO] summary =    10 in 00:00:01")
    assert said == [
        "Maven fetches JMeter: 1 files",
        "Maven fetches JMeter: 51 files",
        "summary =    10 in 00:00:01",
    ]
    assert len((tmp_path / "log").read_text().splitlines()) == 61


def test_parameters_reach_java_as_they_are(tmp_path: Path) -> None:
    write_parameters(tmp_path / "p", {"operator": "http://h\\ö"})
    assert (tmp_path / "p").read_text() == "operator=http://h\\\\\\u00f6\n"


# ---- really


@pytest.fixture
def jmeter(load: Any) -> Any:
    load.module = "logdist_loadtest.jmeter"
    return load


@needs_maven
def test_it_loads_the_whole_stack_and_finds_every_packet(jmeter: Any) -> None:
    assert jmeter.run("-Jusers=4", "-Jseconds=3", "-Jrate=200") == 0, jmeter.said
    found = re.search(r"([\d,]+) requests, .* 0 errors\n", jmeter.said)
    assert found, jmeter.said
    assert f"ok: ledger: {found[1]} packets acknowledged, all delivered; every ledger balances" in jmeter.said
    assert "ok: shares: audit 50" in jmeter.said


@needs_maven
def test_an_analyser_fails_and_returns_under_load_and_all_is_accounted_for(jmeter: Any) -> None:
    assert jmeter.run("-Jscenario=failover", "-Jusers=4", "-Jrate=150", "-Jseconds=240") == 0, jmeter.said
    for step in ("audit fails, and is ejected", "audit has its share back", "the drill came to its end"):
        assert step in jmeter.said
    assert "every ledger balances" in jmeter.said


@needs_maven
def test_answers_are_judged_and_a_503_is_obeyed_with_the_same_id(jmeter: Any, server: Any) -> None:
    answers: list[Answer] = [(503, {"retry-after": "0"}, "{}"), (202, {}, GOOD), (503, {}, "{}"), (202, {}, "no JSON")]
    server.answer = lambda number: answers[number % 4]
    _, _, port = server.url.rpartition(":")
    assert jmeter.call("-Jhost=127.0.0.1", f"-Jport={port}", "-Jusers=1", "-Jseconds=3", "-Jrate=20") == 1
    assert "requests failed: 503" in jmeter.said
    assert "requests failed: 202" in jmeter.said
    assert "asked to come later" in jmeter.said
    pairs = list(zip(server.ids[::4], server.ids[1::4], strict=False))
    assert pairs
    assert all(first == again for first, again in pairs)
    assert len(set(server.ids)) == len(server.ids) - len(pairs)
