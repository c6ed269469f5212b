"""A dashboard around its panels: variables, links, and where each panel stands."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from panels import COLUMNS, DATASOURCE, Panel

ANY_PART: Final = '{__name__=~"logdist_packets_queued|logdist_list_age_seconds|logdist_analyser_info"}'


def variable(name: str, label: str, series: str, about: str) -> dict[str, Any]:
    """Values of a label, several or all. All is `.*`, so that it also finds series without the label."""
    return {
        "type": "query",
        "name": name,
        "label": label,
        "description": about,
        "datasource": DATASOURCE,
        "query": {"qryType": 1, "query": f"label_values({series}, {name})", "refId": "variable"},
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
    }


JOB: Final = variable("job", "Job", ANY_PART, "Distributors and operators, as Prometheus calls them")
NAMESPACE: Final = variable(
    "namespace", "Namespace", 'logdist_endpoint_standing{job=~"$job"}', "Of the analysers, not of the distributors"
)
ANALYSER: Final = variable(
    "analyser",
    "Analyser",
    'logdist_endpoint_standing{job=~"$job", namespace=~"$namespace"}',
    "By the name of its object",
)
DISTRIBUTOR: Final = variable("instance", "Distributor", 'logdist_packets_queued{job=~"$job"}', "In Kubernetes the pod")
OPERATOR: Final = variable("instance", "Operator", 'logdist_list_age_seconds{job=~"$job"}', "In Kubernetes the pod")


def dashboard(name: str, title: str, about: str, variables: Sequence[dict[str, Any]], panels: Sequence[Panel]) -> Panel:
    """The whole file. Panels stand in the order given, from left to right and top to bottom."""
    source = {
        "type": "datasource",
        "name": "datasource",
        "label": "Prometheus",
        "query": "prometheus",
        "refresh": 1,
        "current": {},
    }
    links = {
        "type": "dashboards",
        "title": "Log Distributor",
        "tags": ["logdist"],
        "asDropdown": False,
        "includeVars": True,
        "keepTime": True,
    }
    return {
        "uid": f"logdist-{name}",
        "title": f"Log Distributor / {title}",
        "description": about,
        "tags": ["logdist"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "browser",
        "templating": {"list": [source, *variables]},
        "annotations": {"list": []},
        "links": [links],
        "panels": _placed(panels),
    }


def _placed(panels: Sequence[Panel]) -> list[Panel]:
    placed = []
    for number, (panel, place) in enumerate(_places(panels), 1):
        inner = [
            {"id": 100 * number + n, **{key: value for key, value in one.items() if key != "size"}, "gridPos": at}
            for n, (one, at) in enumerate(_places(panel.get("panels", ()), place["y"] + 1))
        ]
        own = {key: value for key, value in panel.items() if key != "size"}
        placed.append({"id": number, **own, "gridPos": place} | ({"panels": inner} if panel["type"] == "row" else {}))
    return placed


def _places(panels: Iterable[Panel], y: int = 0) -> Iterable[tuple[Panel, dict[str, int]]]:
    x = tallest = 0
    for panel in panels:
        width, height = panel["size"]
        if x + width > COLUMNS:
            x, y, tallest = 0, y + tallest, 0
        yield panel, {"x": x, "y": y, "w": width, "h": height}
        x, tallest = x + width, max(tallest, height)
