"""Which packets reached a sink, and how often: one byte a packet in a mapped file.

The file outlives the process that writes it, so a sink killed with SIGKILL still tells what it had received.
"""

import mmap
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

NUMBERS_MAX: Final = 1 << 22  # packets one run can tell apart; the file is sparse
NUMBER: Final = slice(15, 27)  # of a packet: hex digits, behind `{"id":"` and the run's 8 digits
OFTEN: Final = 255


class Seen:
    """The file of one sink, being written."""

    def __init__(self, path: Path) -> None:
        with path.open("w+b") as file:
            file.truncate(NUMBERS_MAX)
            self.times = mmap.mmap(file.fileno(), NUMBERS_MAX)

    def note(self, body: bytes) -> None:
        """Count every packet of an NDJSON body. Raises IndexError beyond NUMBERS_MAX."""
        times = self.times
        for line in body.splitlines():
            number = int(line[NUMBER], 16)
            times[number] = min(OFTEN, times[number] + 1)


def read_arrivals(files: Iterable[Path]) -> Counter[int]:
    """How often each packet arrived, over all sinks, by its number."""
    arrivals: Counter[int] = Counter()
    for file in files:
        for found in re.finditer(rb"[^\0]", file.read_bytes()):
            arrivals[found.start()] += found[0][0]
    return arrivals
