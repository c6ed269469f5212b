"""What an analyser's answer means for the batch it answers. Pure."""

from typing import Final

import msgspec

from logdist_distributor.core.packet import Batch
from logdist_distributor.delivery.endpoint import Answer
from logdist_distributor.errors import MalformedBody
from logdist_distributor.formats.otlp import rejection

WRONG_CREDENTIALS: Final = {401: "it asks for credentials, or for other ones", 403: "its credentials allow no delivery"}
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
    """Id -> error of the packets of this batch that an answer of success does not cover.

    Raises ValueError when it cannot be understood.
    """
    if batch.lane.entry.protocol == "otlp":
        return _partial_success(answer, batch)
    return _named(answer, batch) if answer.status == 207 else {}


def _partial_success(answer: Answer, batch: Batch) -> dict[str, str]:
    """OTLP tells how many records were rejected, not which, and forbids to send them again.

    So all packets of the request go where a person can look at them and decide.
    """
    try:
        records, problem = rejection(answer.body)
    except MalformedBody as error:
        raise ValueError(str(error)) from error
    if not records:
        return {}
    total = sum(packet.messages for packet in batch.packets)
    told = f"partial success: {records} of the {total} records in this request were rejected: {problem}"
    return {packet.id: told for packet in batch.packets}


def _named(answer: Answer, batch: Batch) -> dict[str, str]:
    """What a 207 names."""
    known = {packet.id for packet in batch.packets}
    rejected = {rejection.id: rejection.error for rejection in _decode_partial(answer.body).rejected}
    strangers = rejected.keys() - known
    if strangers:
        raise ValueError(f"207 names a packet that was not sent: {min(strangers)}")
    return rejected


def explain(answer: Answer) -> str:
    """The answer in one line, for dead letters and last errors."""
    text = answer.body[:200].decode("utf-8", "replace").strip()
    words = (str(answer.status), WRONG_CREDENTIALS.get(answer.status, ""), text)
    return ": ".join(word for word in words if word)
