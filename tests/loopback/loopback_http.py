"""An HTTP server in threads of the test, for bodies that a test reads itself."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = tuple[int, bytes]  # status and body


class HttpServer:
    """On a port of its own. `answer` is asked for each POST, with its body; None breaks the connection. GET is 200."""

    def __init__(self, answer: Callable[[bytes], Answer | None], content_type: str = "application/json") -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._answer((200, b""))

            def do_POST(self) -> None:
                self._answer(answer(self.rfile.read(int(self.headers["content-length"]))))

            def _answer(self, given: Answer | None) -> None:
                if given is None:
                    self.close_connection = True
                    return
                self.send_response(given[0])
                self.send_header("content-type", content_type)
                self.send_header("content-length", str(len(given[1])))
                self.end_headers()
                self.wfile.write(given[1])

            def log_message(self, *_: object) -> None:
                """Not into the test's output."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
