"""Bytes to lines. Pure; source.py feeds it what it reads, in whatever pieces that comes."""

from typing import Final

LINE_BYTES_MAX: Final = 256 * 1024  # a longer line becomes several messages, so that a packet stays below the limits


class LineSplitter:
    r"""Cuts a stream at every `\n`. Joining the lines by `\n` gives the stream back, except for over-long lines."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines completed by this chunk, in order."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if len(self._rest) > LINE_BYTES_MAX:
            *pieces, self._rest = _pieces(self._rest)
            return [piece for line in lines for piece in _pieces(line)] + pieces
        return [piece for line in lines for piece in _pieces(line)]

    def end(self) -> list[bytes]:
        """What follows the last newline, if anything."""
        rest, self._rest = self._rest, b""
        return [rest] if rest else []


def text_of(line: bytes) -> str:
    r"""The text of a line; bytes that are not UTF-8 become U+FFFD, and the `\r` of a Windows file goes."""
    return line.decode("utf-8", "replace").removesuffix("\r")


def _pieces(line: bytes) -> list[bytes]:
    if len(line) <= LINE_BYTES_MAX:
        return [line]
    return [line[start : start + LINE_BYTES_MAX] for start in range(0, len(line), LINE_BYTES_MAX)]
