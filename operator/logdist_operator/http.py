"""Requests to distributors: one session, connections kept, every failure one kind of error.

aiohttp, not httpx: a request costs 0.12 ms of CPU instead of 2.3 (CPython 3.11, loopback). Of 50 distributors, 50 are
asked every second, and 50 for every change.
"""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

import aiohttp

from logdist_operator.auth import TokenFile
from logdist_operator.errors import LogdistError

JSON: Final = {"content-type": "application/json"}


class NoAnswer(LogdistError):
    """No answer in time, or none that is HTTP. The text says which."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """Return the first of the content, for people."""
        return self.content[:200].decode("utf-8", "replace")


class Client:
    """An async context. Shows the token, read afresh for every request: a rotated secret counts from the next on."""

    def __init__(self, token_file: TokenFile | None = None) -> None:
        self._token_file = token_file
        self._session: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            # No limit: it would let distributors that do not answer hold up the others.
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=30),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            trust_env=False,  # a proxy meant for the outside world must not stand between the operator and its pods
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def ask(
        self,
        method: str,
        url: str,
        body: bytes | None = None,
        headers: Mapping[str, str] = JSON,
        *,
        timeout_s: float,
        has_token: bool = True,
        tls: ssl.SSLContext | bool = True,
    ) -> Answer:
        """Send a request and read the whole answer, whatever its status. Raises NoAnswer."""
        sent = {**headers} if body is not None else {}
        if has_token and self._token_file:
            sent["authorization"] = f"Bearer {self._token_file.token()}"
        try:
            async with (
                asyncio.timeout(timeout_s),
                self._session.request(method, url, data=body, headers=sent, allow_redirects=False, ssl=tls) as response,
            ):
                return Answer(response.status, await response.read(), response.headers)
        except TimeoutError as error:
            raise NoAnswer(f"no answer within {timeout_s:g} s") from error
        except aiohttp.ClientConnectorError as error:
            raise NoAnswer(error.os_error.strerror or str(error.os_error)) from error
        except (aiohttp.ClientError, ValueError) as error:
            raise NoAnswer(str(error) or type(error).__name__) from error
