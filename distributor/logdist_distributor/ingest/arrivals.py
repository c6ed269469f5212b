"""When requests come, and what tells one from every other."""

import itertools
import secrets
import time

from logdist_distributor.formats.records import Arrival

_PROCESS = secrets.token_bytes(16)
_numbers = itertools.count()


def arrive() -> Arrival:
    """A request has come now."""
    return Arrival(time.time_ns(), _PROCESS + next(_numbers).to_bytes(8, "big"))
