"""What one drill did to the packets and to whom sends them. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Books:
    """The sender's book against what analysers wrote down."""

    acknowledged: int
    lost: int  # acknowledged, and at no analyser
    repeated: int  # deliveries beyond the first
    errors: int  # packets refused for good, or given up
    retries: dict[str, int]  # attempts made again, by reason
    longest_gap_ms: float  # in which packets were outstanding and none was settled
    slowest_ms: float  # that a packet took from its first attempt to its acknowledgement


@dataclass(slots=True)
class Outcome:
    """One drill. Times in seconds; None where there is nothing to notice."""

    name: str
    done: list[str] = field(default_factory=list)
    notice_s: float | None = None
    recover_s: float | None = None
    books: Books | None = None
    problems: list[str] = field(default_factory=list)
    not_done: str = ""  # why it could not be done here

    @property
    def is_good(self) -> bool:
        return not self.problems


def keep_books(book: dict[str, Any], run: str, received: Counter[str]) -> Books:
    """`book`: the sender's last report, whose packets are `run-0`, `run-1`, ...; `received`: ids by deliveries.

    What was given up was not acknowledged; whether it arrived is no matter.
    """
    given_up = set(book["givenUp"])
    acknowledged = {f"{run}-{number}" for number in range(book["begun"]) if number not in given_up}
    return Books(
        acknowledged=len(acknowledged),
        lost=len(acknowledged - received.keys()),
        repeated=received.total() - len(received),
        errors=len(given_up),
        retries=book["setbacks"],
        longest_gap_ms=book["longestGapMs"],
        slowest_ms=book["slowestMs"],
    )


def problems_of(books: Books) -> Iterable[str]:
    if books.lost:
        yield f"{books.lost} packets were acknowledged, and are at no analyser"
    if books.errors:
        yield f"{books.errors} packets were refused for good or given up"
    if not books.acknowledged:
        yield "no packet was acknowledged: nothing was shown"
