"""The dashboards satisfy Grafana's own schema."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from grafana_schema import Json, faults
from monitoring_files import DASHBOARDS

OVERVIEW = next(file for file in DASHBOARDS if file.stem == "overview")
STAT, LINES = 0, 12  # where in the overview there is a panel of this kind


@pytest.mark.parametrize("file", DASHBOARDS, ids=lambda file: str(file.stem))
def test_grafana_knows_all_that_is_in_a_dashboard(file: Path) -> None:
    assert faults(json.loads(file.read_text())) == []


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (lambda it: it.update(titel="x"), "$.titel: unknown to Dashboard"),
        (
            lambda it: it["panels"][STAT]["targets"][0].update(expr=1),
            "$.panels[0].targets[0].expr: 1 is no <class 'str'>",
        ),
        (
            lambda it: it["panels"][STAT]["options"].update(colorMode="loud"),
            "$.panels[0].options.colorMode: 'loud' is none",
        ),
        (
            lambda it: it["panels"][STAT]["fieldConfig"]["defaults"].update(unit="parsec"),
            "$.panels[0].fieldConfig: parsec",
        ),
        (
            lambda it: it["panels"][LINES]["fieldConfig"]["defaults"]["custom"].update(lineWidth="thick"),
            "$.panels[12].fieldConfig.defaults.custom.lineWidth: 'thick' is no <class 'float'>",
        ),
        (lambda it: it["templating"]["list"][1].update(type="qeury"), "$.templating.list[1].type: 'qeury' is none"),
    ],
)
def test_what_grafana_does_not_know_is_noticed(spoil: Callable[[Json], None], fault: str) -> None:
    dashboard = json.loads(OVERVIEW.read_text())
    spoil(dashboard)
    [found] = faults(dashboard)
    assert found.startswith(fault)
