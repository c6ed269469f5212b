"""A real Prometheus: its process."""

import json
import os
import subprocess
from pathlib import Path
from typing import Final

import yaml
from loopback_wait import HeldPort, until
from monitoring_api import Api

EVERY: Final = "1s"
JOBS: Final = ("logdist-distributor", "logdist-operator", "logdist-analyser")


class Prometheus(Api):
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
        super().__init__(f"http://127.0.0.1:{held.number}")
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
        until("Prometheus is ready", self._is_ready)

    def targets(self, job: str, urls: list[str]) -> None:
        file, text = self.folder / f"{job}.json", json.dumps([{"targets": [u.removeprefix("http://") for u in urls]}])
        file.with_suffix(".new").write_text(text)
        file.with_suffix(".new").replace(file)

    def close(self) -> None:
        self.child.terminate()
        self.child.wait(20)

    def _is_ready(self) -> bool:
        assert self.child.poll() is None, f"Prometheus ended: {(self.folder / 'log').read_text()[-2000:]}"
        return self.is_ready()
