"""What `helm test` says, with a stand-in for the operator and the distributors."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from chart_helm import CHART, Json

TOKEN = "a-token-of-this-test"
SENDERS_TOKEN = "one-that-senders-show"
ERRORS = {"name": "errors", "weight": 1, "suspend": False}


class Site:
    """Answers as the programs do. A packet is delivered at once, if there is an analyser and `is_delivering`."""

    def __init__(self) -> None:
        self.is_ready, self.is_accepting, self.is_delivering = True, True, True
        self.pods: list[Json] = [self.pod(1), self.pod(2)]
        self.analysers: list[Json] = [ERRORS]

    def pod(self, number: int, state: str = "acked", reason: str = "") -> Json:
        return {"url": f"http://pod{number}", "state": state, "reason": reason, "ledger": {"delivered": 0}}

    def answer(self, method: str, path: str, token: str) -> tuple[int, Any]:
        match method, path:
            case "GET", "/readyz":
                return (200, {"status": "ready"}) if self.is_ready else (503, {"reason": "no registry yet"})
            case "GET", "/api/v1/state":
                right = token == f"Bearer {TOKEN}"
                return (200, {"pods": self.pods, "analysers": self.analysers}) if right else (401, {})
            case "POST", "/v1/packets":
                if token != f"Bearer {SENDERS_TOKEN}":
                    return 401, {"reason": "Unauthorized"}
                if not self.is_accepting:
                    return 503, {"reason": "SpoolFull"}
                if self.analysers and self.is_delivering:
                    self.pods[-1]["ledger"]["delivered"] += 1
                return 202, {"accepted": 1}
        return 404, {}


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def url(site: Site) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def reply(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            status, answer = site.answer(self.command, self.path, self.headers.get("authorization", ""))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        do_GET = do_POST = reply  # noqa: N815 -- http.server calls them so

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def check(url: str, tmp_path: Path) -> Any:
    (tmp_path / "token").write_text(TOKEN + "\n")
    (tmp_path / "ingest").write_text(f"{SENDERS_TOKEN}\none-that-is-not-valid-yet\n")
    files = {"TOKEN_FILE": str(tmp_path / "token"), "INGEST_TOKEN_FILE": str(tmp_path / "ingest")}
    told = {"OPERATOR_URL": url, "INGEST_URL": url, "LIMIT_S": "0.1", **files}

    def run() -> tuple[int, str]:
        """The exit code and all it says, run as the pod does it."""
        command = [sys.executable, "-c", (CHART / "files" / "check.py").read_text()]
        done = subprocess.run(command, env={**os.environ, **told}, check=False, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    return run


def test_it_passes_where_all_is_well(check: Any) -> None:
    code, said = check()
    assert (code, said.count("ok  ")) == (0, 4)


def test_it_passes_without_analysers_and_says_that_the_packet_waits(site: Site, check: Any) -> None:
    site.analysers = [ERRORS | {"weight": 0}, ERRORS | {"suspend": True}]
    code, said = check()
    assert code == 0
    assert "no Analyser with a weight" in said


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"is_ready": False}, "FAILED the operator is ready: http://127.0.0.1:PORT/readyz: 503"),
        ({"pods": []}, "FAILED every distributor has acknowledged the registry: the operator knows no distributor"),
        ({"is_accepting": False}, "SpoolFull"),
        ({"is_delivering": False}, "FAILED and delivered to an analyser: no distributor has delivered anything since"),
    ],
)
def test_it_fails_with_the_first_thing_that_is_wrong(site: Site, url: str, check: Any, change: Json, says: str) -> None:
    vars(site).update(change)
    code, said = check()
    assert code == 1
    assert says.replace("PORT", url.rpartition(":")[2]) in said


def test_it_names_the_distributor_that_has_not_acknowledged(site: Site, check: Any) -> None:
    site.pods.append(site.pod(3, "refused", "drops 3 of 4"))
    code, said = check()
    assert code == 1
    assert "http://pod3: refused drops 3 of 4" in said
