"""The HTTP API of a Prometheus, wherever it runs."""

import json
import math
import re
import time
import urllib.error
import urllib.parse
from typing import Any

from loopback_distributor import OPENER
from loopback_wait import until
from monitoring_files import Shown, annotations

Series = dict[str, Any]


class Api:
    """What tests ask a Prometheus at this address. Its life begins now."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.began_s = time.time()

    def is_ready(self) -> bool:
        try:
            with OPENER.open(f"{self.url}/-/ready", timeout=5) as response:
                return bool(response.status == 200)
        except OSError:
            return False

    def get(self, path: str, **parameters: str) -> Any:
        url = f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with OPENER.open(url, timeout=20) as response:
                return json.loads(response.read())["data"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{parameters}: {error.read().decode()}") from error

    def query(self, expr: str) -> list[Series]:
        """Result of an instant query, without what is not a number."""
        found = self.get("query", query=expr)["result"]
        return [series for series in found if not math.isnan(float(series["value"][1]))]

    def query_range(self, expr: str) -> list[Series]:
        """Result over the whole life of this Prometheus: series that were a number at least once."""
        found = self.get("query_range", query=expr, start=f"{self.began_s}", end=f"{time.time()}", step="1")["result"]
        return [series for series in found if not all(math.isnan(float(value)) for _, value in series["values"])]

    def firing(self) -> dict[str, list[dict[str, str]]]:
        """Labels of the alerts that fire, by name."""
        found: dict[str, list[dict[str, str]]] = {}
        for alert in self.get("alerts")["alerts"]:
            if alert["state"] == "firing":
                found.setdefault(alert["labels"]["alertname"], []).append(alert["labels"])
        return found

    def until_fires(self, name: str, limit_s: float = 120, **labels: str) -> dict[str, str]:
        """Labels of the first alert of this name that fires and has these labels, and all that its text speaks of."""

        def fires() -> dict[str, str] | None:
            matching = [found for found in self.firing().get(name, []) if labels.items() <= found.items()]
            return matching[0] if matching else None

        found = until(f"{name} fires with {labels}", fires, limit_s=limit_s)
        assert found
        spoken_of = {label for text in annotations(name) for label in re.findall(r"\$labels\.(\w+)", text)}
        assert spoken_of <= {label for label, value in found.items() if value}, "its text would have gaps"
        return found

    def without_data(self, shown: list[Shown]) -> list[Shown]:
        """Those queries whose panels would be empty."""
        return [one for one in shown if not (self.query if one.is_instant else self.query_range)(one.expr)]
