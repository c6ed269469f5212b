"""Whether a run may be believed: nothing lost, nothing twice, no error, shares as promised. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

SHARE_ERROR_MAX = 1.0  # packets: the deal's bound


@dataclass(frozen=True, slots=True)
class Tally:
    """The two ends of one run compared, from the server's start to the last packet's arrival."""

    completed: int  # packets that `wrk` saw acknowledged
    in_flight_max: int  # packets that may have been on their way when `wrk` stopped waiting for answers
    received: tuple[int, ...]  # packets, by analyser
    weights: tuple[int, ...]
    accepted: int | None  # the distributor's own ledger; None for a proxy
    errors: int
    is_drained: bool  # all that was accepted was delivered in the end
    is_share_promised: bool

    @property
    def share_error(self) -> float:
        """How far the worst analyser is from its share, in packets."""
        total, weight_sum = sum(self.received), sum(self.weights)
        pairs = zip(self.received, self.weights, strict=True)
        return max(abs(received - total * weight / weight_sum) for received, weight in pairs)


def find_faults(tally: Tally) -> Iterator[str]:
    """Everything wrong with the run, one sentence each; nothing when it is good."""
    received = sum(tally.received)
    if not tally.completed:
        yield "no request was answered"
    if tally.errors:
        yield f"{tally.errors} requests failed"
    if not tally.is_drained:
        yield "not everything was delivered in the end"
    if received < tally.completed:
        yield f"{tally.completed - received} of {tally.completed} acknowledged packets did not arrive"
    if received > tally.completed + tally.in_flight_max:
        surplus = received - tally.completed
        yield f"{surplus} more packets arrived than were acknowledged, at most {tally.in_flight_max} expected"
    if tally.accepted is not None and tally.accepted != received:
        yield f"{tally.accepted} packets were accepted, {received} arrived"
    if tally.is_share_promised and tally.share_error > SHARE_ERROR_MAX:
        yield f"an analyser is {tally.share_error:.1f} packets away from its share"
