"""Alerts and dashboards against the documents: metrics exist, runbooks exist, and what is generated is up to date."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from monitoring_files import DASHBOARDS, ROOT, alerts, metrics_of, panels, queries

OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
DOCUMENTED = set(re.findall(r"^\| `(logdist_\w+)` \|", OPERATIONS, re.MULTILINE))
TITLES = re.findall(r"^#+ (.*)$", OPERATIONS, re.MULTILINE)

each_alert = pytest.mark.parametrize("alert", alerts(), ids=lambda alert: str(alert["alert"]))
each_dashboard = pytest.mark.parametrize("file", DASHBOARDS, ids=lambda file: str(file.stem))


@each_alert
def test_an_alert_reads_documented_metrics_only(alert: dict[str, Any]) -> None:
    read = metrics_of(alert["expr"]) | metrics_of(alert["annotations"]["description"])
    assert read <= DOCUMENTED
    assert read or alert["alert"] == "LogdistDown"


@each_alert
def test_an_alert_says_what_to_do_and_where_that_is_written(alert: dict[str, Any]) -> None:
    annotations = alert["annotations"]
    page, _, anchor = annotations["runbook_url"].partition("#")
    assert page == "docs/operations.md"
    assert anchor in {_anchor(title) for title in TITLES}
    assert alert["labels"]["severity"] in {"critical", "warning"}
    assert len(annotations["summary"]) < 100 < len(annotations["description"]) < 300


@each_alert
def test_an_alert_is_explained_where_its_runbook_is(alert: dict[str, Any]) -> None:
    title = next(title for title in TITLES if _anchor(title) == alert["annotations"]["runbook_url"].split("#")[1])
    entry = re.split(rf"^### {re.escape(title)}$", OPERATIONS, flags=re.MULTILINE)[1].split("\n##")[0]
    assert f"`{alert['alert']}`" in entry


def test_no_alert_is_documented_that_does_not_exist() -> None:
    assert set(re.findall(r"`(Logdist[A-Z]\w+)`", OPERATIONS)) == {alert["alert"] for alert in alerts()}


def test_panels_read_documented_metrics_only() -> None:
    for shown in queries():
        assert metrics_of(shown.expr) <= DOCUMENTED, shown


def test_every_metric_of_distributors_and_operators_that_matters_is_seen_somewhere() -> None:
    """What neither an alert nor a panel reads is listed here on purpose."""
    read = set().union(*(metrics_of(shown.expr) for shown in queries()), *(metrics_of(a["expr"]) for a in alerts()))
    assert DOCUMENTED - read == {
        "logdist_packets_dead",  # logdist_spool_dead_letters is what somebody can act on
        "logdist_analyser_alive",  # a drill of the sample analyser: its standing shows it
        "logdist_analyser_window_ids",
    }


@each_dashboard
def test_every_panel_says_what_it_shows(file: Path) -> None:
    dashboard = json.loads(file.read_text())
    numbers = [panel["id"] for panel in panels(dashboard)]
    assert len(set(numbers)) == len(numbers)
    for panel in panels(dashboard):
        if panel["type"] != "row":
            assert len(panel["description"]) > 2, panel["title"]
            assert panel["datasource"]["uid"] == "${datasource}"


@each_dashboard
def test_panels_do_not_overlap(file: Path) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(file.read_text())["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken
        assert max(x for x, _ in cells) < 24
        taken |= cells


def test_the_dashboards_are_what_their_description_builds() -> None:
    command = [sys.executable, str(ROOT / "tests" / "monitoring" / "dashboards"), "--check"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}run it without --check"


def _anchor(title: str) -> str:
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
