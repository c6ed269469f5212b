"""Sockets and HTTP requests in another process's network namespace, from threads of this process."""

import ctypes
import http.client
import socket
import ssl
import threading
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

CLONE_NEWNET: Final = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def enter(pid: int) -> None:
    """Move the calling thread, and only it, into the network namespace of `pid`. Raises OSError."""
    with Path(f"/proc/{pid}/ns/net").open("rb") as file:
        enter_file(file.fileno())


def enter_file(descriptor: int) -> None:
    """The same for a namespace held open as a file."""
    if _libc.setns(descriptor, CLONE_NEWNET):  # os.setns came with Python 3.12
        raise OSError(ctypes.get_errno(), "setns")


def connect(address: tuple[str, int], *, pid: int | None, timeout_s: float) -> socket.socket:
    """Connect there. A socket stays in the namespace where it was made; the thread that made it need not live on."""
    if pid is None:
        return socket.create_connection(address, timeout_s)
    made: list[socket.socket | OSError] = []

    def dial() -> None:
        try:
            enter(pid)
            made.append(socket.create_connection(address, timeout_s))
        except OSError as error:
            made.append(error)

    thread = threading.Thread(target=dial)
    thread.start()
    thread.join()
    if isinstance(made[0], OSError):
        raise made[0]
    return made[0]


def fetch(url: str, *, pid: int | None = None, body: bytes | None = None, timeout_s: float = 5) -> tuple[int, bytes]:
    """GET, or POST a body: the status and the answer. Raises OSError. Certificates are not checked: it probes."""
    parts = urlsplit(url)
    address = (parts.hostname or "", parts.port or 80)
    connection = http.client.HTTPConnection(*address, timeout=timeout_s)
    connection.sock = connect(address, pid=pid, timeout_s=timeout_s)
    try:
        if parts.scheme == "https":
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            connection.sock = context.wrap_socket(connection.sock)
        target = urlunsplit(("", "", parts.path or "/", parts.query, ""))
        connection.request("GET" if body is None else "POST", target, body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except http.client.HTTPException as error:
        raise ConnectionError(repr(error)) from error
    finally:
        connection.close()


def is_well(url: str, *, pid: int | None = None) -> bool:
    try:
        return fetch(url, pid=pid, timeout_s=2)[0] == 200
    except OSError:
        return False
