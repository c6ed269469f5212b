"""`make demo` keeps what it shows: real packets, exact shares, a balanced ledger, and nothing left behind."""

import os
import pty
import re
import select
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from logdist_loadtest.demo.check import problems_of
from logdist_loadtest.demo.logs import find_logs
from logdist_loadtest.demo.state import Analyser, Ledger, Pod, Share, Source, State

LIMIT_S = 90.0  # of silence
Of = Callable[[dict[str, Any], str], dict[str, Any]]


def is_balanced(ledger: dict[str, int]) -> bool:
    settled = ledger["delivered"] + ledger["queued"] + ledger["inFlight"] + ledger["dead"]
    return ledger["accepted"] + ledger["restored"] == settled


def test_it_delivers_every_packet_and_keeps_the_shares(demo: Any) -> None:
    demo.start("--seconds", "3", "--picture", str(demo.folder / "demo.svg"))
    assert demo.finish() == 0, demo.output()
    found = re.search(r"checked: ([\d,]+) packets accepted, \1 at the analysers, every share exact", demo.output())
    assert found, demo.output()
    assert int(found[1].replace(",", "")) > 0
    assert "NOT BALANCED" not in demo.output()
    assert "admitted" in (demo.folder / "demo.svg").read_text()


def test_what_one_does_shows_and_ctrl_c_ends_everything(demo: Any, of: Of) -> None:
    demo.start()
    state = demo.until(lambda state: of(state, "errors")["delivered"] > 10)
    assert {each["name"]: round(each["share"]["wanted"]) for each in state["analysers"]} == {
        "audit": 50,
        "errors": 17,
        "traffic": 33,
    }

    demo.edit("errors", "weight: 1\n", "weight: 5\n")
    state = demo.until(lambda state: state["generation"] == 2 and state["pods"][0]["acked"])
    assert of(state, "errors")["share"]["wanted"] == 50.0

    assert demo.post(f"{demo.endpoints['errors']}/internal/simulate/fail") == 200
    state = demo.until(lambda state: of(state, "errors")["standing"] == "ejected")
    before = of(state, "audit")["delivered"]
    demo.until(lambda state: of(state, "audit")["delivered"] > before + 10)

    assert demo.post(f"{demo.endpoints['errors']}/internal/simulate/begin") == 200
    state = demo.until(lambda state: of(state, "errors")["standing"] == "admitted")
    before = of(state, "errors")["delivered"]
    demo.until(lambda state: of(state, "errors")["delivered"] > before)

    packet = b'{"id":"by-hand","timestamp":1700000000000,"messages":[{"level":"INFO","message":"hello"}]}'
    assert demo.post(f"http://127.0.0.1:{demo.ingest}/v1/packets", packet) == 202
    state = demo.until(lambda state: all(is_balanced(pod["ledger"]) for pod in state["pods"]))
    assert state["pods"][0]["ledger"]["dead"] == 0

    family = demo.family()
    assert len(family) == 6
    assert demo.interrupt() == 0
    assert not [each for each in family if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]
    assert "Traceback" not in demo.output()


def test_who_is_killed_is_started_again_and_nothing_is_lost(demo: Any) -> None:
    demo.start()
    first = demo.until(lambda state: state["pods"][0]["ledger"] and state["pods"][0]["ledger"]["delivered"] > 10)
    [distributor] = [each for each in demo.family() if "logdist_distributor" in each.cmdline()]
    distributor.kill()
    instance = first["pods"][0]["instanceId"]
    state = demo.until(
        lambda state: (
            state["pods"][0]["instanceId"] not in {"", instance} and state["pods"][0]["ledger"]["delivered"] > 10
        )
    )
    assert is_balanced(state["pods"][0]["ledger"])
    assert "distributor was killed by SIGKILL; starting it again" in demo.output()
    assert demo.interrupt() == 0


@pytest.mark.parametrize("port", ["ingest", "control", "api", "analyser"])
def test_a_port_in_use_is_named_and_nothing_runs(demo: Any, port: str) -> None:
    number = int(demo.endpoints["errors"].rpartition(":")[2]) if port == "analyser" else getattr(demo, port)
    with socket.create_server(("127.0.0.1", number)):
        demo.start()
        assert demo.finish() == 1
    [line] = [line for line in demo.output().splitlines() if line.startswith("demo: ")]
    assert f"port {number}" in line
    assert "Traceback" not in demo.output()


def test_a_process_that_cannot_start_says_why(demo: Any) -> None:
    for file in demo.samples.iterdir():
        file.unlink()
    demo.samples.rmdir()
    demo.start()
    assert demo.finish() == 1
    assert "there is no folder" in demo.output()


def test_a_bad_flag_exits_2() -> None:
    command = [sys.executable, "-m", "logdist_loadtest.demo", "--seconds", "-1"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "expected a number above 0, got '-1'" in ended.stderr


def test_only_readable_text_is_sent(tmp_path: Path) -> None:
    (tmp_path / "apt").mkdir()
    (tmp_path / "apt" / "history.log").write_text("Start-Date: 2026-01-01\n")
    (tmp_path / "empty.log").touch()
    (tmp_path / "wtmp").write_bytes(b"\x07\0\0\0tty1")
    (tmp_path / "eipp.log.xz").write_bytes(b"\xfd7zXZ")
    (tmp_path / "syslog.1.gz").write_bytes(b"no gzip at all")
    assert find_logs([tmp_path, tmp_path / "missing"]) == (tmp_path / "apt" / "history.log",)


def build_state(*delivered: int) -> tuple[State, dict[str, int | None]]:
    """Analysers a, b, c of weights 1, 2, 3 that got so much, and what they say themselves."""
    analysers = [
        Analyser(uid, uid, weight, False, [], Share(0, 0), "admitted", [], count, 0)
        for uid, weight, count in zip("abc", (1, 2, 3), delivered, strict=True)
    ]
    ledger = Ledger(sum(delivered), 0, sum(delivered), 0, 0, 0, 0, 0)
    pod = Pod("http://pod", "i", "acked", "", 1, None, ledger)
    return State(1, Source([]), analysers, [pod]), dict(zip("abc", delivered, strict=True))


def test_the_check_finds_nothing_in_exact_shares() -> None:
    assert problems_of(*build_state(10, 20, 30), is_share_checked=True) == []


def test_the_check_finds_a_share_one_packet_off() -> None:
    assert len(problems_of(*build_state(9, 21, 30), is_share_checked=True)) == 2
    assert problems_of(*build_state(9, 21, 30), is_share_checked=False) == []


def test_the_check_finds_a_packet_that_is_missing() -> None:
    state, received = build_state(10, 20, 30)
    assert problems_of(state, received | {"c": 29}, is_share_checked=True) == [
        "c was given 30 packets and says it has 29"
    ]


def test_a_terminal_that_is_closed_ends_everything(demo: Any) -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.executable, demo.command())
    child = psutil.Process(pid)
    try:
        shown = b""
        while b"registry  generation" not in shown:
            assert select.select([terminal], [], [], LIMIT_S)[0], shown
            shown += os.read(terminal, 65536)
        family = child.children(recursive=True)
        assert len(family) == 6
    finally:
        os.close(terminal)
        _, left = psutil.wait_procs([child], timeout=LIMIT_S)
    assert not left
    assert not [each for each in family if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]
