"""Elasticsearch's bulk requests: lines in pairs, an action and its document.

As there, one bad document leaves the others alone, and a bad action line, after which nobody knows where the next one
is, makes the whole request bad. Source: https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from logdist_distributor.errors import InvalidBulk, MalformedBody, TooManyMessages
from logdist_distributor.formats.messages import Message
from logdist_distributor.formats.records import REQUEST_MESSAGES_MAX, Keys
from logdist_distributor.formats.sinks import read_one
from logdist_distributor.formats.stored import content_id
from logdist_distributor.wire import NOT_JSON

WRITES: Final = frozenset({"index", "create"})
OPERATIONS: Final = WRITES | {"update", "delete"}
KEYS: Final = Keys()


class Action(msgspec.Struct):
    """What an action line says. Routing, pipelines and versions are for a store; there is none."""

    index: str | None = msgspec.field(name="_index", default=None)
    id: str | int | None = msgspec.field(name="_id", default=None)


class Item(msgspec.Struct):
    """One action and what became of it: the message, or why there is none."""

    operation: str
    index: str
    id: str
    message: Message | None = None
    error_type: str = ""
    error: str = ""


class Bulk(msgspec.Struct):
    """`are_known`: every document has an id of the sender's, by which it is told from all others."""

    items: list[Item]
    are_known: bool

    @property
    def messages(self) -> list[Message]:
        return [item.message for item in self.items if item.message is not None]


_decode_action = msgspec.json.Decoder(dict[str, Action]).decode


def read(body: bytes, index: str, nonce: bytes) -> Bulk:
    """The items of a body, in order; `index` is for those that name none, and `nonce` makes ids for those without.

    Raises InvalidBulk where an action is none, and TooManyMessages.
    """
    if not body.strip():
        raise InvalidBulk("request body is required", kind="parse_exception")
    if not body.endswith(b"\n"):
        raise InvalidBulk("The bulk request must be terminated by a newline [\\n]")
    items: list[Item] = []
    are_known = True
    lines = enumerate(body.split(b"\n"), 1)
    for number, line in lines:
        if not line.strip():
            continue
        operation, action = _action(line, number)
        are_known = are_known and action.id not in (None, "")
        document = b"" if operation == "delete" else _document(lines, number)
        made_id = content_id(nonce, number.to_bytes(4, "big")) if action.id in (None, "") else str(action.id)
        items.append(_item(operation, action.index or index, made_id, document))
        if len(items) > REQUEST_MESSAGES_MAX:
            raise TooManyMessages(f"{REQUEST_MESSAGES_MAX} items")
    return Bulk(items, are_known)


def _action(line: bytes, number: int) -> tuple[str, Action]:
    try:
        said = _decode_action(line)
    except NOT_JSON as error:
        raise InvalidBulk(f"Malformed action/metadata line [{number}]: {error}") from error
    if len(said) != 1:
        raise InvalidBulk(f"Malformed action/metadata line [{number}], expected one action but found {len(said)}")
    [(operation, action)] = said.items()
    if operation not in OPERATIONS:
        expected = "[create], [delete], [index] or [update]"
        raise InvalidBulk(
            f"Malformed action/metadata line [{number}], expected field {expected} but found [{operation:.40}]"
        )
    return operation, action


def _document(lines: Iterator[tuple[int, bytes]], number: int) -> bytes:
    """The line after its action."""
    document = next(lines, (0, b""))[1]
    if not document:
        raise InvalidBulk(f"Malformed action/metadata line [{number}], no document follows")
    return document


def _item(operation: str, index: str, document_id: str, document: bytes) -> Item:
    item = Item(operation, index, document_id)
    if operation not in WRITES:
        item.error_type = "illegal_argument_exception"
        item.error = f"[{operation}] is not taken here: logs are only added, by [create] or [index]"
    elif not index:
        item.error_type, item.error = "action_request_validation_exception", "index is missing"
    else:
        _fill(item, document)
    return item


def _fill(item: Item, document: bytes) -> None:
    try:
        document.decode()
        item.message = message = read_one(document, KEYS, "failed to parse")
    except (MalformedBody, UnicodeDecodeError) as error:
        item.error_type, item.error = "document_parsing_exception", str(error)
    else:
        message.attributes = {"_id": item.id}
        message.resource = {"_index": item.index}
