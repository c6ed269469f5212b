"""An OpenTelemetry Collector as it is run: OTLP over HTTP in, OTLP over HTTP out."""

import json
import subprocess
import threading
import urllib.request
from pathlib import Path
from typing import Any

from loopback_wait import HeldPort, until


class Collector:
    """One process. What comes in by OTLP goes to `exporter`'s endpoint; it sends again for as long as it is refused."""

    def __init__(self, program: Path, **exporter: Any) -> None:
        self.port = HeldPort()
        self.url = f"http://127.0.0.1:{self.port.number}"
        retry = {"initial_interval": "100ms", "max_interval": "500ms", "max_elapsed_time": "0s"}
        config = {
            "receivers": {"otlp": {"protocols": {"http": {"endpoint": f"127.0.0.1:{self.port.number}"}}}},
            "exporters": {
                "otlp_http": {"retry_on_failure": retry, "sending_queue": {"queue_size": 10_000}, **exporter}
            },
            "service": {
                "pipelines": {"logs": {"receivers": ["otlp"], "exporters": ["otlp_http"]}},
                "telemetry": {"metrics": {"level": "none"}},
            },
        }
        self.log: list[str] = []
        self.port.socket.close()  # it binds the port itself, and shares it with nobody
        self.child = subprocess.Popen(
            [program, "--config", f"yaml:{json.dumps(config)}"], stderr=subprocess.PIPE, text=True
        )
        threading.Thread(target=self._read_log, daemon=True).start()
        until("the Collector is ready", self._is_ready)

    def post(self, body: bytes) -> None:
        """Logs for its receiver."""
        headers = {"content-type": "application/x-protobuf"}
        with urllib.request.urlopen(urllib.request.Request(f"{self.url}/v1/logs", body, headers)) as answer:
            assert answer.status == 200

    def close(self) -> None:
        self.child.terminate()
        self.child.wait(30)
        print("--- log of the Collector\n", *self.log, sep="")

    def _is_ready(self) -> bool:
        if self.child.poll() is not None:
            raise RuntimeError("the Collector ended at once:\n" + "".join(self.log))
        return any("Everything is ready" in line for line in self.log)

    def _read_log(self) -> None:
        assert self.child.stderr is not None
        self.log.extend(self.child.stderr)
