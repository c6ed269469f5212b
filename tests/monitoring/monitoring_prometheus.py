"""A real Prometheus: its process, and its HTTP API."""

import json
import math
import os
import re
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any, Final

import yaml
from loopback_distributor import OPENER
from loopback_wait import HeldPort, until
from monitoring_files import annotations

EVERY: Final = "1s"
JOBS: Final = ("logdist-distributor", "logdist-operator", "logdist-analyser")

Series = dict[str, Any]


class Prometheus:
    """Scrapes whatever `targets` names, once a second, and evaluates the rules as often."""

    def __init__(self, program: Path, folder: Path, rules: str) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "alerts.yaml").write_text(rules)
        jobs = [
            {"job_name": job, "honor_labels": True, "file_sd_configs": [{"files": [str(folder / f"{job}.json")]}]}
            for job in JOBS
        ]
        config = {
            "global": {"scrape_interval": EVERY, "scrape_timeout": EVERY, "evaluation_interval": EVERY},
            "rule_files": ["alerts.yaml"],
            "scrape_configs": jobs,
        }
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
        held = HeldPort()
        self.url = f"http://127.0.0.1:{held.number}"
        held.close()
        with (folder / "log").open("w") as log:
            self.child = subprocess.Popen(
                [
                    *(str(program), f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"),
                    f"--web.listen-address={self.url.removeprefix('http://')}",
                ],
                stdout=log,
                stderr=log,
                env={**os.environ, "GOMAXPROCS": "1"},
            )
        self.began_s = time.time()
        until("Prometheus is ready", self._is_ready)

    def targets(self, job: str, urls: list[str]) -> None:
        file, text = self.folder / f"{job}.json", json.dumps([{"targets": [u.removeprefix("http://") for u in urls]}])
        file.with_suffix(".new").write_text(text)
        file.with_suffix(".new").replace(file)

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

    def close(self) -> None:
        self.child.terminate()
        self.child.wait(20)

    def _is_ready(self) -> bool:
        assert self.child.poll() is None, f"Prometheus ended: {(self.folder / 'log').read_text()[-2000:]}"
        try:
            with OPENER.open(f"{self.url}/-/ready", timeout=5) as response:
                return bool(response.status == 200)
        except OSError:
            return False
