"""The steady sender of the drills: what it reports is what happened."""

import asyncio
import os
import signal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logdist_loadtest.send.connection import build_target
from logdist_loadtest.steady import stream
from logdist_loadtest.steady.__main__ import run
from logdist_loadtest.steady.book import Book
from logdist_loadtest.steady.stream import Stream

BUSY = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n"
REFUSED = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
MOMENTS = st.lists(st.floats(0, 100), min_size=1).map(sorted)


@given(MOMENTS)
def test_the_longest_gap_is_the_longest_wait_for_any_answer(heard_s: list[float]) -> None:
    book = Book(0)
    for _ in heard_s:
        book.begin(0)
    for now_s in heard_s:
        book.acknowledge(0, now_s)
    assert book.longest_gap_s == max(after - before for before, after in zip([0, *heard_s], heard_s, strict=False))


def test_time_without_a_packet_on_its_way_is_no_gap() -> None:
    book = Book(0)
    for now_s in (1.0, 50.0):
        book.begin(now_s)
        book.acknowledge(now_s, now_s + 0.5)
    assert book.longest_gap_s == 0.5


async def sent(script: Any, *, until_requests: int) -> Book:
    """Send to that server, and stop as a person would."""
    book = Book(0)
    sending = asyncio.create_task(run(Stream(build_target(script.url), "run", 200, book), 3))
    for _ in range(until_requests):
        await asyncio.wait_for(script.arrivals.get(), 20)
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(sending, 20)
    return book


async def check_retries(serving: Any) -> None:
    async with serving(BUSY, None, BUSY) as script:
        book = await sent(script, until_requests=12)
    ids = [body["id"] for body in script.bodies]
    assert len(ids) == len(set(ids)) + 3
    assert set(ids) == {f"run-{number}" for number in range(book.begun)}
    assert book.acknowledged == book.begun
    assert book.setbacks == {"503": 2, "connection": 1}


def test_what_is_not_acknowledged_is_sent_again_with_its_id(serving: Any) -> None:
    asyncio.run(check_retries(serving))


async def check_refusals(serving: Any) -> None:
    async with serving(REFUSED) as script:
        book = await sent(script, until_requests=6)
    assert book.refusals == {"400": 1}
    assert book.acknowledged == book.begun - 1
    assert book.given_up == [0]


def test_a_refused_packet_is_named(serving: Any) -> None:
    asyncio.run(check_refusals(serving))


async def check_giving_up(serving: Any) -> None:
    async with serving(*[BUSY] * 3) as script:
        book = await sent(script, until_requests=8)
    assert sorted(book.given_up) == [0, 1, 2]


def test_a_packet_tried_for_too_long_is_named(serving: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "GIVE_UP_S", 0.01)
    asyncio.run(check_giving_up(serving))
