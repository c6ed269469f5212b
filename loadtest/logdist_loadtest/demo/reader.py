"""Asks the programs of the demo how they are."""

from dataclasses import dataclass
from typing import Final

import httpx
import msgspec

from logdist_loadtest.demo.state import State

TIMEOUT_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Reader:
    """Asks the programs over HTTP. What cannot be had is None, never an exception: the demo looks again."""

    client: httpx.AsyncClient
    api: str

    async def state(self) -> State | None:
        response = await self._get(f"{self.api}/api/v1/state")
        return msgspec.json.decode(response.content, type=State) if response is not None else None

    async def is_up(self, url: str) -> bool:
        """Whether this probe answers 200."""
        return await self._get(url) is not None

    async def packets_of(self, endpoint: str) -> int | None:
        """How many packets an analyser says it has, each id once."""
        response = await self._get(f"{endpoint}/custom_metrics")
        return int(response.json()["packets"]) if response is not None else None

    async def _get(self, url: str) -> httpx.Response | None:
        try:
            response = await self.client.get(url, timeout=TIMEOUT_S)
        except httpx.HTTPError:
            return None
        return response if response.status_code == httpx.codes.OK else None
