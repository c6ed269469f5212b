"""Deaths and backlogs are measured on real processes, in small; every loss and every duplicate is found."""

import itertools
import os
import shutil
import time
from pathlib import Path

import pytest

from logdist_loadtest.bench import backlog
from logdist_loadtest.bench import senders as senders_module
from logdist_loadtest.bench.apart import Apart, Effort, measure_apart
from logdist_loadtest.bench.backlog import anonymous_bytes, measure_backlog
from logdist_loadtest.bench.kills import DrillError, kill_an_analyser, kill_the_distributor
from logdist_loadtest.bench.seen import Seen, read_arrivals
from logdist_loadtest.bench.senders import PACKET_BYTES, Connection, Senders
from logdist_loadtest.bench.sinks import listening_sinks

WRK = shutil.which("wrk")


def test_a_file_tells_what_arrived_and_how_often(tmp_path: Path) -> None:
    files = [tmp_path / "one", tmp_path / "two"]
    one, two = map(Seen, files)
    one.note(b'{"id":"00000001000000000003"}\n{"id":"00000001000000000010"}\n')
    two.note(b'{"id":"00000001000000000010"}')
    assert read_arrivals(files) == {3: 1, 16: 2}


@pytest.mark.parametrize("packets", [1, 10])
def test_senders_send_the_packets_of_the_load(tmp_path: Path, packets: int) -> None:
    file = tmp_path / "seen"
    with listening_sinks(1, file) as sinks:
        senders = Senders(sinks.ports[0], connections=2, packets_per_request=packets, run_id="0000abcd")
        with senders:
            senders.deliver(Connection(sinks.ports[0]), 10)
        [seen] = sinks.counts()
    assert seen.packets == senders.packets >= packets
    assert seen.payload_bytes == seen.packets * (PACKET_BYTES + (packets > 1))
    assert PACKET_BYTES == 365
    assert sorted(senders.numbers()) == list(range(senders.packets)) == sorted(read_arrivals([file]))
    assert senders.retries == 0


def test_what_is_not_acknowledged_is_sent_again() -> None:
    class Refusing(Connection):
        refusals = itertools.count()

        def post(self, request: bytes) -> bool:
            return next(self.refusals) == 3

    senders = Senders(1, connections=0, packets_per_request=1, run_id="0000abcd")
    senders.deliver(Refusing(1), 10)
    assert (senders.packets, senders.retries) == (1, 3)
    with pytest.raises(TimeoutError):
        senders.deliver(Connection(1), 0)


def test_senders_that_give_up_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(senders_module, "GIVE_UP_S", 0)
    senders = Senders(1, connections=1, packets_per_request=1, run_id="0000abcd")

    def send() -> None:
        with senders:
            while senders.given_up is None:
                time.sleep(0.01)

    with pytest.raises(TimeoutError, match="no acknowledgement"):
        send()


@pytest.mark.skipif(WRK is None, reason="wrk is not installed")
def test_a_killed_analyser_loses_nothing(tmp_path: Path) -> None:
    assert WRK is not None
    kill = kill_an_analyser(Path(WRK), 1, tmp_path / "kill")
    assert (kill.errors, kill.lost) == (0, 0)
    assert kill.accepted > 0
    assert kill.moved_ms > 0
    assert sum(kill.survivors_percent) == pytest.approx(100)


def test_a_killed_distributor_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    kill = kill_the_distributor(1, tmp_path / "kill")
    assert kill.missing == 0
    assert kill.acknowledged > 0
    assert kill.back_ms > 0


def test_a_backlog_survives_a_kill_to_the_packet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog, "DRAIN_PACKETS", 1000)
    seen = measure_backlog(0.002, tmp_path / "backlog")
    assert seen.payload_bytes >= 0.002 * 2**30
    assert seen.restored == seen.packets
    assert seen.drained >= 1000
    assert seen.file_bytes > seen.payload_bytes
    assert not (tmp_path / "backlog").exists()


def test_a_backlog_that_does_not_fit_is_not_begun(tmp_path: Path) -> None:
    with pytest.raises(DrillError, match="GiB of disk"):
        measure_backlog(1e9, tmp_path / "backlog")


def test_anonymous_memory_is_the_kernels_figure() -> None:
    before = anonymous_bytes(os.getpid())
    held = bytearray(os.urandom(1 << 26))
    assert anonymous_bytes(os.getpid()) - before >= len(held) * 0.9


def test_what_cannot_be_measured_is_told(tmp_path: Path) -> None:
    missing = tmp_path / "no-wrk"
    apart = measure_apart(missing, tmp_path, Effort(rounds=0, seconds=1, picks=10, changes=0, backlog_gib=1e9))
    assert apart.backlog is None
    assert "a backlog of 1e+09 GiB" in apart.find_faults()[0]
    assert Apart().find_faults() == []
