"""Answers in place of a distributor, as a test wants it to."""

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

Answer = tuple[int, dict[str, str], str]
GOOD: Final = '{"accepted":1}'


class Server(ThreadingHTTPServer):
    """Nothing else can be made to answer wrongly."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.ids: list[str] = []
        self.authorization: str | None = None
        self.answer: Callable[[int], Answer] = lambda _: (202, {}, GOOD)  # to the packet with this number

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        self.server.authorization = self.headers["authorization"]
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.ids.append(body["id"])
        status, headers, text = self.server.answer(len(self.server.ids) - 1)
        self.send_response(status)
        for name, value in {"content-length": str(len(text)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: Any) -> None:
        pass
