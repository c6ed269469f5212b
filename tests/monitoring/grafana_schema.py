"""Grafana's own schema of a dashboard, as its SDK for Python declares it, and what in a dashboard does not satisfy it.

The SDK reads anything without complaint. Here its declarations are taken by their word: no field that it does not know,
every value of the type declared, and every word one of those that are known.
"""

import enum
import importlib
import types
import typing
from collections.abc import Iterator
from typing import Any, Final

from grafana_foundation_sdk.cog import variants
from grafana_foundation_sdk.models import dashboard, prometheus, units

UNITS: Final = {value for name, value in vars(units).items() if isinstance(value, str) and not name.startswith("_")}
PANELS: Final = {"stat": "stat", "timeseries": "timeseries", "table": "table", "state-timeline": "statetimeline"}

Json = dict[str, Any]


def faults(found: Json) -> list[str]:
    """What Grafana does not know in a dashboard, as `path: what`."""
    return [*_faults(found, dashboard.Dashboard, "$"), *_of_panels(found["panels"], "$.panels")]


def _of_panels(panels: list[Json], at: str) -> Iterator[str]:
    """What the schema of a dashboard leaves to the kind of a panel."""
    for number, panel in enumerate(panels):
        here = f"{at}[{number}]"
        if panel["type"] == "row":
            yield from _of_panels(panel["panels"], f"{here}.panels")
            continue
        kind = importlib.import_module(f"grafana_foundation_sdk.models.{PANELS[panel['type']]}")
        yield from _faults(panel["options"], kind.Options, f"{here}.options")
        fields = panel["fieldConfig"]["defaults"]
        if "custom" in fields:
            yield from _faults(fields["custom"], kind.FieldConfig, f"{here}.fieldConfig.defaults.custom")
        shown = [fields["unit"], *_overridden(panel["fieldConfig"]["overrides"])]
        yield from (f"{here}.fieldConfig: {unit} is no unit" for unit in shown if unit not in UNITS)


def _overridden(overrides: list[Json]) -> Iterator[str]:
    """The units of single columns."""
    for override in overrides:
        yield from (one["value"] for one in override["properties"] if one["id"] == "unit")


def _faults(value: Any, declared: Any, at: str) -> Iterator[str]:
    origin, arguments = typing.get_origin(declared), typing.get_args(declared)
    if declared in (object, Any):
        return
    if origin in (typing.Union, types.UnionType):
        ways = [list(_faults(value, one, at)) for one in arguments if (one is type(None)) == (value is None)]
        if [] not in ways:
            yield from min(ways, key=len, default=f"{at}: may not be {value}")
    elif origin in (list, dict) and not isinstance(value, origin):
        yield f"{at}: {value!r} is no {origin.__name__}"
    elif origin is list:
        for number, one in enumerate(value):
            yield from _faults(one, arguments[0], f"{at}[{number}]")
    elif origin is dict:
        for name, one in value.items():
            yield from _faults(one, arguments[1], f"{at}.{name}")
    elif origin is typing.Literal:
        if value not in arguments:
            yield f"{at}: {value!r} is none of {arguments}"
    elif declared is variants.Dataquery:
        yield from _faults(value, prometheus.Dataquery, at)
    elif isinstance(declared, type) and issubclass(declared, enum.Enum):
        if value not in [one.value for one in declared]:
            yield f"{at}: {value!r} is none of {[one.value for one in declared]}"
    elif hasattr(declared, "from_json"):
        yield from _of_fields(value, declared, at)
    elif not isinstance(value, (int, float) if declared is float else declared) or (
        isinstance(value, bool) and declared is not bool
    ):
        yield f"{at}: {value!r} is no {declared}"


def _of_fields(value: Any, declared: type, at: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{at}: no object"
        return
    types_of = {_in_json(name): one for name, one in typing.get_type_hints(declared).items()}
    for name in value.keys() - types_of.keys():
        yield f"{at}.{name}: unknown to {declared.__name__}"
    for name in value.keys() & types_of.keys():
        yield from _faults(value[name], types_of[name], f"{at}.{name}")


def _in_json(name: str) -> str:
    """`legend_format` is `legendFormat`, and `id_val` `id`, which is a word of Python's."""
    first, *others = name.removesuffix("_val").split("_")
    return first + "".join(map(str.capitalize, others))
