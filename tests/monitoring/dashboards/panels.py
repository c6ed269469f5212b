"""Panels as Grafana stores them (schema 39, Grafana 11): plain dicts, each with a size; `dashboard()` lays them out.

A series is coloured by its name, so an analyser has the same colour in every panel of every dashboard.
"""

from collections.abc import Sequence
from typing import Any, Final

Panel = dict[str, Any]

DATASOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
COLUMNS: Final = 24
GREEN, YELLOW, RED, GREY = "green", "#EAB839", "red", "text"
STANDINGS: Final = {"0": ("ejected", RED), "1": ("probing", YELLOW), "2": ("admitted", GREEN)}


def query(expr: str, legend: str = "", *, is_instant: bool = False, is_table: bool = False) -> dict[str, Any]:
    return {
        "datasource": DATASOURCE,
        "expr": " ".join(expr.split()),
        "legendFormat": legend or "__auto",
        "instant": is_instant or is_table,
        "range": not (is_instant or is_table),
        "format": "table" if is_table else "time_series",
    }


def steps(*bounds: tuple[float, str], base: str = GREEN) -> dict[str, Any]:
    """Thresholds: `base` below the first bound, then each bound's colour from there on."""
    return {
        "mode": "absolute",
        "steps": [{"color": base, "value": None}, *({"color": colour, "value": bound} for bound, colour in bounds)],
    }


def stat(
    title: str, about: str, expr: str, *, unit: str = "short", thresholds: Panel | None = None, no_value: str = ""
) -> Panel:
    """One number. It is coloured where there are thresholds."""
    return _panel("stat", title, about, [query(expr, title, is_instant=True)], 4, 4) | {
        "fieldConfig": _fields(unit, thresholds or steps(base=GREY), no_value),
        "options": {
            "colorMode": "background" if thresholds else "value",
            "graphMode": "none",
            "justifyMode": "auto",
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
            "textMode": "value",
        },
    }


def lines(
    title: str,
    about: str,
    *queries: dict[str, Any],
    unit: str = "short",
    is_stacked: bool = False,
    limit: float | None = None,
    no_value: str = "",
    width: int = 12,
) -> Panel:
    """Lines over time above a table of their last and highest values. `limit` is drawn as a dashed red line."""
    fields = _fields(unit, steps((limit, RED)) if limit is not None else steps(), no_value)
    fields["defaults"] |= {
        "min": 0,
        "color": {"mode": "palette-classic-by-name"},
        "custom": {
            "drawStyle": "line",
            "fillOpacity": 40 if is_stacked else 5,
            "lineWidth": 1,
            "showPoints": "never",
            "stacking": {"mode": "normal" if is_stacked else "none", "group": "A"},
            "thresholdsStyle": {"mode": "dashed" if limit is not None else "off"},
        },
    }
    return _panel("timeseries", title, about, queries, width, 8) | {
        "fieldConfig": fields,
        "options": {
            "legend": {
                "displayMode": "table",
                "placement": "bottom",
                "showLegend": True,
                "calcs": ["lastNotNull", "max"],
            },
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
    }


def standings(title: str, about: str, shown: dict[str, Any], *, width: int = 12) -> Panel:
    """Bands over time of 0 (ejected), 1 (probing) and 2 (admitted)."""
    fields = _fields("short", steps((1, YELLOW), (2, GREEN), base=RED))
    fields["defaults"] |= {
        "color": {"mode": "thresholds"},
        "custom": {"fillOpacity": 70, "lineWidth": 0},
        "mappings": [_mapping()],
    }
    return _panel("state-timeline", title, about, [shown], width, 8) | {
        "fieldConfig": fields,
        "options": {
            "mergeValues": True,
            "showValue": "never",
            "alignValue": "left",
            "rowHeight": 0.9,
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
            "tooltip": {"mode": "single", "sort": "none"},
        },
    }


def table(
    title: str,
    about: str,
    keys: Sequence[str],
    columns: dict[str, tuple[str, str]],
    *,
    width: int = 24,
    height: int = 8,
) -> Panel:
    """A row for each set of the labels `keys`; `columns`, two at least: heading -> (expression, unit)."""
    queries = [query(expr, is_table=True) for expr, _ in columns.values()]
    names = {f"Value #{chr(ord('A') + n)}": heading for n, heading in enumerate(columns)}
    fields = _fields("short", steps(base=GREY))
    fields["defaults"]["custom"] = {"align": "auto", "filterable": False, "cellOptions": {"type": "auto"}}
    fields["overrides"] = [_column(heading, unit) for heading, (_, unit) in columns.items()]
    order = {name: n for n, name in enumerate([*keys, *names])}
    return _panel("table", title, about, queries, width, height) | {
        "fieldConfig": fields,
        "options": {"showHeader": True, "cellHeight": "sm"},
        "transformations": [
            {"id": "merge", "options": {}},
            {
                "id": "organize",
                "options": {"excludeByName": {"Time": True}, "indexByName": order, "renameByName": names},
            },
        ],
    }


def row(title: str, *panels: Panel) -> Panel:
    """A heading with panels below it, closed at first."""
    return {
        "type": "row",
        "title": title,
        "collapsed": True,
        "panels": list(panels),
        "size": (24, 1),
    }


def _column(heading: str, unit: str) -> Panel:
    properties: list[Panel] = [{"id": "unit", "value": unit}]
    if unit == "standing":
        coloured = {"type": "color-text"}
        properties = [
            {"id": "mappings", "value": [_mapping()]},
            {"id": "thresholds", "value": steps((1, YELLOW), (2, GREEN), base=RED)},
            {"id": "custom.cellOptions", "value": coloured},
        ]
    return {"matcher": {"id": "byName", "options": heading}, "properties": properties}


def _mapping() -> Panel:
    return {
        "type": "value",
        "options": {
            value: {"text": text, "color": colour, "index": n}
            for n, (value, (text, colour)) in enumerate(STANDINGS.items())
        },
    }


def _panel(kind: str, title: str, about: str, queries: Sequence[dict[str, Any]], width: int, height: int) -> Panel:
    targets = [shown | {"refId": chr(ord("A") + n)} for n, shown in enumerate(queries)]
    return {
        "type": kind,
        "title": title,
        "description": about,
        "datasource": DATASOURCE,
        "targets": targets,
        "size": (width, height),
    }


def _fields(unit: str, thresholds: Panel, no_value: str = "") -> Panel:
    defaults = {"unit": unit, "thresholds": thresholds, "color": {"mode": "thresholds"}, "mappings": []}
    return {"defaults": defaults | ({"noValue": no_value} if no_value else {}), "overrides": []}
