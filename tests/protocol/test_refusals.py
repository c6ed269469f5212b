"""Every refused request is counted once, by the reason in its answer, whichever lane gives it."""

import json
from collections import Counter
from typing import Any

import pytest
from protocol_harness import Connection, Slow, Ways
from protocol_streams import POST_MANY, packet, request

from logdist_distributor.ingest.fastlane import FastLane
from logdist_distributor.ingest.intake import HEAD_BYTES_MAX

GOOD = request(packet("good"), start=POST_MANY)


def counted(ways: Ways, kind: type[Any], stream: bytes) -> tuple[Counter[str], Counter[str]]:
    """What was counted, and the reasons in the answers."""

    async def run() -> Connection:
        connection = Connection(ways, kind)
        await connection.feed([stream])
        return connection

    connection = ways.loop.run_until_complete(run())
    answers = connection.outcome().sent.split(b"HTTP/1.1 ")[1:]
    bodies = [json.loads(answer.partition(b"\r\n\r\n")[2]) for answer in answers]
    return +connection.intake.refusals.totals, Counter(body["reason"] for body in bodies if "reason" in body)


@pytest.mark.parametrize("kind", [FastLane, Slow])
@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        (GOOD, None),
        (GOOD + request(b"{}", start=POST_MANY) + GOOD, "InvalidPacket"),
        (request(b"{}", b"content-encoding: br\r\n", start=POST_MANY), "UnsupportedMediaType"),
        (request(packet("a"), b"x: " + b"y" * HEAD_BYTES_MAX + b"\r\n", start=POST_MANY), "HeadTooLarge"),
        (b"POST /v1/packets HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999\r\n\r\n", "BodyTooLarge"),
        (b"nonsense\r\n\r\n", "MalformedRequest"),
        (GOOD + b"nonsense\r\n\r\n", "MalformedRequest"),
    ],
)
def test_a_refused_request_is_counted_by_its_reason(
    ways: Ways, kind: type[Any], stream: bytes, reason: str | None
) -> None:
    wanted = Counter([reason] if reason else [])
    assert counted(ways, kind, stream) == (wanted, wanted)
