"""The load is what the page says it is. Needs `wrk`; skipped without it."""

import shutil
from pathlib import Path

import pytest

from logdist_loadtest.bench.sinks import listening_sinks
from logdist_loadtest.bench.wrk import Load, run_wrk

WRK = shutil.which("wrk")
PACKET_BYTES = 365


@pytest.mark.skipif(WRK is None, reason="wrk is not installed")
@pytest.mark.parametrize(
    ("load", "newline_bytes"),
    [(Load(2), 0), (Load(2, "traceparent.lua"), 0), (Load(2, packets_per_request=10), 1)],
)
def test_packets_have_the_size_and_number_they_should(load: Load, newline_bytes: int) -> None:
    assert WRK is not None
    with listening_sinks() as sinks:
        figures = run_wrk(Path(WRK), f"http://127.0.0.1:{sinks.ports[0]}/v1/packets", load, 1, "0000abcd")
        seen = sinks.counts()[0]
    assert figures.errors == 0
    assert seen.packets == seen.requests * load.packets_per_request
    assert seen.payload_bytes == seen.packets * (PACKET_BYTES + newline_bytes)
    assert figures.requests <= seen.requests <= figures.requests + load.connections
