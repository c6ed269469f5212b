"""Which packets came in lately, and how often. app.py asks it before anything is counted."""

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Final

# One million ids of 36 characters take about 160 MiB, of 128 characters 250 MiB.
IDS_MAX: Final = 1_000_000
SHARDS: Final = 64  # one dictionary of a million would stop everything for a tenth of a second whenever it grows
IDS_PER_PIECE: Final = 4_096


class ReceivedWindow:
    """The last `ids_max` different packet ids with the number of times each was delivered.

    A repeat is recognised as long as fewer than `ids_max` different packets came in between.
    """

    def __init__(self, ids_max: int = IDS_MAX) -> None:
        self._ids_max = ids_max
        self._shards: list[dict[str, int]] = [{} for _ in range(SHARDS)]
        # A dict alone could not drop its oldest key in O(1): next(iter(d)) walks over the holes of earlier deletions.
        self._order: deque[str] = deque()

    def __len__(self) -> int:
        return len(self._order)

    def note(self, packet_id: str) -> bool:
        """Record one delivery; true when the packet is new. O(1)."""
        times = self._shards[hash(packet_id) % SHARDS]
        if packet_id in times:
            times[packet_id] += 1
            return False
        times[packet_id] = 1
        self._order.append(packet_id)
        if len(self._order) > self._ids_max:
            oldest = self._order.popleft()
            del self._shards[hash(oldest) % SHARDS][oldest]
        return True

    def lines(self) -> Iterator[str]:
        """`id TAB times` a line, oldest first, in pieces small enough to be sent between two requests.

        The ids are those held now; one that leaves the window meanwhile is skipped. An id with a backslash or an
        unprintable character is written with Python's escapes, so that a line stays a line.
        """
        ids = iter(tuple(self._order))
        while piece := tuple(islice(ids, IDS_PER_PIECE)):
            yield "".join(
                f"{_escaped(packet_id)}\t{times}\n"
                for packet_id in piece
                if (times := self._times(packet_id)) is not None
            )

    def _times(self, packet_id: str) -> int | None:
        return self._shards[hash(packet_id) % SHARDS].get(packet_id)


def _escaped(packet_id: str) -> str:
    if packet_id.isprintable() and "\\" not in packet_id:
        return packet_id
    return packet_id.encode("unicode_escape").decode("ascii")
