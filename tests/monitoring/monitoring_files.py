"""What is tested: the alerts and the dashboards as they lie in the chart, and queries as Grafana would send them."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).parents[2]
FILES: Final = ROOT / "charts" / "logdist" / "files"
ALERTS: Final = FILES / "alerts.yaml"
DASHBOARDS: Final = sorted((FILES / "dashboards").glob("*.json"))
RULES: Final = Path(__file__).parent / "rules"
RATE_INTERVAL: Final = "5s"  # four times the scrape interval at least, says Grafana
METRIC: Final = re.compile(r"\blogdist_[a-z_]+\b")
SUFFIX: Final = re.compile(r"_(bucket|sum|count)$")

Json = dict[str, Any]


@dataclass(frozen=True)
class Shown:
    """One query of one panel."""

    dashboard: str
    panel: str
    expr: str  # with all variables set to All
    is_instant: bool

    def __str__(self) -> str:
        return f"{self.dashboard}: {self.panel}: {self.expr}"


def alerts() -> list[Json]:
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def annotations(name: str) -> list[str]:
    """What an alert says, as written."""
    [alert] = [alert for alert in alerts() if alert["alert"] == name]
    return list(alert["annotations"].values())


def impatient_alerts() -> str:
    """The rules with every `for` a second, so that a test need not wait."""
    return re.sub(r"^(\s+for): \w+$", r"\1: 1s", ALERTS.read_text(), flags=re.MULTILINE)


def panels(dashboard: Json) -> Iterator[Json]:
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", ())


def queries(rate_interval: str = RATE_INTERVAL) -> list[Shown]:
    found = []
    for file in DASHBOARDS:
        dashboard = json.loads(file.read_text())
        values = values_of(dashboard)
        for panel in panels(dashboard):
            found += [
                Shown(file.stem, panel["title"], substituted(target["expr"], values, rate_interval), target["instant"])
                for target in panel.get("targets", ())
            ]
    return found


def variables() -> list[tuple[str, str]]:
    """Selector and label of every variable that asks Prometheus, without repeats."""
    found = {}
    for file in DASHBOARDS:
        dashboard = json.loads(file.read_text())
        for variable in dashboard["templating"]["list"]:
            if variable["type"] == "query":
                text = substituted(variable["query"]["query"], values_of(dashboard))
                parts = re.fullmatch(r"label_values\((.*), (\w+)\)", text)
                assert parts, text
                found[parts[1], parts[2]] = True
    return list(found)


def values_of(dashboard: Json) -> dict[str, str]:
    """Every variable at its All."""
    return {each["name"]: each["allValue"] for each in dashboard["templating"]["list"] if each["type"] == "query"}


def substituted(text: str, values: dict[str, str], rate_interval: str = RATE_INTERVAL) -> str:
    """As Grafana does it. Nothing that begins with `$` may be left."""
    text = text.replace("$__rate_interval", rate_interval)
    for name, value in values.items():
        text = re.sub(rf"\${name}\b", value, text)
    assert "$" not in text, f"unknown variable in {text}"
    return text


def metrics_of(expr: str) -> set[str]:
    """Names of metrics in an expression, those of histograms as docs/operations.md has them."""
    return {SUFFIX.sub("", name) for name in METRIC.findall(expr)}
