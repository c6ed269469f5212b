"""The bench runs whole, with stubs in place of servers and load, and reports what it saw. Nothing is timed."""

import contextlib
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from logdist_loadtest.bench import __main__ as bench_main
from logdist_loadtest.bench.apart import Apart
from logdist_loadtest.bench.contenders import SAFE, Contender
from logdist_loadtest.bench.measure import Bench, Measurement
from logdist_loadtest.bench.plan import Cell, Scenario
from logdist_loadtest.bench.process import Child, free_ports, is_listening, running
from logdist_loadtest.bench.wrk import Load, WrkMissingError

STUB = str(Path(__file__).parent / "stub_server.py")


def stub(fate: str, *, is_ours: bool = True) -> Contender:
    ports = ("$port", "$control", fate, "$sink1", "$sink2", "$sink3")
    return Contender("stub", "the stub", Path(sys.executable).name, "", (STUB, *ports), is_ours=is_ours)


def measure(contender: Contender, wrk: Path, work: Path, *, packets: int = 1) -> Measurement:
    cell = Cell(Scenario.SIDE_BY_SIDE, contender, Load(2, packets_per_request=packets))
    return Bench(wrk, 1, work).measure(cell, 1)


@pytest.mark.parametrize("is_ours", [True, False])
def test_a_good_run_has_figures_and_no_fault(stub_wrk: Path, tmp_path: Path, is_ours: bool) -> None:
    measurement = measure(stub("forward", is_ours=is_ours), stub_wrk, tmp_path)
    assert measurement.faults == ()
    assert measurement.figures is not None
    assert measurement.figures.packets_per_s == 24
    assert measurement.figures.share_error == 0  # 24 packets with the warm-up: 4, 8 and 12


def test_lost_packets_are_reported(stub_wrk: Path, tmp_path: Path) -> None:
    faults = measure(stub("lose"), stub_wrk, tmp_path).faults
    assert "24 of 24 acknowledged packets did not arrive" in faults
    assert "24 packets were accepted, 0 arrived" in faults


def test_a_server_that_does_not_start_is_reported(stub_wrk: Path, tmp_path: Path) -> None:
    broken = replace(stub("forward"), arguments=("-c", "raise SystemExit('no disk')"))
    measurement = measure(broken, stub_wrk, tmp_path)
    assert measurement.figures is None
    assert "no disk" in measurement.faults[0]


def test_the_bench_writes_its_page(stub_wrk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = [
        Cell(Scenario.SIDE_BY_SIDE, stub("lose"), Load(2)),
        Cell(Scenario.SIDE_BY_SIDE, replace(SAFE, is_ours=False, binary="not-installed"), Load(2)),
    ]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(bench_main, "build_round", lambda _: cells)
    monkeypatch.setattr(bench_main, "find_wrk", lambda: stub_wrk)
    monkeypatch.setattr(bench_main, "measure_apart", lambda wrk, work, effort: Apart(changes_ms=[200.0]))
    Path("docs").mkdir()
    Path("docs/performance-notes.md").write_text("Held by the stub.\n")
    assert bench_main.main(["--quick"]) == 1
    page = Path(".cache/performance-quick.md").read_text()
    assert "did not arrive" in page
    assert "## What holds a missed budget\n\nHeld by the stub.\n" in page
    assert str(tmp_path) not in page
    assert [path.name for path in Path(".cache").iterdir()] == ["performance-quick.md"]
    assert not Path("docs/performance.md").exists()


def test_without_wrk_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing() -> Path:
        raise WrkMissingError

    monkeypatch.setattr(bench_main, "find_wrk", missing)
    assert bench_main.main(["--quick"]) == 2
    assert "apt-get install wrk" in capsys.readouterr().err


def test_whatever_a_process_started_ends_with_it(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    worker = f"import socket, time; s = socket.create_server(('127.0.0.1', {port})); time.sleep(60)"
    master = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {worker!r}])"
    with (
        contextlib.suppress(KeyboardInterrupt),
        running([sys.executable, "-c", master], tmp_path / "log") as child,
    ):
        child.wait_ready(lambda: is_listening(port), 10)
        raise KeyboardInterrupt
    assert child.popen.poll() is not None
    assert not is_listening(port)


def test_cpu_counts_children(tmp_path: Path) -> None:
    busy = "import time\nwhile time.process_time() < 0.3: pass"
    master = (
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}]); print('done', flush=True); input()"
    )
    read_end, write_end = os.pipe()
    child = Child.__new__(Child)
    child.popen = subprocess.Popen(
        [sys.executable, "-c", master], stdin=read_end, stdout=subprocess.PIPE, process_group=0
    )
    try:
        assert child.popen.stdout is not None
        assert child.popen.stdout.readline() == b"done\n"
        time.sleep(0.05)
        assert child.cpu_s() >= 0.25  # the kernel counts in ticks
    finally:
        os.close(write_end)
        child.stop()
