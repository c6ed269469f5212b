"""No byte is lost between a file and its lines, however it is read."""

from hypothesis import given
from hypothesis import strategies as st

from logdist_loadtest.send.lines import LINE_BYTES_MAX, LineSplitter, text_of


def split(chunks: list[bytes]) -> list[bytes]:
    splitter = LineSplitter()
    return [line for chunk in chunks for line in splitter.feed(chunk)] + splitter.end()


@given(st.lists(st.binary()))
def test_the_lines_joined_are_the_stream_whatever_the_pieces(chunks: list[bytes]) -> None:
    stream = b"".join(chunks)
    lines = split(chunks)
    assert b"\n".join(lines) == stream.removesuffix(b"\n")
    assert lines == split([stream])


@given(st.integers(1, 3 * LINE_BYTES_MAX), st.integers(1_000, LINE_BYTES_MAX))
def test_an_over_long_line_becomes_several_and_loses_nothing(length: int, chunk_bytes: int) -> None:
    stream = b"x" * length + b"\nend"
    lines = split([stream[at : at + chunk_bytes] for at in range(0, len(stream), chunk_bytes)])
    assert (b"".join(lines[:-1]), lines[-1]) == (b"x" * length, b"end")
    assert max(map(len, lines)) <= LINE_BYTES_MAX
    assert len(lines) == -(-length // LINE_BYTES_MAX) + 1


@given(st.binary())
def test_any_bytes_have_a_text_that_can_be_sent(line: bytes) -> None:
    text_of(line).encode("utf-8")


def test_undecodable_bytes_are_replaced_and_a_windows_line_end_goes() -> None:
    assert text_of(b"caf\xe9\r") == "caf\N{REPLACEMENT CHARACTER}"
    assert text_of("Grüße".encode()) == "Grüße"
