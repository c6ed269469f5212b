"""Lines to packets. Pure but for the random part of the ids; run.py calls it."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec

from logdist_loadtest.send.lines import text_of
from logdist_loadtest.send.recognise import level_of, timestamp_ms_of

PACKET_BYTES_MAX: Final = 1024 * 1024  # of line text; a packet is closed before it would hold more


class Message(msgspec.Struct):
    level: str
    message: str


class Body(msgspec.Struct):
    """A packet as posted."""

    id: str
    timestamp: int  # epoch ms
    messages: list[Message]


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet ready to be sent, as often as it takes: its id and bytes never change."""

    id: str
    body: bytes
    messages: int


class Packer:
    """Gathers lines, in order and all of them; a packet is closed at `lines_max` or before it grows too large."""

    def __init__(self, lines_max: int, new_id: Callable[[], str]) -> None:
        self._lines_max = lines_max
        self._new_id = new_id
        self._lines: list[bytes] = []
        self._bytes = 0

    @property
    def is_empty(self) -> bool:
        return not self._lines

    def add(self, line: bytes, now_s: float) -> Packet | None:
        """Take one line; returns the packet this completes, if it does. The line itself may stay for the next one."""
        closed = None
        if self._lines and self._bytes + len(line) > PACKET_BYTES_MAX:
            closed = self.close(now_s)
        self._lines.append(line)
        self._bytes += len(line)
        if len(self._lines) >= self._lines_max:
            # Never both: with a packet just closed for its size one line waits, and that is enough only if lines_max
            # is 1, when none had been waiting.
            closed = self.close(now_s)
        return closed

    def close(self, now_s: float) -> Packet | None:
        """The packet of the lines gathered so far; None when there are none."""
        if not self._lines:
            return None
        lines = [text_of(line) for line in self._lines]
        self._lines, self._bytes = [], 0
        return build_packet(self._new_id(), lines, now_s)


def build_packet(packet_id: str, lines: list[str], now_s: float) -> Packet:
    """One message a line; the timestamp is that of the first line that has one, else `now_s`."""
    times = (timestamp_ms_of(line, now_s) for line in lines)
    timestamp_ms = next((time for time in times if time is not None), int(now_s * 1000))
    body = Body(packet_id, timestamp_ms, [Message(level_of(line), line) for line in lines])
    return Packet(packet_id, msgspec.json.encode(body), len(lines))


def build_id_source(now_s: float) -> Callable[[], str]:
    """Ids that no other run uses and that sort by time: start in ms, 40 random bits, a counter."""
    prefix = f"{int(now_s * 1000):012x}-{secrets.token_hex(5)}"
    counter = 0

    def new_id() -> str:
        nonlocal counter
        counter += 1
        return f"{prefix}-{counter:08d}"

    return new_id
