"""Delivery over real sockets: the same packet until it is accepted, and nothing taken for an answer that is none."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from logdist_loadtest.send import delivery as delivery_module
from logdist_loadtest.send.connection import Connection, ConnectionFailed, build_target
from logdist_loadtest.send.delivery import Delivery, GaveUp
from logdist_loadtest.send.packets import Packet, build_packet
from logdist_loadtest.send.totals import Totals

Serving = Callable[..., Any]

BUSY = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 0\r\nContent-Length: 4\r\n\r\nfull"
SLOW_DOWN = b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n"
REFUSED = b'HTTP/1.1 400 Bad Request\r\nContent-Length: 13\r\n\r\n{"error":"x"}'
REJECTED = b'HTTP/1.1 207 Multi-Status\r\nContent-Length: 32\r\n\r\n{"rejected":[{"id":"a","e":"x"}]}'
CLOSING = b"HTTP/1.1 202 Accepted\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
UNTIL_CLOSE = b"HTTP/1.1 202 Accepted\r\n\r\nwell"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
CUT_SHORT = b"HTTP/1.1 202 Accepted\r\nContent-Length: 10\r\nConnection: close\r\n\r\nhalf"
GARBAGE = b"Content-Length? never heard of it\r\n\r\n"


def packet(packet_id: str) -> Packet:
    return build_packet(packet_id, ["line"], now_s=1)


def deliver(serving: Serving, *answers: bytes | None, packets: int = 1) -> tuple[Totals, Any, list[str]]:
    """Deliver packets "0", "1", ... to a server with this script."""
    notes: list[str] = []
    totals = Totals()

    async def run() -> Any:
        async with serving(*answers) as script:
            delivery = Delivery(build_target(script.url), totals, notes.append)
            for number in range(packets):
                await delivery.deliver(packet(str(number)))
            delivery.close()
            return script

    return totals, asyncio.run(run()), notes


def ids(script: Any) -> list[str]:
    return [body["id"] for body in script.bodies]


def test_packets_share_one_connection(serving: Serving) -> None:
    totals, script, _ = deliver(serving, packets=5)
    assert ids(script) == ["0", "1", "2", "3", "4"]
    assert script.connections == 1
    assert (totals.packets, totals.messages, totals.retries, totals.has_failed) == (5, 5, 0, False)


@pytest.mark.parametrize("failure", [BUSY, SLOW_DOWN, None, CUT_SHORT, GARBAGE])
def test_after_a_failure_the_same_packet_is_sent_again(serving: Serving, failure: bytes | None) -> None:
    totals, script, _ = deliver(serving, failure, failure, packets=2)
    assert ids(script) == ["0", "0", "0", "1"]
    assert script.bodies[0] == script.bodies[2]
    assert (totals.packets, totals.retries, totals.refused, totals.trouble) == (2, 2, 0, "")


@pytest.mark.parametrize("refusal", [REFUSED, REJECTED])
def test_a_refusal_is_reported_counted_and_not_repeated(serving: Serving, refusal: bytes) -> None:
    totals, script, notes = deliver(serving, refusal, packets=2)
    assert ids(script) == ["0", "1"]
    assert (totals.packets, totals.refused, totals.has_failed) == (1, 1, True)
    assert notes[0].startswith("refused: packet 0: ")


@pytest.mark.parametrize("answer", [CLOSING, UNTIL_CLOSE, CONTINUE])
def test_every_way_to_say_yes_is_understood(serving: Serving, answer: bytes) -> None:
    totals, script, _ = deliver(serving, answer, packets=2)
    assert ids(script) == ["0", "1"]
    assert (totals.packets, totals.retries) == (2, 0)


def test_only_the_first_refusals_are_shown(serving: Serving) -> None:
    totals, _, notes = deliver(serving, *[REFUSED] * 15, packets=15)
    assert totals.refused == 15
    assert len(notes) == delivery_module.REFUSALS_SHOWN + 1


def test_a_packet_that_is_never_accepted_is_given_up(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery_module, "RETRY_FOR_S", 0.0)
    with pytest.raises(GaveUp):
        deliver(serving, BUSY)


def test_an_answer_that_comes_too_late_is_not_taken_for_the_next_one(serving: Serving) -> None:
    async def run() -> None:
        async with serving(REFUSED) as script:
            script.is_hanging = True
            connection = Connection(build_target(script.url))
            first = asyncio.create_task(connection.post(packet("first").body))
            await script.arrivals.get()
            first.cancel()
            await asyncio.wait({first})
            script.is_hanging = False
            second = asyncio.create_task(connection.post(packet("second").body))
            script.release.set()
            answer = await second
            connection.close()
            assert (answer.status, script.connections) == (202, 2)

    asyncio.run(run())


def test_nobody_listening_is_a_failed_connection() -> None:
    async def run() -> None:
        async with await asyncio.start_server(lambda *_: None, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
        with pytest.raises(ConnectionFailed):
            await Connection(build_target(f"http://127.0.0.1:{port}/")).post(b"{}")

    asyncio.run(run())


@pytest.mark.parametrize(
    "url",
    ["", "127.0.0.1:8080", "ftp://h/", "http://", "http://u:p@h/", "http://h:99999/", "http://h/a b", "http://h/é"],
)
def test_a_url_that_cannot_be_used_is_refused(url: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any message; what matters is the type argparse is told
        build_target(url)


def test_a_url_is_taken_apart() -> None:
    target = build_target("https://[::1]/v1/packets?x=1")
    assert (target.host, target.port, target.is_tls) == ("::1", 443, True)
    assert target.head.startswith(b"POST /v1/packets?x=1 HTTP/1.1\r\nhost: [::1]\r\n")
