"""One analyser: what a delivery goes through, from bytes to what they changed. Called by packets.py; no HTTP."""

from typing import Final

from logdist_analyser.analyse import Analysis
from logdist_analyser.drills import Drills
from logdist_analyser.errors import InvalidPacket
from logdist_analyser.histogram import Histogram
from logdist_analyser.window import ReceivedWindow
from logdist_analyser.wire import Packet, Rejection, decode_batch, decode_packet


class Analyser:
    """Owns the counters, the window of ids and the drills. Lives on one event loop, so it needs no locks."""

    def __init__(self, name: str, *, started_s: float) -> None:
        self.name: Final = name
        self.analysis: Final = Analysis(started_s=started_s)
        self.received: Final = ReceivedWindow()
        self.drills: Final = Drills()
        self.handling: Final = Histogram()
        self.repeats_total = 0
        self.rejected_total = 0
        self.drilled_total = 0

    def take_one(self, body: bytes, now_s: float) -> str:
        """Analyse one packet and return its id. A repeat is counted and dropped.

        Raises InvalidPacket; then nothing was analysed.
        """
        try:
            packet = decode_packet(body)
        except InvalidPacket:
            self.rejected_total += 1
            raise
        self._take([packet], now_s)
        return packet.id

    def take_batch(self, body: bytes, now_s: float) -> list[Rejection]:
        """Analyse the good packets of a batch, repeats dropped, and return what is wrong with the others.

        Raises InvalidPacket when the body holds no packet at all.
        """
        packets, rejected = decode_batch(body)
        self.rejected_total += len(rejected)
        self._take(packets, now_s)
        return rejected

    def _take(self, packets: list[Packet], now_s: float) -> None:
        note = self.received.note
        fresh = [packet for packet in packets if note(packet.id)]
        self.repeats_total += len(packets) - len(fresh)
        self.analysis.add(fresh, now_s)
