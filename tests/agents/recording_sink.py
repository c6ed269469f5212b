"""An analyser of plain records whose other end is the test."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class RecordingSink:
    """Takes NDJSON on any path. `records` are what it took, in order."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []
        self.is_dead = False  # every connection breaks in the middle of its request
        sink = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._answer(200)

            def do_POST(self) -> None:
                if sink.is_dead:
                    self.close_connection = True
                    return
                body = self.rfile.read(int(self.headers["content-length"]))
                sink.records += [json.loads(line) for line in body.splitlines()]
                self._answer(200)

            def _answer(self, code: int) -> None:
                self.send_response(code)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Not into the test's output."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def texts(self) -> list[str]:
        return [record["message"] for record in self.records]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
