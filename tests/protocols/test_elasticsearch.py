"""Elasticsearch's bulk API: what is read, what is kept, and what a client is told."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocols_site import ProtocolSite

from logdist_distributor.errors import InvalidBulk
from logdist_distributor.formats import bulk

NDJSON = "application/x-ndjson"
documents = st.dictionaries(st.text("abc@.", min_size=1), st.text(st.characters(exclude_categories=["Cs"])), max_size=3)
ids = st.none() | st.text("abc123", min_size=1)


def lines(*parts: Any) -> bytes:
    return b"".join((part if isinstance(part, bytes) else json.dumps(part).encode()) + b"\n" for part in parts)


@given(st.lists(st.tuples(st.sampled_from(["index", "create"]), ids, documents), min_size=1, max_size=6))
def test_documents_are_kept_whole_and_answered_in_order(sent: list[tuple[str, str | None, dict[str, str]]]) -> None:
    actions = [{operation: {"_index": "logs"} | ({"_id": own} if own else {})} for operation, own, _ in sent]
    body = lines(*[part for action, (_, _, document) in zip(actions, sent, strict=True) for part in (action, document)])
    read = bulk.read(body, "", b"nonce")
    assert [json.loads(bytes(message.record)) for message in read.messages] == [document for _, _, document in sent]
    assert [item.operation for item in read.items] == [operation for operation, _, _ in sent]
    assert all(item.id == own for item, (_, own, _) in zip(read.items, sent, strict=True) if own)
    assert [message.attributes["_id"] for message in read.messages] == [item.id for item in read.items]
    assert read.are_known == all(own for _, own, _ in sent)


@given(st.binary() | st.text().map(str.encode), st.booleans())
def test_any_bytes_are_read_or_refused(body: bytes, follows_an_action: bool) -> None:
    body = b'{"index":{}}\n' + body + b"\n" if follows_an_action else body
    with suppress(InvalidBulk):
        assert bulk.read(body, "logs", b"nonce").items


def test_a_bad_document_leaves_the_others_alone(served: ProtocolSite) -> None:
    body = lines(
        {"create": {"_index": "a", "_id": 1}},
        {"level": "info", "message": "good"},
        {"index": {}},
        b"no JSON",
        {"delete": {"_id": "x"}},
        {"update": {"_id": "y"}},
        {"doc": {}},
        {"index": {}},
        b"[1]",
        {"index": {"_index": "b"}},
        b'{"message": "\xff"}',
        {"index": {}},
        {"message": "good, too"},
    )
    answer = served.post("/fallback/_bulk", body, NDJSON)
    told = answer.json()
    assert (answer.status_code, told["errors"]) == (200, True)
    items = [next(iter(item.items())) for item in told["items"]]
    assert [(operation, item["_index"], item["status"]) for operation, item in items] == [
        ("create", "a", 201),
        ("index", "fallback", 400),
        ("delete", "fallback", 400),
        ("update", "fallback", 400),
        ("index", "fallback", 400),
        ("index", "b", 400),
        ("index", "fallback", 201),
    ]
    kinds = ["document_parsing_exception", "illegal_argument_exception"]
    assert [item["error"]["type"] for _, item in items if "error" in item] == [kinds[i] for i in (0, 1, 1, 0, 0)]
    assert (items[0][1]["_id"], items[0][1]["result"]) == ("1", "created")
    assert len({item["_id"] for _, item in items}) == len(items)


@pytest.mark.parametrize(
    ("body", "kind", "reason"),
    [
        (b"", "parse_exception", "body is required"),
        (b'{"index":{}}\n{}', "illegal_argument_exception", "terminated by a newline"),
        (b"no JSON\n", "illegal_argument_exception", "line [1]"),
        (b'{"index":{}}\n{}\n{"what":{}}\n{}\n', "illegal_argument_exception", "line [3], expected field"),
        (b'{"index":{},"create":{}}\n{}\n', "illegal_argument_exception", "line [1], expected one action"),
        (b'{"index":7}\n{}\n', "illegal_argument_exception", "line [1]"),
        (b'{"index":{}}\n', "illegal_argument_exception", "no document follows"),
        (b"[" * 100_000 + b"\n", "illegal_argument_exception", "line [1]"),
    ],
)
def test_a_bad_action_refuses_the_whole_request(served: ProtocolSite, body: bytes, kind: str, reason: str) -> None:
    answer = served.post("/logs/_bulk", body, NDJSON)
    told = answer.json()
    assert (answer.status_code, told["status"], told["error"]["type"]) == (400, 400, kind)
    assert reason in told["error"]["reason"]
    assert told["error"]["root_cause"] == [{"type": kind, "reason": told["error"]["reason"]}]


def test_documents_without_an_index_are_refused_one_by_one(served: ProtocolSite) -> None:
    [item] = served.post("/_bulk", lines({"index": {}}, {"a": 1}), NDJSON).json()["items"]
    assert (item["index"]["status"], item["index"]["error"]["reason"]) == (400, "index is missing")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["/", "/_license", "/_cluster/health"])
def test_what_clients_ask_at_start_is_answered(served: ProtocolSite, method: str, path: str) -> None:
    answer = served.http.request(method, path)
    assert (answer.status_code, answer.headers["x-elastic-product"]) == (200, "Elasticsearch")
    assert (answer.content == b"") == (method == "HEAD")


def test_what_is_not_served_is_told_as_elasticsearch_would(served: ProtocolSite) -> None:
    for method, path in (("GET", "/_search"), ("PUT", "/_index_template/logs"), ("HEAD", "/_ilm/policy/logs")):
        answer = served.http.request(method, path)
        assert (answer.status_code, answer.headers["x-elastic-product"]) == (404, "Elasticsearch")
    assert served.http.get("/_search").json()["error"]["type"] == "resource_not_found_exception"


@pytest.mark.parametrize("version", ["8", "9"])
def test_the_answer_is_in_the_media_type_that_was_asked_for(served: ProtocolSite, version: str) -> None:
    asked = f"application/vnd.elasticsearch+json; compatible-with={version}"
    sent = f"application/vnd.elasticsearch+x-ndjson; compatible-with={version}"
    answer = served.post("/_bulk", lines({"index": {"_index": "i"}}, {}), sent, accept=asked)
    assert (answer.status_code, answer.headers["content-type"]) == (200, asked.replace("; ", ";"))


def test_overload_is_503_in_the_form_that_clients_read(site: ProtocolSite) -> None:
    distributor = site.distributor("--spool-bytes", "10")
    distributor.register()
    site.connect(distributor)
    answer = site.post("/_bulk", lines({"index": {"_index": "i"}}, {}), NDJSON)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["error"]["type"] == "unavailable_shards_exception"
