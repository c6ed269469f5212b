"""The same over real sockets: a real distributor answers, byte for byte, what the model in memory does."""

import contextlib
import json
import re
import socket
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from hypothesis import HealthCheck, given, settings
from protocol_canonical import CANONICAL
from protocol_harness import Ways
from protocol_streams import LINES, NDJSON, POST_MANY, any_streams, cut, packet, places, request

from logdist_distributor.ingest.intake import BODY_BYTES_MAX

LIMIT_S = 30  # only ends a test that has failed anyway


class Process:
    """A distributor without analysers: packets are safe once they are on disk."""

    def __init__(self, folder: Path, *, is_tls: bool) -> None:
        command = [sys.executable, "-m", "logdist_distributor", "--ingest-port", "0", "--control-port", "0"]
        self.tls: ssl.SSLContext | None = None
        if is_tls:
            ca = trustme.CA()
            ca.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(folder / "tls.pem")
            command += ["--tls-cert", "tls.pem", "--tls-key", "tls.pem"]
            self.tls = ssl.create_default_context()
            ca.configure_trust(self.tls)
        self.process = subprocess.Popen(
            [*command, "--spool-dir", str(folder / "spool")], stderr=subprocess.PIPE, text=True, cwd=folder
        )
        assert self.process.stderr
        for line in self.process.stderr:
            if found := re.search(r"senders: https?://127.0.0.1:(\d+), control: http://127.0.0.1:(\d+)", line):
                self.ingest_port, self.control_port = map(int, found.groups())
                break

    def stop(self) -> str:
        self.process.terminate()
        _, log = self.process.communicate(timeout=LIMIT_S)
        assert self.process.returncode == 0
        return log

    def accepted(self) -> int:
        url = f"http://127.0.0.1:{self.control_port}/control/v1/status"
        with urllib.request.urlopen(url, timeout=LIMIT_S) as answer:
            return int(json.load(answer)["ledger"]["accepted"])

    def send(self, chunks: list[bytes], expected: int, *, is_closing: bool = False) -> bytes:
        """All that comes back. A distributor that is not closing hears the end once it has sent what is expected."""
        received = bytearray()
        wire = socket.create_connection(("127.0.0.1", self.ingest_port), timeout=LIMIT_S)
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ours = wire.dup()
        with wire, self.tls.wrap_socket(ours, server_hostname="127.0.0.1") if self.tls else ours as sender:
            with contextlib.suppress(ConnectionError):  # closed with bytes of ours unsent
                for chunk in chunks:
                    sender.sendall(chunk)
            with contextlib.suppress(ConnectionResetError):  # closed with bytes of ours unread
                while len(received) < expected and (piece := sender.recv(1 << 16)):
                    received += piece
                if not is_closing:
                    wire.shutdown(socket.SHUT_WR)
                while piece := sender.recv(1 << 16):
                    received += piece
        return bytes(received)


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "TLS"])
def distributor(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Process]:
    process = Process(tmp_path_factory.mktemp("distributor"), is_tls=request.param)
    yield process
    assert "Traceback" not in process.stop()


def check(ways: Ways, distributor: Process, chunks: list[bytes]) -> None:
    wanted = ways.fast(chunks, is_hasty=True)
    assert distributor.send(chunks, len(wanted.sent), is_closing=wanted.is_closed) == wanted.sent


@pytest.mark.parametrize("name", CANONICAL)
def test_a_real_distributor_answers_and_stores_as_the_model_does(ways: Ways, distributor: Process, name: str) -> None:
    before = distributor.accepted()
    fresh = 0
    for place in range(1, len(CANONICAL[name]), 16):
        stream = CANONICAL[name]
        chunks = [stream[:place], stream[place:]]
        fresh = max(fresh, len(ways.fast(chunks).packets))
        check(ways, distributor, chunks)
    assert distributor.accepted() - before == fresh  # all but the first are repeats


@given(any_streams, places)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_a_real_distributor_answers_any_bytes_as_the_model_does(
    ways: Ways, distributor: Process, stream: bytes, cuts: list[int]
) -> None:
    check(ways, distributor, cut(stream, cuts))


@pytest.mark.parametrize("size", [BODY_BYTES_MAX - 1, BODY_BYTES_MAX, BODY_BYTES_MAX + 1])
@pytest.mark.parametrize("is_chunked", [False, True])
def test_sixteen_mebibytes_is_the_limit(distributor: Process, size: int, is_chunked: bool) -> None:
    body = packet(f"large-{size}-{is_chunked}").ljust(size)
    stream = request(body)
    if is_chunked:
        stream = POST_MANY + LINES["chunked"] + b"\r\n%x\r\n%b\r\n0\r\n\r\n" % (size, body)
    sent = distributor.send([stream], 60, is_closing=size > BODY_BYTES_MAX)
    assert sent.startswith(b"HTTP/1.1 413 " if size > BODY_BYTES_MAX else b"HTTP/1.1 202 ")


def test_a_bad_last_line_of_many_stores_none_of_them(distributor: Process) -> None:
    before = distributor.accepted()
    lines = [packet(f"line-{number}") for number in range(50_000)]
    sent = distributor.send([request(b"\n".join([*lines, b"{}"]), NDJSON, start=POST_MANY)], 60)
    assert sent.startswith(b"HTTP/1.1 400 ")
    assert b'"line":50001' in sent
    assert distributor.accepted() == before


def test_packets_pipelined_by_the_hundred_are_all_answered(distributor: Process) -> None:
    before, many = distributor.accepted(), 300
    stream = b"".join(request(packet(f"pipelined-{number}")) for number in range(many))
    accepted = b'HTTP/1.1 202 Accepted\r\ncontent-length: 14\r\ncontent-type: application/json\r\n\r\n{"accepted":1}'
    sent = distributor.send([stream], len(accepted) * many)
    assert sent == accepted * many
    assert distributor.accepted() - before == many
