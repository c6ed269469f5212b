"""Runs in drills: the sample analyser, which also writes down the id of each packet it takes where that outlives it.

A real analyser keeps what it has analysed; the sample forgets with its process, and a drill ends processes. RECORDS
says where they go: to a folder, or to tcp:HOST:PORT, where a collector writes down each line it is sent.
While the file that REFUSING names is there, every packet is refused for good (400).
"""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

import logdist_analyser.analyser
from logdist_analyser.__main__ import main
from logdist_analyser.errors import InvalidPacket
from logdist_analyser.window import ReceivedWindow
from logdist_analyser.wire import Packet, Rejection, decode_batch

RECORDS: Final = os.environ.get("RECORDS", "/records")
REFUSING: Final = Path(os.environ.get("REFUSING", "/refusing"))


def opened() -> Callable[[bytes], object]:
    """What writes a line. Bytes that the kernel has taken arrive, even if this process is killed at once."""
    if RECORDS.startswith("tcp:"):
        _, host, port = RECORDS.split(":")
        return socket.create_connection((host, int(port))).sendall
    file = os.open(f"{RECORDS}/{os.environ['HOSTNAME']}", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    return lambda line: os.write(file, line)


WRITE: Final = opened()


class RecordedWindow(ReceivedWindow):
    def note(self, packet_id: str) -> bool:
        WRITE(f"{packet_id}\n".encode())
        return super().note(packet_id)


def decode_or_refuse(body: bytes) -> tuple[list[Packet], list[Rejection]]:
    if REFUSING.exists():
        raise InvalidPacket("id: refused by a drill", field="id")
    return decode_batch(body)


if __name__ == "__main__":
    vars(logdist_analyser.analyser).update(ReceivedWindow=RecordedWindow, decode_batch=decode_or_refuse)
    main()
