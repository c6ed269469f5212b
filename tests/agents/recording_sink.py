"""An analyser of plain records whose other end is the test."""

import json
from typing import Any

from loopback_http import Answer, HttpServer


class RecordingSink(HttpServer):
    """Takes NDJSON. `records` are what it took, in order."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []
        self.is_dead = False  # every connection breaks after its request
        super().__init__(self.take)

    @property
    def texts(self) -> list[str]:
        return [record["message"] for record in self.records]

    def take(self, body: bytes) -> Answer | None:
        if self.is_dead:
            return None
        self.records += [json.loads(line) for line in body.splitlines()]
        return 200, b""
