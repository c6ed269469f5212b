"""Asks the operator what the distributors and analysers are doing, and analysers to fail. Cooperative under gevent."""

import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from logdist_loadtest.demo.state import State

TIMEOUT_S: Final = 5.0
LOOK_S: Final = 0.25
# A proxy meant for the outside world must not stand before programs of one's own.
OPENER: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class NeverSeen(Exception):
    """What was waited for did not come. The message says what."""


class Watch:
    """The operator at `url`, with its token where it wants one."""

    def __init__(self, url: str, token_file: str) -> None:
        self._url = url.rstrip("/")
        self._token_file = token_file

    def state(self) -> State:
        """Raises OSError when the operator does not answer, or refuses to."""
        headers = {}
        if self._token_file:
            headers["Authorization"] = f"Bearer {Path(self._token_file).read_text(encoding='ascii').strip()}"
        request = urllib.request.Request(f"{self._url}/api/v1/state", headers=headers)  # noqa: S310  # the user's own
        with OPENER.open(request, timeout=TIMEOUT_S) as answer:
            return msgspec.json.decode(answer.read(), type=State)

    def until(self, what: str, holds: Callable[[State], bool], limit_s: float) -> State:
        """The first state in which it holds. Raises NeverSeen after `limit_s`; an operator that is away may return."""
        deadline_s = time.monotonic() + limit_s
        last = "nothing"
        while time.monotonic() < deadline_s:
            try:
                state = self.state()
            except OSError as error:
                last = str(error)
            else:
                if holds(state):
                    return state
                last = _summary(state)
            time.sleep(LOOK_S)
        raise NeverSeen(f"not within {limit_s:g} s: {what}; last seen: {last}")


def drill(endpoint: str, what: str) -> None:
    """`fail` or `begin` at a sample analyser. Raises OSError."""
    request = urllib.request.Request(f"{endpoint}/internal/simulate/{what}", method="POST")  # noqa: S310  # from the state
    with OPENER.open(request, timeout=TIMEOUT_S):
        pass


def _summary(state: State) -> str:
    standings = ", ".join(f"{each.name} {each.standing}" for each in state.analysers)
    ledgers = ", ".join(str(pod.ledger) for pod in state.pods)
    return f"{standings}; {ledgers}"
