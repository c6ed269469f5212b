"""What a request head means, remembered by its bytes.

A head (all bytes up to the blank line) is understood by its bytes alone, so one seen before need not be parsed again.
Only heads seen twice are remembered: those that never repeat (a `traceparent` in each) are parsed once, by httptools,
and do not fill the memory. Whether a head shows a right token is part of what it means, and costs nothing once known.
"""

from typing import Final

import httptools
import msgspec

from logdist_distributor.errors import UnsupportedMediaType
from logdist_distributor.ingest.intake import BODY_BYTES_MAX, HEAD_BYTES_MAX, PATHS, Shape, shape_of
from logdist_distributor.tokens import Tokens

REMEMBERED_MAX: Final = 4096
REMEMBERED_HEAD_BYTES_MAX: Final = 4096  # longer ones are parsed each time, so that the memory stays below 16 MiB
SEEN_ONCE_MAX: Final = 8192
SLOW_HEADERS: Final = frozenset({b"transfer-encoding", b"expect"})
PLAIN_CONNECTION: Final = frozenset({b"keep-alive", b"upgrade", b"http2-settings"})  # an upgrade is declined


class Plan(msgspec.Struct, frozen=True, gc=False):
    """A plain request: how long its body is, and how to read it."""

    body_bytes: int
    shape: Shape


class Heads:
    """Understands heads of plain requests. Where `tokens` are wanted, a plain request shows one of them."""

    def __init__(self, tokens: Tokens | None = None) -> None:
        self.tokens = tokens
        self.remembered: dict[bytes, Plan] = {}
        self.seen_once: set[int] = set()

    def plan(self, head: bytes) -> Plan | None:
        """The plan for a plain request; None for everything the reference route has to answer."""
        plan = self.remembered.get(head)
        if plan is not None:
            return plan
        plan = read_head(head, self.tokens)
        if plan is not None and len(head) <= REMEMBERED_HEAD_BYTES_MAX:
            self._remember(head, plan)
        return plan

    def forget(self) -> None:
        """Other tokens count now: what was understood no longer holds."""
        self.remembered.clear()

    def _remember(self, head: bytes, plan: Plan) -> None:
        key = hash(head)
        if key not in self.seen_once:
            if len(self.seen_once) >= SEEN_ONCE_MAX:
                self.seen_once.clear()
            self.seen_once.add(key)
        elif len(self.remembered) < REMEMBERED_MAX:
            self.remembered[head] = plan
        else:
            self.remembered.clear()  # the senders have changed: learn afresh


def read_head(head: bytes, tokens: Tokens | None = None) -> Plan | None:
    """Parse a head; None unless it is a permitted, plain POST that any parser understands in one way only."""
    lines = head.count(b"\r\n")
    if len(head) > HEAD_BYTES_MAX or not head.startswith(b"POST /") or head.count(b"\n") != lines:
        return None
    reader = _HeadReader()
    parser = httptools.HttpRequestParser(reader)
    try:
        parser.feed_data(head)
    except httptools.HttpParserUpgrade:
        pass
    except httptools.HttpParserError:
        return None
    if not reader.is_complete or not parser.should_keep_alive() or parser.get_http_version() != "1.1":
        return None
    return reader.plan(lines, tokens)


def is_unfinished(data: bytes) -> bool:
    """Can more bytes make this the head of a request? httptools refuses many as soon as it sees them."""
    reader = _HeadReader()
    try:
        httptools.HttpRequestParser(reader).feed_data(data)
    except (httptools.HttpParserError, httptools.HttpParserUpgrade):
        return False
    return not reader.is_complete


class _HeadReader:
    """What httptools calls while it parses."""

    def __init__(self) -> None:
        self.url = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.is_complete = False

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self.is_complete = True

    def plan(self, lines: int, tokens: Tokens | None) -> Plan | None:
        headers = dict(self.headers)
        length = headers.get(b"content-length", b"")
        path = self.url.decode("latin-1")
        if (
            len(self.headers) != lines - 2  # a folded header spans lines: one parser joins them, another does not
            or len(headers) != len(self.headers)  # no header twice
            or path not in PATHS
            or (tokens is not None and not tokens.are_shown_by(headers.get(b"authorization", b"")))
            or not SLOW_HEADERS.isdisjoint(headers)
            or headers.get(b"content-encoding", b"identity") != b"identity"
            or not PLAIN_CONNECTION.issuperset(_tokens(headers.get(b"connection", b"keep-alive")))
            or not (length.isdigit() and len(length) < 10 and 0 < int(length) <= BODY_BYTES_MAX)
        ):
            return None
        try:
            return Plan(int(length), shape_of(path, headers.get(b"content-type", b"").decode("latin-1")))
        except UnsupportedMediaType:
            return None


def _tokens(value: bytes) -> list[bytes]:
    return [token.strip() for token in value.lower().split(b",")]
