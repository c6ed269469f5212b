"""What an analyser's answer means for the batch it answers. Pure."""

from typing import Final

import msgspec

from logdist_distributor.core.packet import Batch
from logdist_distributor.delivery.client import Answer

REFUSED: Final = frozenset({400, 413, 422})  # bad for good: the same bytes will be refused again


class Rejection(msgspec.Struct):
    """One packet of a batch that the analyser will never take."""

    id: str
    error: str = "rejected"


class PartialAnswer(msgspec.Struct):
    """The body of a 207: everything else in the batch was taken."""

    rejected: list[Rejection]


_decode_partial = msgspec.json.Decoder(PartialAnswer).decode


def rejected_packets(answer: Answer, batch: Batch) -> dict[str, str]:
    """Id -> error of the packets of this batch that a 207 names. Raises ValueError when it cannot be understood."""
    known = {packet.id for packet in batch.packets}
    rejected = {rejection.id: rejection.error for rejection in _decode_partial(answer.body).rejected}
    strangers = rejected.keys() - known
    if strangers:
        raise ValueError(f"207 names a packet that was not sent: {min(strangers)}")
    return rejected


def explain(answer: Answer) -> str:
    """The answer in one line, for dead letters and last errors."""
    text = answer.body[:200].decode("utf-8", "replace").strip()
    return f"{answer.status}: {text}" if text else str(answer.status)
