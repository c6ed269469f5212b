"""Starting: a clear line and exit code 1 when it cannot, a token where one is wanted, and `--ack memory`."""

import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
from loopback_distributor import COMMAND, entry
from loopback_wait import HeldPort


def fail(*flags: str) -> str:
    """The last line of a distributor that does not start."""
    ports = [] if "--control-port" in flags else ["--control-port", "0"]
    ended = subprocess.run(
        [*COMMAND, "--ingest-port", "0", *ports, *flags], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 1, ended.stderr
    lines = [line for line in ended.stderr.splitlines() if "WARNING" not in line]
    assert len(lines) == 1, ended.stderr
    assert lines[0].startswith("logdist-distributor: ")
    return lines[0]


def test_two_distributors_on_one_spool(site: Any) -> None:
    distributor = site.distributor()
    line = fail("--spool-dir", str(distributor.spool))
    assert f"{distributor.spool} is used by another distributor" in line
    distributor.status()


def test_a_control_port_in_use(site: Any, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = fail("--control-port", str(port), "--spool-dir", str(tmp_path / "spool"))
    assert f"cannot listen on 127.0.0.1:{port}" in line


def test_a_port_for_senders_in_use_by_another_program(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = fail("--ingest-port", str(port), "--spool-dir", str(tmp_path / "spool"))
    assert f"cannot listen on 127.0.0.1:{port}" in line


def test_a_host_that_is_not_ours(tmp_path: Path) -> None:
    assert "203.0.113.1" in fail("--host", "203.0.113.1", "--spool-dir", str(tmp_path / "spool"))


def test_a_spool_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert str(tmp_path / "file") in fail("--spool-dir", str(tmp_path / "file" / "spool"))
    assert str(tmp_path / "file") in fail("--spool-dir", str(tmp_path / "file"))
    assert str(tmp_path / "file") in fail("--ack", "memory", "--spool-dir", str(tmp_path / "file"))


def test_a_spool_folder_that_cannot_be_written(tmp_path: Path) -> None:
    assert "/proc/sys" in fail("--spool-dir", "/proc/sys/spool")


@pytest.mark.parametrize("content", [b"this is no LMDB file" * 1000, b"x"], ids=["long", "short"])
def test_a_spool_file_that_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "data.mdb").write_bytes(content)
    assert str(tmp_path) in fail("--spool-dir", str(tmp_path))
    assert (tmp_path / "data.mdb").read_bytes() == content


@pytest.mark.parametrize("flag", ["--token-file", "--ingest-token-file"])
def test_a_token_file_that_is_missing_or_empty(tmp_path: Path, flag: str) -> None:
    flags = ("--spool-dir", str(tmp_path / "spool"), flag, str(tmp_path / "token"))
    assert str(tmp_path / "token") in fail(*flags)
    (tmp_path / "token").write_text("\n")
    assert str(tmp_path / "token") in fail(*flags)


def test_the_control_port_wants_the_token(site: Any) -> None:
    file = site.folder / "token"
    file.write_text("s3cret\n")
    distributor = site.distributor("--token-file", str(file), token="s3cret")
    letters = "/control/v1/dead-letters"
    routes = [
        ("GET", "/control/v1/status"),
        ("GET", "/control/v1/registry"),
        ("PUT", "/control/v1/registry"),
        ("GET", letters),
        ("GET", f"{letters}/0"),
        ("POST", f"{letters}/0/replay"),
        ("DELETE", f"{letters}/0"),
        ("GET", "/metrics"),
    ]
    for method, path in routes:
        for token in ("", "wrong", "s3cret2", "s3cre", "é"):
            data = b"{}" if method == "PUT" else None
            assert distributor.call(method, path, data, token=token)[0] == 401, (method, path, token)
    assert distributor.call("GET", "/healthz", token="")[0] == 200
    assert distributor.call("GET", "/readyz", token="")[0] == 503
    only = site.analyser("only")
    distributor.register(entry("only", only.url))
    site.until_received(site.load(distributor, limit=20).finish())
    assert distributor.ledger()["delivered"] == 20


def test_without_a_token_only_this_machine_reaches_the_control_port(site: Any) -> None:
    distributor = site.distributor("--host", "0.0.0.0")
    assert distributor.control.startswith("http://127.0.0.1:")
    port = int(distributor.control.rpartition(":")[2])
    listening = [found.laddr for found in distributor.process.net_connections() if found.status == "LISTEN"]
    assert ("127.0.0.1", port) in listening
    assert "this machine only" in "".join(distributor.log)


def test_memory_mode_answers_at_once_and_says_what_that_means(site: Any) -> None:
    distributor = site.distributor("--ack", "memory")
    load = site.load(distributor, limit=200)
    acknowledged = load.finish()  # no analyser, no disk
    status = distributor.status()
    assert status["ack"] == "memory"
    assert status["queue"]["spoolPackets"] == 0
    assert any("WARNING" in line and "--ack memory" in line for line in distributor.log)
    only = site.analyser("only")
    distributor.register(entry("only", only.url))
    site.until_received(acknowledged)
    distributor.until_settled()
    assert set(only.received.values()) == {1}


def test_memory_mode_refuses_what_does_not_fit(site: Any) -> None:
    distributor = site.distributor("--ack", "memory", "--memory-bytes", "5000")
    load = site.load(distributor)
    while not load.answers[503]:
        distributor.status()
    only = site.analyser("only")
    distributor.register(entry("only", only.url))
    load.more(200)
    acknowledged = load.stop()
    site.until_received(acknowledged)
    assert distributor.until_settled()["delivered"] == len(acknowledged)


def test_several_distributors_share_a_port_for_senders(site: Any) -> None:
    port = HeldPort()
    several = [site.distributor(spool=f"spool{number}", port=port) for number in range(2)]
    only = site.analyser("only")
    for distributor in several:
        distributor.register(entry("only", only.url))
    acknowledged = site.load(several[0], clients=32, limit=400).finish()
    site.until_received(acknowledged)
    assert all(distributor.until_settled()["accepted"] > 0 for distributor in several)
    assert sum(distributor.ledger()["accepted"] for distributor in several) == 400
