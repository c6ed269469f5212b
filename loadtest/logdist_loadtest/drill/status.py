"""What a drill reads of a distributor's `GET /control/v1/status`, and what two of them say. Pure."""

from collections.abc import Mapping
from typing import Final

import msgspec

from logdist_loadtest.demo.state import Ledger, Part

SHARE_ERROR_MAX: Final = 2.0  # an exact deal is off by less than a packet at either look


class DealtTo(Part, frozen=True):
    """An analyser, as one distributor sees it."""

    name: str
    weight: int
    standing: str
    delivered: int
    in_flight: int
    waiting: int
    requeued: int

    @property
    def dealt(self) -> int:
        return self.delivered + self.in_flight + self.waiting


class Queue(Part, frozen=True):
    spool_packets: int
    dead_letters: int


class Status(Part, frozen=True):
    instance_id: str
    ledger: Ledger
    queue: Queue
    analysers: list[DealtTo]

    @property
    def is_settled(self) -> bool:
        """All that was accepted has been delivered or is a dead letter, and the books say so."""
        return self.ledger.is_balanced and self.ledger.queued == self.ledger.in_flight == 0

    def standings(self) -> Mapping[str, str]:
        return {each.name: each.standing for each in self.analysers}


decode_status: Final = msgspec.json.Decoder(Status).decode


def are_shares_right(before: Status, after: Status) -> bool:
    """Whether what was dealt between two looks at one distributor is what the weights say, and nothing came back."""
    if _order(before) != _order(after) or any(each.standing != "admitted" for each in after.analysers):
        return False
    early = {each.name: each.dealt for each in before.analysers}
    dealt = {each.name: each.dealt - early[each.name] for each in after.analysers}
    total, weights = sum(dealt.values()), sum(each.weight for each in after.analysers)
    return all(abs(dealt[each.name] - total * each.weight / weights) <= SHARE_ERROR_MAX for each in after.analysers)


def _order(status: Status) -> object:
    return status.instance_id, [(each.name, each.weight, each.standing, each.requeued) for each in status.analysers]
