"""Acknowledgement ids for senders that ask later whether their request is safe, as Splunk's indexers have them."""

from collections import OrderedDict
from typing import Final

CHANNELS_MAX: Final = 10_000  # the one that was quiet the longest is forgotten first


class Channels:
    """How many ids each channel was given. An id is given only to a request that is safe, so each id given is true."""

    def __init__(self) -> None:
        self._given: OrderedDict[str, int] = OrderedDict()

    def give(self, channel: str) -> int:
        """The id of a request whose packets are all safe."""
        ack_id = self._given.get(channel, 0)
        self._given[channel] = ack_id + 1
        self._given.move_to_end(channel)
        if len(self._given) > CHANNELS_MAX:
            self._given.popitem(last=False)
        return ack_id

    def are_safe(self, channel: str, ack_ids: list[int]) -> dict[str, bool]:
        """For each id, whether it was given here."""
        given = self._given.get(channel, 0)
        if given:
            self._given.move_to_end(channel)
        return {str(ack_id): 0 <= ack_id < given for ack_id in ack_ids}
