"""The message of a JSON packet with all that other protocols know of it.

The first two fields are those of any packet. The others are unknown fields to an analyser of packets, which keeps or
ignores them.
"""

from typing import Any

import msgspec


class Message(msgspec.Struct, omit_defaults=True, rename="camel", gc=False):
    """`time_unix_nano` is a decimal string, as in OTLP's JSON: no JSON reader holds so large a number.

    `record` is the original, byte for byte, where the sender's protocol takes records of any shape.
    """

    level: str
    message: str
    time_unix_nano: str = ""
    observed_time_unix_nano: str = ""
    severity_number: int = 0
    event_name: str = ""
    trace_id: str = ""  # hex
    span_id: str = ""  # hex
    flags: int = 0
    attributes: dict[str, Any] = {}
    dropped_attributes_count: int = 0
    scope: dict[str, Any] = {}
    resource: dict[str, Any] = {}  # its attributes
    resource_schema_url: str = ""
    resource_dropped_attributes_count: int = 0
    body: Any = None  # where it is more than the text in `message`
    record: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class Packet(msgspec.Struct):
    """A packet that is written here, not received."""

    id: str
    timestamp: int  # epoch milliseconds
    messages: list[Message]
