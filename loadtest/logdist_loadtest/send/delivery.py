"""Delivers one packet after the other over one keep-alive connection, each until it is accepted or refused."""

import asyncio
import random
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

import msgspec

from logdist_loadtest.send.connection import Answer, Connection, ConnectionFailed, Target
from logdist_loadtest.send.packets import Packet
from logdist_loadtest.send.retry import RETRY_FOR_S, is_retryable, parse_retry_after, wait_s
from logdist_loadtest.send.totals import Totals

REFUSALS_SHOWN: Final = 10
ERROR_CHARS: Final = 200


class GaveUp(Exception):
    """A packet was not accepted within RETRY_FOR_S. It may have been received: the last answer is not known."""


class _PartlyRejected(msgspec.Struct):
    rejected: list[object] = []


class Delivery:
    """One connection. `note` shows a line to the user."""

    def __init__(self, target: Target, totals: Totals, note: Callable[[str], None]) -> None:
        self._connection = Connection(target)
        self._totals = totals
        self._note = note

    def close(self) -> None:
        self._connection.close()

    async def deliver(self, packet: Packet) -> None:
        """Send a packet, with the same id and bytes each time, until it is accepted or refused; count what happened.

        Raises GaveUp after RETRY_FOR_S without either.
        """
        started_s = time.monotonic()
        attempt = 0
        while True:
            attempt += 1
            answer = await self._post(packet)
            if answer is not None and not is_retryable(answer.status):
                self._settle(packet, answer, time.monotonic() - started_s)
                return
            if time.monotonic() - started_s > RETRY_FOR_S:
                raise GaveUp(f"packet {packet.id} after {RETRY_FOR_S:.0f} s")
            self._totals.retries += 1
            retry_after_s = parse_retry_after(answer.retry_after if answer else None, time.time())
            roll = random.random()  # noqa: S311 - jitter, not a secret
            await asyncio.sleep(wait_s(attempt, retry_after_s, roll))

    async def _post(self, packet: Packet) -> Answer | None:
        """The answer, or None when the connection failed; then the packet may or may not have arrived."""
        try:
            answer = await self._connection.post(packet.body)
        except ConnectionFailed as error:
            self._totals.trouble = str(error)
            return None
        self._totals.trouble = _reason(answer) if is_retryable(answer.status) else ""
        return answer

    def _settle(self, packet: Packet, answer: Answer, took_s: float) -> None:
        if 200 <= answer.status < 300 and not _is_rejected(answer):
            self._totals.packets += 1
            self._totals.messages += packet.messages
            self._totals.latencies.add(took_s)
            return
        self._totals.refused += 1
        if self._totals.refused <= REFUSALS_SHOWN:
            self._note(f"refused: packet {packet.id}: {_reason(answer)}")
        if self._totals.refused == REFUSALS_SHOWN:
            self._note("further refusals are counted only")


def _is_rejected(answer: Answer) -> bool:
    """An analyser answers a batch with 207 when it takes only some of it; ours holds one packet."""
    if answer.status != HTTPStatus.MULTI_STATUS:
        return False
    try:
        return bool(msgspec.json.decode(answer.text, type=_PartlyRejected).rejected)
    except msgspec.DecodeError:
        return True


def _reason(answer: Answer) -> str:
    return f"{answer.status} {' '.join(answer.text.split())[:ERROR_CHARS]}".rstrip()
