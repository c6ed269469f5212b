"""A distributor of sorts for the bench's own tests: STUB PORT CONTROL FATE SINK1 SINK2 SINK3.

Forwards each packet by smooth weighted round robin 1:2:3 and answers 202; with FATE "lose" it forwards nothing.
"""

import http.client
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT, CONTROL = int(sys.argv[1]), int(sys.argv[2])
FATE, SINKS = sys.argv[3], [int(port) for port in sys.argv[4:]]
WEIGHTS = [1, 2, 3]
current = [0, 0, 0]
accepted = 0
lock = threading.Lock()


def choose() -> int:
    for index, weight in enumerate(WEIGHTS):
        current[index] += weight
    best = max(range(3), key=current.__getitem__)
    current[best] -= sum(WEIGHTS)
    return SINKS[best]


class Quiet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        pass

    def answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"]))


class Ingest(Quiet):
    def do_POST(self) -> None:
        global accepted  # noqa: PLW0603
        body = self.body()
        with lock:
            accepted += 1
            port = choose()
        if FATE != "lose":
            connection = http.client.HTTPConnection("127.0.0.1", port)
            connection.request("POST", "/v1/packets", body)
            connection.getresponse().read()
            connection.close()
        self.answer(202)


class ControlPlane(Quiet):
    def do_PUT(self) -> None:
        self.answer(200 if json.loads(self.body())["generation"] == 1 else 422)

    def do_GET(self) -> None:
        status = {"analysers": [{"standing": "admitted"}], "ledger": {"accepted": accepted, "queued": 0, "inFlight": 0}}
        self.answer(200, json.dumps(status).encode())


threading.Thread(target=ThreadingHTTPServer(("127.0.0.1", CONTROL), ControlPlane).serve_forever, daemon=True).start()
ThreadingHTTPServer(("127.0.0.1", PORT), Ingest).serve_forever()
