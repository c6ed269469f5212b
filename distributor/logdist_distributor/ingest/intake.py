"""From the bytes of a request to packets in the engine. Fast lane and routes both come through here."""

from collections.abc import Callable
from enum import StrEnum
from typing import Final

from logdist_distributor.core.admission import Admission
from logdist_distributor.core.packet import Packet, Waiter
from logdist_distributor.errors import InvalidPacket, ReceivingTooMuch, UnsupportedMediaType
from logdist_distributor.formats.stored import Stored, read_stored
from logdist_distributor.ingest.replies import Refusals
from logdist_distributor.wire import NOT_JSON, on_one_line, read_envelope, read_lines, split_array

BODY_BYTES_MAX: Final = 16 << 20
RECEIVING_BYTES_MAX: Final = 256 << 20  # of unfinished requests, over all connections
HEAD_BYTES_MAX: Final = 16 << 10
NEWLINE: Final = 0x0A  # as a number it is found by memchr: a tenth of what finding bytes in bytes costs
NDJSON_TYPES: Final = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})


class Shape(StrEnum):
    """How packets stand in a body."""

    ONE = "one packet"
    JSON = "one packet or an array of packets"
    LINES = "one packet a line"


class Balance(StrEnum):
    """What a share is counted in: the cost of a packet."""

    PACKETS = "packets"
    MESSAGES = "messages"
    BYTES = "bytes"


COSTS: Final[dict[Balance, Callable[[int, bytes], int]]] = {  # of a packet with so many messages
    Balance.PACKETS: lambda _messages, _body: 1,
    Balance.MESSAGES: lambda messages, _body: max(1, messages),
    Balance.BYTES: lambda _messages, body: len(body),
}
PATHS: Final = {"/distributor/packet": Shape.ONE, "/v1/packets": Shape.JSON}


def shape_of(path: str, content_type: str) -> Shape:
    """How to read a body sent to `path` with this Content-Type (empty: JSON). Raises UnsupportedMediaType."""
    media_type = content_type.partition(";")[0].strip().lower()
    shape = PATHS[path]
    if media_type in {"", "application/json"}:
        return shape
    if media_type in NDJSON_TYPES and shape is Shape.JSON:
        return Shape.LINES
    accepted = "application/json" + (" or application/x-ndjson" if shape is Shape.JSON else "")
    raise UnsupportedMediaType(f"{media_type} is not understood here: send {accepted}")


class Intake:
    """Reads bodies and hands their packets over, whole requests only. `wake` asks for a dispatch."""

    def __init__(self, admission: Admission, balance_by: Balance, wake: Callable[[], None]) -> None:
        self.admission = admission
        self.receiving_bytes = 0  # of requests that have not come whole
        self.refusals = Refusals()
        self.is_by_packets = balance_by is Balance.PACKETS
        self._cost = COSTS[balance_by]
        self.wake = wake

    def reserve(self, size: int) -> None:
        """Memory for a request that comes in pieces; `free` it in the end. Raises ReceivingTooMuch."""
        if self.receiving_bytes + size > RECEIVING_BYTES_MAX:
            raise ReceivingTooMuch(limit_bytes=RECEIVING_BYTES_MAX)
        self.receiving_bytes += size

    def free(self, size: int) -> None:
        self.receiving_bytes -= size

    def read(self, shape: Shape, body: bytes) -> list[Packet]:
        """The packets of one body, at least one. Raises InvalidPacket."""
        if shape is Shape.LINES:
            packets = self._read_lines(body)
        elif shape is Shape.JSON and body.lstrip()[:1] == b"[":
            packets = [self.packet(element, "element", index) for index, element in enumerate(split_array(body))]
        else:
            return [self.packet(body)]
        if not packets:
            raise InvalidPacket("the request holds no packet")
        return packets

    def _read_lines(self, body: bytes) -> list[Packet]:
        lines = body.split(b"\n")
        if not lines[-1]:
            lines.pop()
        is_by_packets, cost = self.is_by_packets, self._cost
        try:
            return [
                Packet(
                    envelope.id,
                    line,
                    1 if is_by_packets else cost(len(envelope.messages), line),
                    len(envelope.messages),
                )
                for envelope, line in zip(read_lines(body, lines), lines, strict=True)
            ]
        except NOT_JSON:  # a line is blank or bad: one by one, to pass over it or to name it
            numbered = enumerate(lines, 1)
            return [self.packet(line, "line", number) for number, line in numbered if line and not line.isspace()]

    def take(self, packets: list[Packet], waiter: Waiter) -> None:
        """Hand the packets of one request over; `waiter` is settled once all are safe. Raises as Admission.accept."""
        self.wake()
        self.admission.accept(packets, waiter)

    def take_one(self, body: bytes, waiter: Waiter) -> None:
        """Read and hand over a body that is one packet. Raises InvalidPacket, and as Admission.accept."""
        packet = self.packet(body)
        packet.waiter = waiter
        admission = self.admission
        if not admission.fresh:
            self.wake()
        admission.accept_one(packet)

    def packet(self, body: bytes, place: str = "", number: int = 0) -> Packet:
        """Read one packet. Raises InvalidPacket."""
        envelope = read_envelope(body, place, number)
        if NEWLINE in body:
            body = on_one_line(body)
        messages = len(envelope.messages)
        cost = 1 if self.is_by_packets else self._cost(messages, body)
        return Packet(envelope.id, body, cost, messages)

    def packet_of(self, stored: Stored) -> Packet:
        """A packet that was made here, of another protocol's request or of what the spool held."""
        return Packet(stored.id, stored.body, self._cost(stored.messages, stored.body), stored.messages)

    def restore(self, body: bytes) -> Packet:
        """A packet as the spool gives it back."""
        return self.packet_of(read_stored(body))
