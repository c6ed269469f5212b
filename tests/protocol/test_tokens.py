"""Where a token is wanted, packets come from those only who show one, whichever way they come."""

import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from protocol_harness import Connection, Ways
from protocol_streams import LINES, POST_MANY, POST_ONE, any_streams, cut, packet, places, request

from logdist_distributor.errors import BadTokenFile
from logdist_distributor.ingest.fastlane import FastLane
from logdist_distributor.tokens import Tokens

RIGHT = b"Authorization: Bearer first-token\r\n"
SHOWN = {
    "the first": RIGHT,
    "the second": b"authorization: Bearer second-token\r\n",
    "scheme in small letters": b"AUTHORIZATION:bearer first-token \r\n",
    "two spaces": b"Authorization: Bearer  first-token\r\n",
    "as Splunk's clients": b"Authorization: Splunk first-token\r\n",
    "as an API key": b"Authorization: ApiKey second-token\r\n",
    "as an API key with a name": b"Authorization: ApiKey " + b64encode(b"name:first-token") + b"\r\n",
    "as anybody's password": b"Authorization: Basic " + b64encode(b"anybody:first-token") + b"\r\n",
    "as a nameless password": b"Authorization: basic " + b64encode(b":second-token") + b"\r\n",
}
NOT_SHOWN = {
    "nothing": b"",
    "no value": b"Authorization:\r\n",
    "no token": b"Authorization: Bearer\r\n",
    "an empty token": b"Authorization: Bearer \r\n",
    "no scheme": b"Authorization: first-token\r\n",
    "another scheme": b"Authorization: Digest first-token\r\n",
    "no base64": b"Authorization: Basic first-token\r\n",
    "as a user": b"Authorization: Basic " + b64encode(b"first-token:") + b"\r\n",
    "no user": b"Authorization: Basic " + b64encode(b"first-token") + b"\r\n",
    "a bearer's password": b"Authorization: Bearer " + b64encode(b"anybody:first-token") + b"\r\n",
    "more than the password": b"Authorization: Basic " + b64encode(b"a:first-token:") + b"\r\n",
    "base64 of no ASCII": b"Authorization: Basic " + b64encode(b"a:\xe9") + b"\r\n",
    "a tab": b"Authorization: Bearer\tfirst-token\r\n",
    "the beginning": b"Authorization: Bearer first-toke\r\n",
    "more": b"Authorization: Bearer first-token2\r\n",
    "other letters": b"Authorization: Bearer First-token\r\n",
    "both at once": b"Authorization: Bearer first-token second-token\r\n",
    "no ASCII": "Authorization: Bearer \xe9\r\n".encode("latin-1"),
    "folded": b"Authorization: Bearer\r\n first-token\r\n",
    "another header": b"X-Authorization: Bearer first-token\r\n",
    "a wrong one, then a right one": b"Authorization: Bearer wrong\r\n" + RIGHT,
}


@pytest.fixture(scope="module")
def token_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("tokens") / "tokens"
    file.write_text("first-token\n\nsecond-token\n")
    return file


@pytest.fixture(scope="module")
def guarded(token_file: Path) -> Iterator[Ways]:
    """The same ways where tokens are wanted."""
    built = Ways(Tokens(token_file))
    yield built
    built.loop.close()


@pytest.mark.parametrize("name", SHOWN)
def test_who_shows_a_token_is_served_by_the_fast_lane(guarded: Ways, name: str) -> None:
    async def send() -> None:
        connection = Connection(guarded, FastLane)
        await connection.feed([request(packet(str(number)), SHOWN[name]) for number in range(4)])
        assert isinstance(connection.protocol, FastLane)
        assert connection.outcome().statuses == [202] * 4

    guarded.loop.run_until_complete(send())
    stream = request(packet("a"), SHOWN[name])
    assert guarded.fast([stream]) == guarded.slow([stream])


@pytest.mark.parametrize("start", [POST_ONE, POST_MANY, b"POST /v1/packets?x=y HTTP/1.1\r\n"])
@pytest.mark.parametrize("name", NOT_SHOWN)
def test_who_shows_none_gets_401_and_nothing_is_taken(guarded: Ways, name: str, start: bytes) -> None:
    stream = request(packet("a"), NOT_SHOWN[name], start=start)
    outcome = guarded.fast([stream, stream, stream])
    assert outcome == guarded.slow([stream, stream, stream])
    assert outcome.packets == []
    head, _, body = outcome.sent.partition(b"\r\n\r\n")
    if name != "folded":  # which parsers may refuse outright
        assert outcome.statuses == [401] * 3
        assert b"\r\nwww-authenticate: Bearer, Basic" in head
        assert json.loads(body[: body.index(b"}") + 1])["reason"] == "Unauthorized"


def test_what_else_is_wrong_with_a_request_is_told_to_those_who_may_send(guarded: Ways) -> None:
    for line, status in ((LINES["text"], 415), (LINES["brotli"], 415), (LINES["gzip"], 400), (b"", 400)):
        for shown, expected in ((RIGHT, status), (b"", 401)):
            stream = request(b"no packet", line, shown)
            assert guarded.fast([stream]).statuses == guarded.slow([stream]).statuses == [expected]


@pytest.mark.parametrize("path", [b"/health", b"/docs", b"/openapi.json"])
def test_the_probe_and_the_documents_want_no_token(guarded: Ways, path: bytes) -> None:
    assert guarded.fast([b"GET " + path + b" HTTP/1.1\r\nHost: logs\r\n\r\n"]).statuses == [200]


@st.composite
def guarded_streams(draw: st.DrawFn) -> bytes:
    """Streams of any kind, each head with what it shows put in somewhere."""
    stream = draw(any_streams)
    shown = draw(st.sampled_from([*SHOWN.values(), *NOT_SHOWN.values()]))
    return stream.replace(b"HTTP/1.1\r\n", b"HTTP/1.1\r\n" + shown)


@given(guarded_streams(), places, st.integers(0, 3), st.booleans())
@settings(max_examples=1000)
def test_both_ways_let_the_same_requests_in(
    guarded: Ways, stream: bytes, cuts: list[int], turns: int, is_hasty: bool
) -> None:
    chunks = cut(stream, cuts)
    outcome = guarded.fast(chunks, turns=turns, is_hasty=is_hasty)
    assert outcome == guarded.slow(chunks, turns=turns, is_hasty=is_hasty)
    assert not outcome.packets or any(shown in stream for shown in SHOWN.values())


@given(st.lists(st.tuples(st.sampled_from([SHOWN, NOT_SHOWN]), st.integers(0, 20)), min_size=1, max_size=8))
@settings(max_examples=300)
def test_pipelined_requests_are_let_in_one_by_one(guarded: Ways, drawn: list[tuple[dict[str, bytes], int]]) -> None:
    """What one request shows counts for no other on the same connection."""
    wanted, stream = [], b""
    for number, (kind, place) in enumerate(drawn):
        line = [value for name, value in kind.items() if name != "folded"][place % (len(kind) - 1)]
        stream += request(packet(str(number)), line)
        wanted.append(202 if kind is SHOWN else 401)
    assert guarded.fast([stream]).statuses == guarded.slow([stream]).statuses == wanted


class CountingTokens(Tokens):
    asked = 0

    def are_shown_by(self, authorization: bytes) -> bool:
        self.asked += 1
        return super().are_shown_by(authorization)


def test_a_head_seen_before_costs_no_comparison_and_is_compared_again_after_a_rotation(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text("old\n")
    tokens = CountingTokens(file)
    ways = Ways(tokens)

    async def send() -> None:
        connection = Connection(ways, FastLane)
        stream = request(packet("a"), b"Authorization: Bearer old\r\n")
        await connection.feed([stream] * 100)
        assert connection.outcome().statuses == [202] * 100
        assert tokens.asked == 2  # a head is remembered once it comes again
        file.write_text("new\n")
        assert tokens.refresh()
        connection.door.heads.forget()
        await connection.feed([stream, request(packet("b"), b"Authorization: Bearer new\r\n"), stream])
        assert connection.outcome().statuses[100:] == [401, 202, 401]

    ways.loop.run_until_complete(send())
    ways.loop.close()


@pytest.mark.parametrize("content", ["", "\n \n", "two words", "\xe9", "good\nnot good\n", "bell\x07"])
def test_a_file_without_tokens_is_refused_at_start_and_changes_nothing_later(tmp_path: Path, content: str) -> None:
    file = tmp_path / "tokens"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(BadTokenFile, match=str(file)):
        Tokens(file)
    file.write_text("good\n")
    tokens = Tokens(file)
    file.write_text(content, encoding="utf-8")
    assert not tokens.refresh()
    assert tokens.are_shown_by(b"Bearer good")
    file.unlink()
    assert not tokens.refresh()
    assert tokens.are_shown_by(b"Bearer good")
    file.write_text("better\n")
    assert tokens.refresh()
    assert not tokens.refresh()
    assert tokens.are_shown_by(b"Bearer better")
    assert not tokens.are_shown_by(b"Bearer good")


def test_a_mounted_secret_is_followed_when_its_link_is_swapped(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "token").write_text(name)
    (tmp_path / "data").symlink_to("one")
    (tmp_path / "token").symlink_to("data/token")
    tokens = Tokens(tmp_path / "token")
    assert tokens.are_shown_by(b"Bearer one")
    (tmp_path / "new").symlink_to("two")
    (tmp_path / "new").rename(tmp_path / "data")
    assert tokens.refresh()
    assert tokens.are_shown_by(b"Bearer two")
