"""TLS for senders: the same promises as without, and certificates that are replaced while it runs."""

import asyncio
import contextlib
import json
import select
import socket
import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest
import trustme
from loopback_distributor import COMMAND, Distributor, entry
from loopback_sender import Client, packet
from loopback_wait import LIMIT_S, until

ACCEPTED = b'HTTP/1.1 202 Accepted\r\ncontent-length: 14\r\ncontent-type: application/json\r\n\r\n{"accepted":1}'


class Files:
    """A certificate and its key as they are mounted, and the authority that senders trust."""

    def __init__(self, folder: Path) -> None:
        self.ca = trustme.CA()
        self.cert, self.key = folder / "tls.crt", folder / "tls.key"
        self.flags = ("--tls-cert", str(self.cert), "--tls-key", str(self.key))
        self.tls = ssl.create_default_context()
        self.ca.configure_trust(self.tls)
        self.issue()

    def issue(self) -> None:
        leaf = self.ca.issue_cert("127.0.0.1")
        self.replace(self.cert, leaf.cert_chain_pems[0].bytes())
        self.replace(self.key, leaf.private_key_pem.bytes())

    def replace(self, file: Path, content: bytes) -> None:
        new = file.with_suffix(".new")
        new.write_bytes(content)
        new.replace(file)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def connect(distributor: Distributor, tls: ssl.SSLContext) -> ssl.SSLSocket:
    sender = socket.socket()
    sender.settimeout(LIMIT_S)
    sender.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)  # small, for a test that does not read
    sender.connect(("127.0.0.1", distributor.port))
    return tls.wrap_socket(sender, server_hostname="127.0.0.1")


def shown(distributor: Distributor, tls: ssl.SSLContext) -> bytes:
    with connect(distributor, tls) as sender:
        return sender.getpeercert(binary_form=True) or b""


def post(body: bytes) -> bytes:
    return b"POST /v1/packets HTTP/1.1\r\nHost: logs\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


def test_nothing_is_lost_and_nothing_broken_when_it_is_stopped_under_load(site: Any, files: Files) -> None:
    distributor = site.distributor(*files.flags)
    only = site.analyser("only")
    distributor.register(entry("only", only.url))
    idle = connect(distributor, files.tls)  # a pooled connection whose owner does not look: nobody waits for it
    load = site.load(distributor, clients=16, tls=files.tls)
    load.reach(300)
    assert distributor.terminate() == 0
    distributor.start()
    load.more(300)
    acknowledged = load.stop()
    assert load.closed_politely > 0
    site.until_received(acknowledged)
    assert max(only.received.values()) == 1
    assert "in the middle of a request" not in "".join(distributor.log)
    with idle:
        assert idle.recv(1) == b""


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_newer_versions_of_tls_are_spoken_with_http_1_1(site: Any, files: Files, version: ssl.TLSVersion) -> None:
    distributor = site.distributor(*files.flags)
    files.tls.minimum_version = files.tls.maximum_version = version
    files.tls.set_alpn_protocols(["h2", "http/1.1"])
    with connect(distributor, files.tls) as sender:
        assert sender.selected_alpn_protocol() == "http/1.1"
        sender.sendall(post(json.dumps(packet("a")).encode()))
        assert sender.recv(1 << 16).startswith(b"HTTP/1.1 202 ")


def test_older_versions_of_tls_and_plain_http_are_not_answered(site: Any, files: Files) -> None:
    distributor = site.distributor(*files.flags)
    files.tls.set_ciphers("DEFAULT@SECLEVEL=0")  # where OpenSSL still speaks them at all
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        files.tls.minimum_version = files.tls.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(OSError, match=r"(?i)alert|eof|reset"):
        connect(distributor, files.tls)
    with socket.create_connection(("127.0.0.1", distributor.port), timeout=LIMIT_S) as sender:
        sender.sendall(post(json.dumps(packet("a")).encode()))
        assert b"HTTP" not in sender.recv(1 << 16)
    assert distributor.ledger()["accepted"] == 0


def test_a_new_certificate_is_shown_and_open_connections_stay(site: Any, files: Files) -> None:
    distributor = site.distributor(*files.flags)
    only = site.analyser("only")
    distributor.register(entry("only", only.url))
    load = site.load(distributor, tls=files.tls)
    first = shown(distributor, files.tls)
    assert shown(distributor, files.tls) == first
    files.issue()
    until("the new one is shown", lambda: shown(distributor, files.tls) != first)
    load.more(100)
    site.until_received(load.stop())
    assert load.broken == load.closed_politely == 0


def test_a_bad_certificate_later_changes_nothing_but_the_log(site: Any, files: Files) -> None:
    distributor = site.distributor(*files.flags)
    first = shown(distributor, files.tls)

    def told() -> int:
        return sum("the certificate stays as it was" in line for line in distributor.log)

    files.cert.unlink()
    until("a missing file is told", lambda: told() == 1)
    files.replace(files.cert, b"no certificate")
    until("a broken file is told", lambda: told() == 2)
    files.replace(files.cert, files.ca.issue_cert("127.0.0.1").cert_chain_pems[0].bytes())
    until("a certificate of another key is told", lambda: told() == 3)
    assert shown(distributor, files.tls) == first
    files.issue()
    until("a good one is taken", lambda: shown(distributor, files.tls) != first)


def test_a_handshake_that_is_never_finished_is_cut_off(site: Any, files: Files) -> None:
    distributor = site.distributor(*files.flags)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    hello = files.tls.wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
    with pytest.raises(ssl.SSLWantReadError):
        hello.do_handshake()
    started = [b"", hello_bytes := outgoing.read(), hello_bytes[:40]]
    silent = [socket.create_connection(("127.0.0.1", distributor.port), timeout=LIMIT_S) for _ in started]
    for sender, words in zip(silent, started, strict=True):
        sender.sendall(words)
    shown(distributor, files.tls)  # others are served meanwhile
    for sender in silent:
        with sender:
            while sender.recv(1 << 16):
                pass


def test_a_sender_that_does_not_read_is_not_read_from_and_loses_no_answer(site: Any, files: Files) -> None:
    distributor = site.distributor(*files.flags)
    body = json.dumps(packet("a", message_bytes=1000)).encode()
    many = 60_000  # more than the kernel holds
    left = memoryview(post(body) * many)
    seen = [-1]

    def write() -> None:
        nonlocal left
        with contextlib.suppress(ssl.SSLWantWriteError):
            while left:
                left = left[sender.send(left[: 1 << 14]) :]

    def is_stuck() -> bool:
        write()
        seen.append(sum(distributor.ledger()[name] for name in ("accepted", "repeats")))
        return bool(left) and 0 < seen[-1] == seen[-2]

    with connect(distributor, files.tls) as sender:
        sender.setblocking(False)
        until("it is not read from", is_stuck)
        assert site.loop.run(Client(distributor.port, files.tls).post(body)).status == 202
        missing_bytes = many * len(ACCEPTED)
        while missing_bytes:
            assert any(select.select([sender], [sender] if left else [], [], LIMIT_S))
            write()
            with contextlib.suppress(ssl.SSLWantReadError):
                while piece := sender.recv(1 << 16):
                    assert piece.count(b"accepted") >= len(piece) // len(ACCEPTED)
                    missing_bytes -= len(piece)


def test_an_old_connection_is_closed_with_an_answer_that_says_so(site: Any, files: Files) -> None:
    distributor = site.distributor("--max-connection-age", "1", *files.flags)

    async def send_until_told_to_close() -> None:
        client = Client(distributor.port, files.tls)
        for number in range(10_000):
            reply = await client.post(json.dumps(packet(f"p-{number}")).encode())
            if reply.closes:
                assert client.connections == 1
                return
            await asyncio.sleep(0.01)
        raise AssertionError("never told to close")

    site.loop.run(send_until_told_to_close())


def fail(code: int, folder: Path, *flags: str) -> str:
    """What a distributor says that does not start."""
    ports = ("--ingest-port", "0", "--control-port", "0", "--spool-dir", str(folder / "spool"))
    ended = subprocess.run([*COMMAND, *ports, *flags], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == code, ended.stderr
    assert "Traceback" not in ended.stderr
    return ended.stderr.splitlines()[-1]


def test_what_cannot_be_used_is_told_at_start(tmp_path: Path, files: Files) -> None:
    assert "both, or neither" in fail(2, tmp_path, "--tls-cert", str(files.cert))
    assert "both, or neither" in fail(2, tmp_path, "--tls-key", str(files.key))
    missing = str(tmp_path / "missing.pem")
    assert missing in fail(1, tmp_path, "--tls-cert", missing, "--tls-key", str(files.key))
    assert missing in fail(1, tmp_path, "--tls-cert", str(files.cert), "--tls-key", missing)
    assert str(files.key) in fail(1, tmp_path, "--tls-cert", str(files.key), "--tls-key", str(files.key))
    files.replace(files.key, files.ca.issue_cert("127.0.0.1").private_key_pem.bytes())
    assert "mismatch" in fail(1, tmp_path, *files.flags)
    encrypted = ["openssl", "genrsa", "-aes128", "-passout", "pass:secret", "-out", str(files.key), "2048"]
    subprocess.run(encrypted, check=True, capture_output=True)
    assert str(files.key) in fail(1, tmp_path, *files.flags)
