"""The port for senders asks for a token, and a rotation of it needs no restart and no new connection."""

import http.client
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from loopback_sender import packet
from loopback_wait import until


def sender(connection: http.client.HTTPConnection) -> Callable[[str], int]:
    """Sends a packet with a token over the one connection, and gives the status."""

    def send(token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        connection.request("POST", "/v1/packets", json.dumps(packet("a")).encode(), headers)
        answer = connection.getresponse()
        answer.read()
        assert (answer.headers["www-authenticate"] == 'Bearer, Basic realm="logs"') == (answer.status == 401)
        return answer.status

    return send


def replace(file: Path, content: str) -> None:
    new = file.with_suffix(".new")
    new.write_text(content)
    new.replace(file)


def test_a_rotated_token_counts_for_connections_that_are_open(site: Any) -> None:
    file = site.folder / "tokens"
    file.write_text("old\n")
    distributor = site.distributor("--ingest-token-file", str(file))
    distributor.register()
    connection = http.client.HTTPConnection("127.0.0.1", distributor.port)
    send = sender(http.client.HTTPConnection("127.0.0.1", distributor.port))
    stranger = sender(connection)
    assert [send("old") for _ in range(5)] == [202] * 5  # its head is remembered
    assert [stranger(token) for token in ("", "new", "ol", "old2")] == [401] * 4
    replace(file, "old\nnew\n")
    until("both tokens count", lambda: stranger("new") == 202)
    assert send("old") == 202
    replace(file, "new\n")
    until("the old token counts no more", lambda: send("old") == 401)
    assert send("new") == 202
    replace(file, "")
    until("the empty file is told", lambda: any("tokens stay" in line for line in distributor.log))
    assert (send("new"), send("")) == (202, 401)
    connection.request("GET", "/health")
    assert connection.getresponse().status == 200


def test_a_rotated_token_counts_for_the_control_port(site: Any) -> None:
    file = site.folder / "tokens"
    file.write_text("old\n")
    distributor = site.distributor("--token-file", str(file), token="old")
    assert distributor.call("GET", "/metrics", token="new")[0] == 401
    replace(file, "new\n")
    until("the new token counts", lambda: distributor.call("GET", "/metrics", token="new")[0] == 200)
    assert distributor.call("GET", "/metrics", token="old")[0] == 401
    distributor.token = "new"
