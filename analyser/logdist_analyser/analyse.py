"""What the analyser finds out: totals, levels, rates and message shapes. No IO, no clock; app.py feeds it packets.

Totals and levels are exact. Shapes cost some microseconds a message, so only about SHAPED_PER_S_MAX messages a second
are looked at: every one while traffic is below that, above it a random one in n, each counting n times.
"""

import random
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Final

from logdist_analyser.shapes import CHARS_MAX, shape
from logdist_analyser.wire import Message, Packet

WINDOW_S: Final = 60
LEVELS_MAX: Final = 32  # different levels told apart; also bounds the cardinality of the metric
LEVEL_CHARS_MAX: Final = 32
SHAPED_PER_S_MAX: Final = 2_000
SHAPES_PER_S_MAX: Final = 500  # different shapes remembered for one second
TOP_SHAPES: Final = 20
OTHER: Final = "OTHER"

_level_of: Final = attrgetter("level")


@dataclass(slots=True)
class ShapeCount:
    """How often a shape was logged, and one message that had it."""

    example: str
    count: int = 0


@dataclass(slots=True)
class Second:
    """What came in during one second."""

    starts_s: int
    packets: int = 0
    messages: int = 0
    shapes: dict[str, ShapeCount] = field(default_factory=dict)
    shapes_other: int = 0  # messages whose shape found no room

    def add_shape(self, name: str, example: str, count: int) -> None:
        known = self.shapes.get(name)
        if known is None:
            if len(self.shapes) >= SHAPES_PER_S_MAX:
                self.shapes_other += count
                return
            known = self.shapes[name] = ShapeCount(example)
        known.count += count


class Analysis:
    """Everything known about the packets seen. Memory is bounded whatever comes in (about 60 MiB at the very worst)."""

    def __init__(self, *, started_s: float) -> None:
        self.packets_total = 0
        self.messages_total = 0
        self.levels: Counter[str] = Counter()
        self._started_s = started_s
        self._seconds: deque[Second] = deque(maxlen=WINDOW_S)
        self._stride = 1  # one message in so many is looked at for its shape
        self._shaped = 0  # looked at since the second began or the stride last doubled

    def add(self, packets: list[Packet], now_s: float) -> None:
        """Count packets. Well below a microsecond a packet, and at most SHAPED_PER_S_MAX shapes a second."""
        second = self._second_at(now_s)
        messages = [message for packet in packets for message in packet.messages]
        self.packets_total += len(packets)
        self.messages_total += len(messages)
        second.packets += len(packets)
        second.messages += len(messages)
        for level, count in Counter(map(_level_of, messages)).items():
            self._count_level(level, count)
        self._shape_sample(second, messages)

    def report(self, now_s: float) -> dict[str, object]:
        """Totals, and rates and top shapes of the last WINDOW_S seconds (or since the start, if that is less)."""
        recent = [second for second in self._seconds if second.starts_s > now_s - WINDOW_S]
        span_s = min(float(WINDOW_S), max(1.0, now_s - self._started_s))
        shapes = _merged(recent)
        top = sorted(shapes.items(), key=lambda item: item[1].count, reverse=True)[:TOP_SHAPES]
        return {
            "packets": self.packets_total,
            "messages": self.messages_total,
            "levels": dict(self.levels.most_common()),
            "lastMinute": {
                "packetsPerSecond": round(sum(second.packets for second in recent) / span_s, 3),
                "messagesPerSecond": round(sum(second.messages for second in recent) / span_s, 3),
                "shapesSampledOneIn": self._stride,
                "shapesOther": sum(second.shapes_other for second in recent),
                "topShapes": [{"shape": name, "count": s.count, "example": s.example} for name, s in top],
            },
        }

    def _second_at(self, now_s: float) -> Second:
        starts_s = int(now_s)
        if self._seconds and self._seconds[-1].starts_s >= starts_s:
            return self._seconds[-1]
        before = self._seconds[-1].messages if self._seconds else 0
        self._stride = max(1, -(-before // SHAPED_PER_S_MAX))
        self._shaped = 0
        second = Second(starts_s)
        self._seconds.append(second)
        return second

    def _count_level(self, level: str, count: int) -> None:
        name = level[:LEVEL_CHARS_MAX].strip().upper() or OTHER
        if name not in self.levels and len(self.levels) >= LEVELS_MAX:
            name = OTHER
        self.levels[name] += count

    def _shape_sample(self, second: Second, messages: list[Message]) -> None:
        stride = self._stride
        if stride > 1:
            # At random: traffic has a rhythm (the first message of every packet the same) that every n-th would meet.
            wanted = int(len(messages) / stride + random.random())  # noqa: S311 - statistics, not secrets
            messages = random.sample(messages, wanted)
        for message in messages:
            second.add_shape(shape(message.message), message.message[:CHARS_MAX], stride)
        self._shaped += len(messages)
        if self._shaped > SHAPED_PER_S_MAX:  # this second is busier than the last one promised
            self._stride *= 2
            self._shaped = 0


def _merged(seconds: Iterable[Second]) -> dict[str, ShapeCount]:
    shapes: dict[str, ShapeCount] = {}
    for second in seconds:
        for name, seen in second.shapes.items():
            shapes.setdefault(name, ShapeCount(seen.example)).count += seen.count
    return shapes
