"""What a log line says about itself: its level and its time, in the formats one meets. Pure; packets.py calls it.

Known: syslog (RFC 3164 and 5424), ISO 8601 anywhere near the start (most applications, Python logging, PostgreSQL,
nginx's error log, logfmt), access logs of nginx and Apache, Apache's error log, klog (Kubernetes), JSON lines.
Nothing here raises, whatever the line.
"""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any, Final, TypeAlias

import msgspec

DEFAULT_LEVEL: Final = "INFO"
HEAD_CHARS: Final = 160  # a level or a time further in belongs to the text
DAY_S: Final = 86_400

# OpenTelemetry's six names, from the names in use.
LEVELS: Final = {
    "TRACE": "TRACE", "FINEST": "TRACE",
    "DEBUG": "DEBUG", "FINE": "DEBUG", "DBG": "DEBUG",
    "INFO": "INFO", "INFORMATION": "INFO", "INFORMATIONAL": "INFO", "NOTICE": "INFO", "LOG": "INFO",
    "WARN": "WARN", "WARNING": "WARN",
    "ERROR": "ERROR", "ERR": "ERROR", "SEVERE": "ERROR",
    "FATAL": "FATAL", "CRIT": "FATAL", "CRITICAL": "FATAL", "ALERT": "FATAL", "EMERG": "FATAL", "EMERGENCY": "FATAL",
    "PANIC": "FATAL",
}  # fmt: skip
SYSLOG_LEVELS: Final = ("FATAL", "FATAL", "FATAL", "ERROR", "WARN", "INFO", "INFO", "DEBUG")  # RFC 5424, 6.2.1
PINO_LEVELS: Final = {10: "TRACE", 20: "DEBUG", 30: "INFO", 40: "WARN", 50: "ERROR", 60: "FATAL"}
KLOG_LEVELS: Final = {"I": "INFO", "W": "WARN", "E": "ERROR", "F": "FATAL"}
LEVEL_KEYS: Final = ("level", "severity", "lvl", "levelname", "log.level", "loglevel")
TIME_KEYS: Final = ("time", "timestamp", "ts", "@timestamp", "t", "datetime", "asctime")
_NAMES: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MONTHS: Final = {name: number for number, name in enumerate(_NAMES, start=1)}

Clock: TypeAlias = tuple[str | Any, ...]  # hours, minutes, seconds as matched

_WORDS: Final = "|".join(sorted(LEVELS, key=len, reverse=True))
# In capitals a level is taken wherever it stands alone; otherwise only where it is marked as one.
_LEVEL: Final = re.compile(
    rf"(?<![\w-])({_WORDS})(?![\w-])"
    rf"|(?i:(?:\b(?:level|lvl|severity)=[\"']?|[\[<(|]\s*|\[\w+:)({_WORDS})(?![\w-])|(?<![\w-])({_WORDS}):(?!\S))"
)
_PRIORITY: Final = re.compile(r"<(\d{1,3})>")
_CLOCK: Final = r"(\d\d):(\d\d):(\d\d)"
_ISO: Final = re.compile(
    rf"(?<!\d)(\d{{4}})[-/](\d\d)[-/](\d\d)[T ]{_CLOCK}(?:[.,](\d{{1,9}}))?(?: ?(Z\b|UTC\b|[+-]\d\d:?\d\d\b))?"
)
_RFC3164: Final = re.compile(rf"(?:<\d{{1,3}}>)?([A-Z][a-z]{{2}}) ([ \d]\d) {_CLOCK}")
_ACCESS: Final = re.compile(
    rf'[^\[\n]{{1,200}}\[(\d\d)/([A-Z][a-z]{{2}})/(\d{{4}}):{_CLOCK} ([+-]\d{{4}})\] "(?:[^"\\]|\\.)*" (\d{{3}})\b'
)
_APACHE_ERROR: Final = re.compile(
    rf"\[[A-Z][a-z]{{2}} ([A-Z][a-z]{{2}}) ([ \d]\d) {_CLOCK}(?:\.(\d{{1,9}}))? (\d{{4}})\]"
)
_KLOG: Final = re.compile(rf"([IWEF])(\d\d)(\d\d) {_CLOCK}\.(\d{{1,9}}) ")
_JSON: Final = msgspec.json.Decoder(dict[str, Any])


def level_of(line: str) -> str:
    """The level of a line, one of TRACE, DEBUG, INFO, WARN, ERROR, FATAL; INFO when it does not tell."""
    fields = _json_fields(line)
    if fields is not None:
        return _json_level(fields)
    if (match := _PRIORITY.match(line)) and int(match[1]) <= 191:
        return SYSLOG_LEVELS[int(match[1]) % 8]
    if match := _ACCESS.match(line):
        return {"4": "WARN", "5": "ERROR"}.get(match[8][0], DEFAULT_LEVEL)
    if match := _KLOG.match(line):
        return KLOG_LEVELS[match[1]]
    if match := _LEVEL.search(line, 0, HEAD_CHARS):
        return LEVELS[(match[1] or match[2] or match[3]).upper()]
    return DEFAULT_LEVEL


def timestamp_ms_of(line: str, now_s: float) -> int | None:
    """When the line was logged, in epoch ms, or None. A time without a zone is local; one without a year is recent."""
    try:
        fields = _json_fields(line)
        timestamp_ms = _text_time_ms(line, now_s) if fields is None else _json_time_ms(fields, now_s)
    except (ValueError, OverflowError, OSError):  # the 31st of February, the year 0
        return None
    # Nothing was logged before 1970, and a packet with such a time would be refused.
    return timestamp_ms if timestamp_ms is not None and timestamp_ms >= 0 else None


def _json_fields(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        return _JSON.decode(line)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None


def _json_level(fields: dict[str, Any]) -> str:
    for key in LEVEL_KEYS:
        value = fields.get(key)
        if isinstance(value, str):
            return LEVELS.get(value.upper(), DEFAULT_LEVEL)
        if isinstance(value, int):
            return SYSLOG_LEVELS[value] if 0 <= value <= 7 else PINO_LEVELS.get(value, DEFAULT_LEVEL)
    return DEFAULT_LEVEL


def _json_time_ms(fields: dict[str, Any], now_s: float) -> int | None:
    for key in TIME_KEYS:
        value = fields.get(key)
        if isinstance(value, str):
            return _text_time_ms(value, now_s)
        if isinstance(value, int | float) and value > 0:
            return _epoch_ms(value)
    return None


def _epoch_ms(number: float) -> int:
    """Seconds, ms, us or ns, told apart by size: each is the only one that falls between 1973 and 5138."""
    for per_ms in (0.001, 1, 1_000, 1_000_000):
        if number < 100_000_000_000 * per_ms * 1_000:
            return int(number / per_ms)
    raise OverflowError(number)


def _text_time_ms(line: str, now_s: float) -> int | None:
    if match := _ISO.search(line, 0, HEAD_CHARS):
        year, month, day, hour, minute, second, fraction, zone = match.groups()
        return _ms((int(year), int(month), int(day)), (hour, minute, second), fraction, _zone(zone))
    if match := _RFC3164.match(line):
        return _recent_ms(MONTHS.get(match[1], 0), int(match[2]), match.group(3, 4, 5), None, now_s)
    if match := _ACCESS.match(line):
        date = int(match[3]), MONTHS.get(match[2], 0), int(match[1])
        return _ms(date, match.group(4, 5, 6), None, _zone(match[7]))
    if match := _APACHE_ERROR.match(line):
        date = int(match[7]), MONTHS.get(match[1], 0), int(match[2])
        return _ms(date, match.group(3, 4, 5), match[6], None)
    if match := _KLOG.match(line):
        return _recent_ms(int(match[2]), int(match[3]), match.group(4, 5, 6), match[7], now_s)
    return None


def _recent_ms(month: int, day: int, clock: Clock, fraction: str | None, now_s: float) -> int:
    """A time without a year: this year's, unless that lies in the future (December's lines read in January)."""
    year = datetime.fromtimestamp(now_s).year
    this_year = _ms((year, month, day), clock, fraction, None)
    return this_year if this_year <= (now_s + DAY_S) * 1000 else _ms((year - 1, month, day), clock, fraction, None)


def _ms(date: tuple[int, int, int], clock: Clock, fraction: str | None, zone: tzinfo | None) -> int:
    hour, minute, second = clock
    moment = datetime(*date, int(hour), int(minute), int(second), tzinfo=zone)  # without a zone: local time
    return int(moment.timestamp()) * 1000 + int((fraction or "0").ljust(3, "0")[:3])


def _zone(text: str | None) -> tzinfo | None:
    if text is None:
        return None
    if text in {"Z", "UTC"}:
        return UTC
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)
