"""Levels by name, and OpenTelemetry's severity numbers.

Source: https://opentelemetry.io/docs/specs/otel/logs/data-model/#severity-fields
"""

from typing import Final

UNSPECIFIED: Final = "unspecified"
NAMES: Final = ("trace", "debug", "info", "warn", "error", "fatal")  # of four numbers each, from 1
NUMBERS: Final = {
    "trace": 1,
    "verbose": 1,
    "debug": 5,
    "info": 9,
    "information": 9,
    "informational": 9,
    "notice": 10,
    "warn": 13,
    "warning": 13,
    "error": 17,
    "err": 17,
    "critical": 18,
    "crit": 18,
    "alert": 19,
    "emergency": 21,
    "emerg": 21,
    "panic": 21,
    "fatal": 21,
}


def level_of(number: int, text: str) -> str:
    """The level of a log record: its own word, else the name of its number's range."""
    if text:
        return text
    return NAMES[(number - 1) // 4] if 1 <= number <= 24 else UNSPECIFIED


def severity_of(level: str) -> int:
    """The number for a level's name; 0, which means unspecified, for a name that nobody agreed on."""
    return NUMBERS.get(level.lower(), 0)
