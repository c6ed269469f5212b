"""Points in time as senders write them, in nanoseconds since the epoch."""

from datetime import UTC, datetime
from typing import Any, Final

NS_PER_S: Final = 1_000_000_000
# A number says its unit by its size: each of these covers the years 1973 to 5138.
UNITS: Final = ((100_000_000_000, NS_PER_S), (100_000_000_000_000, 1_000_000), (100_000_000_000_000_000, 1_000))
UNIX_NANO_MAX: Final = (1 << 64) - 1


def unix_nano(value: Any) -> int:
    """Seconds, milli-, micro- or nanoseconds as a number or in digits, or ISO 8601. 0 for what is no time.

    A time without a zone is UTC.
    """
    if isinstance(value, str):
        return _from_text(value.strip())
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= UNIX_NANO_MAX:
        return 0
    for below, ns in UNITS:
        if value < below:
            return _scaled(value, ns)
    return int(value)


def _scaled(value: float, ns: int) -> int:
    """Exact for whole numbers, and to a microsecond for seconds with a fraction: a double holds no more."""
    whole = int(value)
    return whole * ns + (round((value - whole) * ns / 1000) * 1000 if value != whole else 0)


def _from_text(text: str) -> int:
    try:
        return _from_digits(text) if text[:1].isdigit() and text.replace(".", "", 1).isdigit() else _from_iso(text)
    except (ValueError, OverflowError):
        return 0


def _from_digits(text: str) -> int:
    """Exact, which a float would not be: `1700000000.123456789`."""
    whole, _, fraction = text[:32].partition(".")
    number = unix_nano(int(whole))
    return number + int(fraction[:9].ljust(9, "0")) if fraction and number == int(whole) * NS_PER_S else number


def _from_iso(text: str) -> int:
    """Python reads microseconds; the three digits below are added."""
    head, dot, tail = text.replace(",", ".", 1).partition(".")
    digits = len(tail) - len(tail.lstrip("0123456789"))
    at = datetime.fromisoformat(head + tail[digits:] if dot else head)
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    below_s = int(tail[:digits][:9].ljust(9, "0")) if dot else 0
    return max(0, int(at.timestamp()) * NS_PER_S + below_s)
