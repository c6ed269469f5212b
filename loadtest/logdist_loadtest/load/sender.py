"""One user: posts one packet after the other, each until it is accepted or refused for good."""

import random
import ssl
import time
from pathlib import Path
from typing import Any, Final

import gevent
from locust import FastHttpUser, task

from logdist_loadtest.load.bodies import STEADY_MESSAGES, build_body, roll_messages
from logdist_loadtest.load.plan import MIXED_SCENARIOS
from logdist_loadtest.send.packets import build_id_source
from logdist_loadtest.send.retry import parse_retry_after, wait_s

PATH: Final = "/v1/packets"
ACCEPTED: Final = "POST /v1/packets"
LATER: Final = "503, asked to come later"
RIGHT: Final = b'{"accepted":1}'


class Sender(FastHttpUser):
    """Its packets have ids that nobody else's have: those of other users, workers and runs are drawn apart."""

    network_timeout = 30.0
    connection_timeout = 10.0
    insecure = False

    def ssl_context_factory(self, cafile: str) -> ssl.SSLContext:
        """Whom to trust. Locust calls it for an https host, with the authorities that it brings."""
        options: Any = self.environment.parsed_options
        return ssl.create_default_context(cafile=options.ingest_ca_file or cafile)

    def on_start(self) -> None:
        # Here and not at import: workers that are forked (--processes) would share what was drawn before.
        options: Any = self.environment.parsed_options
        self._new_id = build_id_source(time.time())
        self._dice = random.Random()  # noqa: S311  # sizes of packets, no secret
        self._headers = {"Content-Type": "application/json"}
        if options.ingest_token_file:
            token = Path(options.ingest_token_file).read_text(encoding="ascii").split()[0]
            self._headers["Authorization"] = f"Bearer {token}"
        self._is_mixed = options.scenario in MIXED_SCENARIOS
        self._every_s = 1 / options.pace if options.pace else 0.0
        self._due_s = time.monotonic()

    def wait_time(self) -> float:
        """Seconds until the next packet is due. One that came late is not made up for."""
        now_s = time.monotonic()
        self._due_s = max(now_s, self._due_s + self._every_s)
        return self._due_s - now_s

    @task
    def send(self) -> None:
        messages = roll_messages(self._dice) if self._is_mixed else STEADY_MESSAGES
        body = build_body(self._new_id(), time.time(), messages)
        attempt = 1
        while (later_s := self._post(body)) is not None:
            gevent.sleep(wait_s(attempt, later_s, self._dice.random()))
            attempt += 1

    def _post(self, body: bytes) -> float | None:
        """Seconds after which the server wants it again; None when that is settled, either way."""
        data: Any = body  # locust says str, and takes both
        with self.client.post(PATH, data=data, headers=self._headers, name=ACCEPTED, catch_response=True) as answer:
            retry_after = answer.headers.get("retry-after") if answer.headers else None
            if answer.status_code == 503 and retry_after is not None:
                answer.request_meta["name"] = LATER
                answer.success()
                return parse_retry_after(retry_after, time.time())
            if answer.status_code != 202:
                answer.failure(f"{answer.status_code or answer.error}: {(answer.text or '')[:200]}")
            elif answer.content != RIGHT:
                answer.failure(f"202 with a wrong body: {(answer.text or '')[:200]}")
            return None
