"""When a packet is sent again, and after how long. Pure; delivery.py calls it."""

from email.utils import parsedate_to_datetime
from typing import Final

RETRY_FOR_S: Final = 300.0  # a packet not accepted after this long is given up, and sending ends
BACKOFF_MIN_S: Final = 0.1
BACKOFF_MAX_S: Final = 5.0
RETRY_AFTER_MAX_S: Final = 60.0  # a longer wish of the server is cut to this
_DOUBLINGS_MAX: Final = 16


def is_retryable(status: int) -> bool:
    """Whether the same packet may be accepted later: overload, and whatever is wrong on the server's side."""
    return status in {408, 425, 429} or status >= 500


def wait_s(attempt: int, retry_after_s: float, roll: float) -> float:
    """How long to wait after failed attempt number `attempt` (from 1). `roll` is uniform in [0, 1).

    Exponential with jitter over its upper half, so that senders cut off together do not come back together. What the
    server asked for comes first.
    """
    backoff_s: float = min(BACKOFF_MAX_S, BACKOFF_MIN_S * 2.0 ** min(attempt - 1, _DOUBLINGS_MAX))
    return min(retry_after_s, RETRY_AFTER_MAX_S) + backoff_s * (0.5 + roll / 2)


def parse_retry_after(value: str | None, now_s: float) -> float:
    """Seconds to wait from a Retry-After header (seconds or a date); 0 when there is none or it cannot be read."""
    if value is None:
        return 0.0
    if value.strip().isascii() and value.strip().isdecimal():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now_s)
    except (ValueError, OverflowError):
        return 0.0
