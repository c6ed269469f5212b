"""Delivers one packet after the other over one keep-alive connection, each until it is accepted or refused."""

import asyncio
import random
import time
from collections.abc import Callable
from typing import Final

import httpx
import msgspec

from logdist_loadtest.send.packets import Packet
from logdist_loadtest.send.retry import RETRY_FOR_S, is_retryable, parse_retry_after, wait_s
from logdist_loadtest.send.totals import Totals

TIMEOUT_S: Final = 30.0
REFUSALS_SHOWN: Final = 10
ERROR_CHARS: Final = 200


class GaveUp(Exception):
    """A packet was not accepted within RETRY_FOR_S. It may have been received: the last answer is not known."""


class _PartlyRejected(msgspec.Struct):
    rejected: list[object] = []


class Delivery:
    """One connection. `note` shows a line to the user."""

    def __init__(self, url: str, totals: Totals, note: Callable[[str], None]) -> None:
        self._url = url
        self._totals = totals
        self._note = note
        # Straight to the address given: a proxy of the environment is for the web, not for the logs.
        self._client = httpx.AsyncClient(
            timeout=TIMEOUT_S, trust_env=False, limits=httpx.Limits(max_connections=1), headers={"accept": "*/*"}
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def deliver(self, packet: Packet) -> None:
        """Send a packet, with the same id and bytes each time, until it is accepted or refused; count what happened.

        Raises GaveUp after RETRY_FOR_S without either.
        """
        started_s = time.monotonic()
        attempt = 0
        while True:
            attempt += 1
            response = await self._post(packet)
            if response is not None and not is_retryable(response.status_code):
                self._settle(packet, response, time.monotonic() - started_s)
                return
            if time.monotonic() - started_s > RETRY_FOR_S:
                raise GaveUp(f"packet {packet.id} after {RETRY_FOR_S:.0f} s: {self._totals.trouble}")
            retry_after = None if response is None else response.headers.get("retry-after")
            self._totals.retries += 1
            roll = random.random()  # noqa: S311 - jitter, not a secret
            await asyncio.sleep(wait_s(attempt, parse_retry_after(retry_after, time.time()), roll))

    async def _post(self, packet: Packet) -> httpx.Response | None:
        """The answer, or None when the connection failed; then the packet may or may not have arrived."""
        try:
            response = await self._client.post(
                self._url, content=packet.body, headers={"content-type": "application/json"}
            )
        except httpx.TransportError as error:
            self._totals.trouble = str(error) or type(error).__name__
            return None
        self._totals.trouble = f"{response.status_code} {_reason(response)}" if response.is_server_error else ""
        return response

    def _settle(self, packet: Packet, response: httpx.Response, took_s: float) -> None:
        if response.is_success and not _is_rejected(response):
            self._totals.packets += 1
            self._totals.messages += packet.messages
            self._totals.latencies.add(took_s)
            return
        self._totals.refused += 1
        if self._totals.refused <= REFUSALS_SHOWN:
            self._note(f"refused: packet {packet.id}: {response.status_code} {_reason(response)}")
        if self._totals.refused == REFUSALS_SHOWN:
            self._note("further refusals are counted only")


def _is_rejected(response: httpx.Response) -> bool:
    """An analyser answers a batch with 207 when it takes only some of it; ours holds one packet."""
    if response.status_code != 207:
        return False
    try:
        return bool(msgspec.json.decode(response.content, type=_PartlyRejected).rejected)
    except msgspec.DecodeError:
        return True


def _reason(response: httpx.Response) -> str:
    return " ".join(response.text.split())[:ERROR_CHARS] or response.reason_phrase
