"""The distributor as it is run: a process, its two ports, its spool, its log."""

import hashlib
import json
import re
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Final

import psutil
from loopback_wait import HeldPort, until

COMMAND: Final = [sys.executable, "-m", "logdist_distributor"]
PORTS: Final = re.compile(r"senders: https?://[^ ]+:(\d+), control: http://[^ ]+:(\d+)")
OPENER: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))

Json = dict[str, Any]


def entry(name: str, *urls: str, weight: int = 1, interval_ms: int = 100, slow_start_ms: int = 0, **more: Any) -> Json:
    """One analyser of a registry. Short intervals, so that tests are quick; no slow start unless asked for."""
    protocol = more.get("protocol", "packets")
    check = {"path": "/heartbeat", "unhealthyThreshold": 3, "healthyThreshold": 2}
    return {
        "uid": f"default/{name}",
        "name": name,
        "namespace": "default",
        "endpoints": list(urls),
        "weight": weight,
        "path": "/analyse" if protocol == "packet" else "/v1/packets",
        "timeoutMs": 1_000,
        "healthCheck": check | {"intervalMs": interval_ms, "slowStartMs": slow_start_ms},
        **more,
    }


def snapshot(generation: int, entries: list[Json], **more: Any) -> Json:
    """As the operator publishes it: sorted by uid, with the digest of the canonical JSON."""
    analysers = sorted(entries, key=lambda one: str(one["uid"]))
    canonical = json.dumps(analysers, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    return {"generation": generation, "digest": digest, "allowShrink": False, "analysers": analysers, **more}


class Distributor:
    """One process; after a kill or a stop, `start` runs the next on the same spool and the same port for senders."""

    def __init__(self, spool: Path, *flags: str, port: HeldPort | None = None, token: str = "") -> None:
        self.spool = spool
        self.flags = flags
        self.held_port = port or HeldPort()
        self.port = self.held_port.number
        self.token = token
        self.generation = 0
        self.log: list[str] = []
        self.start()

    # ---- the process

    def start(self) -> None:
        flags = ["--spool-dir", str(self.spool), "--ingest-port", str(self.port), "--control-port", "0", *self.flags]
        self.child = subprocess.Popen([*COMMAND, *flags], stderr=subprocess.PIPE, text=True)
        self.process = psutil.Process(self.child.pid)
        self._listening = threading.Event()
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        assert self._listening.wait(30), "the distributor did not start:\n" + "".join(self.log)
        assert self.child.poll() is None, "the distributor ended at once:\n" + "".join(self.log)

    def kill(self) -> None:
        """SIGKILL."""
        self.child.kill()
        self.wait()

    def terminate(self) -> int:
        """SIGTERM, and the exit code."""
        self.child.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self, limit_s: float = 40) -> int:
        code = self.child.wait(limit_s)
        self._reader.join(limit_s)
        return code

    def close(self) -> None:
        if self.child.poll() is None:
            self.kill()
        self.held_port.close()

    # ---- the control port

    def call(self, method: str, path: str, body: Any = None, *, token: str | None = None) -> tuple[int, Any]:
        """Status and JSON of one control request."""
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.control + path, data, method=method)
        token = self.token if token is None else token
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with OPENER.open(request, timeout=20) as response:
                return response.status, _decode(response.read())
        except urllib.error.HTTPError as error:
            return error.code, _decode(error.read())

    def register(self, *entries: Json, **more: Any) -> None:
        """The next generation of the registry."""
        self.generation += 1
        status, answer = self.call("PUT", "/control/v1/registry", snapshot(self.generation, list(entries), **more))
        assert status == 200, answer
        assert answer["generation"] == self.generation

    def status(self) -> Json:
        """The status; the ledger's identity is checked every time."""
        code, status = self.call("GET", "/control/v1/status")
        assert code == 200
        ledger = status["ledger"]
        came = ledger["accepted"] + ledger["restored"]
        went = ledger["delivered"] + ledger["queued"] + ledger["inFlight"] + ledger["dead"]
        assert came == went, f"the ledger does not add up: {ledger}"
        answer: Json = status
        return answer

    def ledger(self) -> dict[str, int]:
        ledger: dict[str, int] = self.status()["ledger"]
        return ledger

    def analyser(self, name: str) -> Json:
        [one] = [one for one in self.status()["analysers"] if one["name"] == name]
        found: Json = one
        return found

    def standing(self, name: str) -> str:
        return str(self.analyser(name)["standing"])

    def until_standing(self, name: str, standing: str) -> None:
        until(f"{name} is {standing}", lambda: self.standing(name) == standing)

    def until_settled(self) -> dict[str, int]:
        """Wait until nothing is queued or in flight, and so none of it takes room."""

        def settled() -> dict[str, int] | None:
            status = self.status()
            ledger: dict[str, int] = status["ledger"]
            if ledger["queued"] or ledger["inFlight"]:
                return None
            queue = status["queue"]
            assert queue["bytes"] == queue["memoryBytes"] == 0, f"nothing waits, and yet: {queue}"
            return ledger

        ledger = until("everything is settled", settled)
        assert ledger
        return ledger

    def dead_letters(self) -> list[Json]:
        status, answer = self.call("GET", "/control/v1/dead-letters")
        assert status == 200
        letters: list[Json] = answer["deadLetters"]
        return letters

    def last_words(self) -> str:
        """Its status now, or why there is none: for the log of a test that failed."""
        try:
            return json.dumps(self.call("GET", "/control/v1/status")[1])
        except OSError as error:
            return f"no status: {error}"

    def tracebacks(self) -> str:
        """The log, if it holds an exception that nobody foresaw."""
        text = "".join(self.log)
        return text if "Traceback" in text or "Exception in" in text else ""

    def _read_log(self) -> None:
        assert self.child.stderr is not None
        for line in self.child.stderr:
            self.log.append(line)
            if found := PORTS.search(line):
                self.control = f"http://127.0.0.1:{found[2]}"
                self._listening.set()
        self._listening.set()


def _decode(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return data.decode(errors="replace")
