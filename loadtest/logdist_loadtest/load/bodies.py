"""The packets that are sent: made once for each size, then only the id and the time are new. Pure."""

import random
from typing import Final

import msgspec

from logdist_loadtest.send.packets import Message

# Messages in a packet, and how many of 100 packets have so many: most are small, most bytes are in the large ones.
MIXED: Final = {1: 60, 10: 30, 100: 9, 1000: 1}
STEADY_MESSAGES: Final = 2  # 365 bytes in all, as in the bench
TEXTS: Final = (
    Message("INFO", "user logged in " + "x" * 179),
    Message("ERROR", "payment failed for order 12345"),
    Message("WARN", "slow query: 1204 ms for SELECT * FROM orders WHERE customer = 4711"),
    Message("INFO", "GET /health 200 0.4 ms"),
)
_TAILS: Final = {
    count: b',"messages":' + msgspec.json.encode([TEXTS[number % len(TEXTS)] for number in range(count)]) + b"}"
    for count in (*MIXED, STEADY_MESSAGES)
}


def build_body(packet_id: str, now_s: float, messages: int) -> bytes:
    """A packet as JSON. `messages` is one of MIXED, or STEADY_MESSAGES; the id needs no escaping."""
    return b'{"id":"%b","timestamp":%d%b' % (packet_id.encode("ascii"), int(now_s * 1000), _TAILS[messages])


def roll_messages(dice: random.Random) -> int:
    """How many messages the next packet of a mixed load has."""
    return dice.choices(tuple(MIXED), tuple(MIXED.values()))[0]
