"""Splunk's HTTP Event Collector: what is read, what is kept, and what a client is told."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loopback_wait import until
from protocols_site import ProtocolSite

from logdist_distributor.errors import InvalidEvent
from logdist_distributor.formats import hec
from logdist_distributor.formats.hec import Code
from logdist_distributor.ingest.acks import CHANNELS_MAX, Channels

COLLECTOR = "/services/collector"
CHANNEL = "fe0ecfad-13d5-401b-847d-77833bd77131"
EVENT = {"time": 1_700_000_000.123, "host": "h", "source": "s", "sourcetype": "t", "index": "i", "event": "hello"}
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 53), 1 << 53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3),
    max_leaves=8,
)
events = st.fixed_dictionaries(
    {"event": values.filter(lambda value: value not in (None, ""))},
    optional={"time": values, "fields": st.dictionaries(st.text("abc"), values, max_size=3), "host": st.text("abc")},
)


@given(st.lists(events, min_size=1, max_size=6), st.sampled_from(["", "\n", "\r\n\r\n", " \t"]))
def test_events_are_kept_whole_however_they_are_parted(sent: list[dict[str, Any]], between: str) -> None:
    body = between.join(json.dumps(event) for event in sent).encode()
    assert [json.loads(bytes(message.record)) for message in hec.read_events(body)] == sent
    assert [json.loads(bytes(message.record)) for message in hec.read_events(json.dumps(sent).encode())] == sent


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    for read in (hec.read_events, lambda body: hec.read_lines(body, {})):
        with suppress(InvalidEvent):
            assert read(body)


def test_what_an_event_says_is_found() -> None:
    fields = {"level": "ERROR", "user": "u"}
    [plain, rich, number] = hec.read_events(
        b"".join(
            json.dumps(event).encode()
            for event in (
                EVENT | {"fields": fields},
                {"event": {"severity": "warn", "message": "m", "time": 1}, "time": "1700000000.5", "fields": fields},
                {"event": 7},
            )
        )
    )
    assert (plain.message, plain.level, plain.attributes) == ("hello", "ERROR", fields)
    assert plain.time_unix_nano == "1700000000123000000"
    assert plain.resource == {"host": "h", "source": "s", "sourcetype": "t", "index": "i"}
    assert (rich.message, rich.level, rich.time_unix_nano) == ("m", "warn", "1700000000500000000")
    assert (number.message, number.level, number.time_unix_nano) == ("7", "unspecified", "")


@pytest.mark.parametrize("path", ["", "/event", "/event/1.0"])
def test_events_are_taken_on_every_path(served: ProtocolSite, path: str) -> None:
    answer = served.post(COLLECTOR + path, EVENT)
    assert (answer.status_code, answer.json()) == (200, {"text": "Success", "code": 0})


def test_raw_lines_carry_what_the_query_says_of_them(served: ProtocolSite) -> None:
    answer = served.post(f"{COLLECTOR}/raw?host=h&index=i", b"one\r\n\r\n\xfftwo\n", "text/plain")
    assert (answer.status_code, answer.json()) == (200, {"text": "Success", "code": 0})
    one, two = hec.read_lines(b"one\r\n\r\n\xfftwo\n", {"host": "h"})
    assert (one.message, two.message, one.resource) == ("one", "\\xfftwo", {"host": "h"})


@pytest.mark.parametrize(
    ("body", "code", "text", "number"),
    [
        (b"", 5, "No data", None),
        (b" \n", 5, "No data", None),
        (b"no JSON", 6, "Invalid data format", 0),
        (b'{"event": 1}{"event": 2}\n{"event"', 6, "Invalid data format", 2),
        (b'[{"event": 1}, {"event": 2}, nonsense]', 6, "Invalid data format", 2),
        (b'{"event": 1} 17', 6, "Invalid data format", 1),
        (b'{"event": "\xff"}', 6, "Invalid data format", 0),
        (b'{"event": "\\ud800"}', 6, "Invalid data format", 0),
        (b'{"event": NaN}', 6, "Invalid data format", 0),
        (b'{"event": ' + b"[" * 100_000, 6, "Invalid data format", 0),
        (b'{"event": 1}{"host": "h"}', 12, "Event field is required", 1),
        (b'{"event": null}', 12, "Event field is required", 0),
        (b'{"event": ""}', 13, "Event field cannot be blank", 0),
        (b'{"event": 1, "fields": [1]}', 15, "Error in handling indexed fields", 0),
    ],
)
def test_what_is_no_event_is_told_by_splunks_code(
    served: ProtocolSite, body: bytes, code: int, text: str, number: int | None
) -> None:
    answer = served.post(COLLECTOR, body)
    told = answer.json()
    assert (answer.status_code, told["code"], told["text"]) == (400, code, text)
    assert told.get("invalid-event-number") == number
    assert told["detail"]


def test_who_names_a_channel_can_ask_whether_its_requests_are_safe(served: ProtocolSite) -> None:
    acks = [served.post(COLLECTOR, EVENT, x_splunk_request_channel=CHANNEL).json() for _ in range(3)]
    assert acks == [{"text": "Success", "code": 0, "ackId": number} for number in range(3)]
    asked = served.post(f"{COLLECTOR}/ack?channel={CHANNEL.upper()}", {"acks": [0, 2, 3, -1]})
    assert asked.json() == {"acks": {"0": True, "2": True, "3": False, "-1": False}}
    other = served.post(f"{COLLECTOR}/ack?channel={CHANNEL.replace('f', 'e')}", {"acks": [0]})
    assert other.json() == {"acks": {"0": False}}


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/ack", {"acks": [0]}, 10),
        ("/ack?channel=7", {"acks": [0]}, 11),
        (f"/ack?channel={CHANNEL}", {"acks": ["0"]}, 6),
        (f"/ack?channel={CHANNEL}", b"", 6),
        (f"/ack?channel={CHANNEL}", {"acks": [0] * 10_001}, 6),
        ("/event?channel=mine", EVENT, 11),
    ],
)
def test_a_bad_channel_or_question_is_told(served: ProtocolSite, path: str, body: Any, code: int) -> None:
    answer = served.post(COLLECTOR + path, body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_channels_are_forgotten_before_they_fill_the_memory() -> None:
    channels = Channels()
    channels.give("kept")
    for number in range(2 * CHANNELS_MAX):
        channels.give(str(number))
        assert channels.are_safe("kept", [0, 1]) == {"0": True, "1": False}
    assert channels.are_safe("0", [0]) == {"0": False}
    assert channels.give("0") == 0


def test_strangers_are_told_what_is_wrong_with_their_token(site: ProtocolSite) -> None:
    file = site.folder / "tokens"
    file.write_text("sesame\n")
    site.serve("--ingest-token-file", str(file))
    for shown, status, code in (
        ("", 401, Code.TOKEN_REQUIRED),
        ("sesame", 401, Code.INVALID_AUTHORIZATION),
        ("Splunk", 401, Code.INVALID_AUTHORIZATION),
        ("Splunk guess", 403, Code.INVALID_TOKEN),
        ("Splunk sesame", 200, Code.SUCCESS),
    ):
        answer = served_with(site, shown)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert site.http.get(f"{COLLECTOR}/health").json() == {"text": "HEC is healthy", "code": 17}


def served_with(site: ProtocolSite, shown: str) -> Any:
    return site.post(COLLECTOR, EVENT, **({"authorization": shown} if shown else {}))


def test_health_is_bad_while_nothing_can_be_taken(site: ProtocolSite) -> None:
    distributor = site.distributor("--spool-bytes", "2000")
    distributor.register()
    site.connect(distributor)
    assert site.http.get(f"{COLLECTOR}/health/1.0").status_code == 200
    busy = until("it is full", lambda: (answer := site.post(COLLECTOR, EVENT)).status_code == 503 and answer)
    assert (busy.json()["text"], busy.json()["code"]) == ("Server is busy", 9)
    assert busy.headers["retry-after"] == "1"
    health = site.http.get(f"{COLLECTOR}/health")
    assert (health.status_code, health.json()["code"]) == (503, Code.UNHEALTHY)
