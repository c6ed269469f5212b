"""The distributor with the analyser that comes with it."""

import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from loopback_distributor import OPENER, entry
from loopback_wait import until


class Sample:
    """One `logdist-analyser`."""

    def __init__(self, child: subprocess.Popen[str]) -> None:
        assert child.stderr is not None
        for line in child.stderr:
            if found := re.search(r"running on (http://\S+)", line):
                self.url = found[1]
                return
        pytest.fail("the analyser ended before it listened")

    def get(self, path: str) -> str:
        with OPENER.open(self.url + path, timeout=20) as response:
            text: str = response.read().decode()
        return text

    def drill(self, path: str) -> None:
        OPENER.open(urllib.request.Request(self.url + path, method="POST"), timeout=20).close()

    def received(self) -> dict[str, int]:
        lines = [line.split("\t") for line in self.get("/internal/received").splitlines()]
        return {packet_id: int(times) for packet_id, times in lines}


@pytest.fixture
def samples() -> Iterator[list[Sample]]:
    with ExitStack() as stack:
        found = []
        for name in ("one", "two"):
            command = [sys.executable, "-m", "logdist_analyser", "--port", "0", "--name", name]
            child = stack.enter_context(subprocess.Popen(command, stderr=subprocess.PIPE, text=True))
            stack.callback(child.kill)
            found.append(Sample(child))
        yield found


def test_a_packet_goes_from_a_sender_to_the_sample_analysers_through_a_drill(site: Any, samples: list[Sample]) -> None:
    distributor = site.distributor()
    one, two = samples
    distributor.register(
        entry("one", one.url, weight=1, protocol="packet"),
        entry("two", two.url, weight=6, slow_start_ms=500),
    )
    load = site.load(distributor)
    load.reach(300)
    two.drill("/internal/simulate/fail")
    distributor.until_standing("two", "ejected")
    load.more(100)
    two.drill("/internal/simulate/begin")
    distributor.until_standing("two", "admitted")
    load.more(300)
    acknowledged = load.stop()
    assert set(load.answers) == {202}
    assert load.broken == 0
    distributor.until_settled()
    both = one.received(), two.received()
    until("all are received", lambda: set(both[0]) | set(both[1]) == set(acknowledged))
    assert '"packets"' in one.get("/custom_metrics")


def test_a_request_may_hold_the_same_packet_thousands_of_times(site: Any) -> None:
    distributor, only = site.distributor(), site.analyser("only")
    distributor.register(entry("only", only.url))
    packet = b'{"id":"again","timestamp":1,"messages":[]}'
    body = b"[" + b",".join([packet] * 5_000) + b"]"
    request = urllib.request.Request(
        f"http://127.0.0.1:{distributor.port}/v1/packets", body, {"content-type": "application/json"}
    )
    with OPENER.open(request, timeout=20) as response:
        assert response.status == 202
    ledger = distributor.until_settled()
    assert (ledger["accepted"], ledger["delivered"], ledger["repeats"]) == (1, 1, 4_999)
    assert list(only.received) == ["again"]


def test_the_status_tells_messages_and_how_long_deliveries_take(site: Any) -> None:
    distributor, only = site.distributor(), site.analyser("only")
    distributor.register(entry("only", only.url))
    assert distributor.analyser("only")["delivery"] == {"requests": 0, "p50Seconds": None, "p99Seconds": None}
    message = '{"level":"INFO","message":"m"}'
    for path, body, kind in (
        ("/distributor/packet", f'{{"id":"1","timestamp":1,"messages":[{message}]}}', "application/json"),
        ("/v1/packets", f'{{"id":"2","timestamp":1,"messages":[{message},{message}]}}\n', "application/x-ndjson"),
        ("/v1/packets", f'[{{"id":"3","timestamp":1,"messages":[{message}]}}]', "application/json"),
    ):
        url = f"http://127.0.0.1:{distributor.port}{path}"
        OPENER.open(urllib.request.Request(url, body.encode(), {"content-type": kind}), timeout=20).close()
    assert distributor.until_settled()["messages"] == 4
    delivery = distributor.analyser("only")["delivery"]
    assert delivery["requests"] == 3
    assert 0 < delivery["p50Seconds"] <= delivery["p99Seconds"] < 10
    status, place = distributor.call("GET", "/control/v1/packets?id=2")
    assert (status, place) == (200, {"id": "2", "place": "delivered", "analyser": "default/only", "endpoint": only.url})
    assert distributor.call("GET", "/control/v1/packets?id=4")[0] == 404
