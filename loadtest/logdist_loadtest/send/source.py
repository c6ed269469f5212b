"""Reads the files (or standard input) in a thread of its own, so that a slow disk or pipe never holds up sending."""

import asyncio
import contextlib
import errno
import gzip
import threading
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from logdist_loadtest.send.lines import LineSplitter

CHUNK_BYTES: Final = 64 * 1024
CHUNKS_AHEAD: Final = 4
STDIN: Final = "-"
GZIP_MAGIC: Final = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Lines read, and how many bytes of the files that took (compressed bytes, where they are)."""

    lines: list[bytes]
    read_bytes: int
    error: str | None = None  # what ended this file early


def check_files(names: Sequence[str]) -> int | None:
    """The bytes in all files together, or None when one of them has no size (a pipe).

    Raises OSError for the first that cannot be read.
    """
    total = 0
    for name in names:
        if name == STDIN:
            return None
        path = Path(name)
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "is a directory", name)
        if not path.is_file():
            path.stat()
            return None
        with path.open("rb"):
            total += path.stat().st_size
    return total


class Source:
    """Gives the chunks of all files in order. With `is_looping`, starts over at the end until nothing is found."""

    def __init__(self, names: Sequence[str], *, is_looping: bool) -> None:
        self._names = names
        self._is_looping = is_looping
        self._queue: asyncio.Queue[Chunk | None] = asyncio.Queue(CHUNKS_AHEAD)
        self._loop = asyncio.get_running_loop()
        # A daemon: a read of a terminal or pipe cannot be interrupted, and must not hold up the end.
        threading.Thread(target=self._run, daemon=True, name="reader").start()

    async def next(self) -> Chunk | None:
        """The next chunk; None at the end."""
        return await self._queue.get()

    def _run(self) -> None:
        # Sending may end before reading does; then a put is cancelled, and so is this thread.
        with contextlib.suppress(CancelledError):
            while self._read_all() and self._is_looping:
                pass
            self._put(None)

    def _read_all(self) -> int:
        lines = 0
        for name in self._names:
            for chunk in read_file(name):
                lines += len(chunk.lines)
                self._put(chunk)
        return lines

    def _put(self, chunk: Chunk | None) -> None:
        if self._loop.is_closed():
            raise CancelledError
        asyncio.run_coroutine_threadsafe(self._queue.put(chunk), self._loop).result()


def read_file(name: str) -> Iterator[Chunk]:
    """The chunks of one file. A read error ends it with a chunk that says so; the lines before it are kept."""
    splitter = LineSplitter()
    error = None
    try:
        for data, read_bytes in _stdin() if name == STDIN else _file(Path(name)):
            yield Chunk(splitter.feed(data), read_bytes)
    except (OSError, EOFError, zlib.error) as problem:  # the last two: a gzip file cut short or damaged
        error = f"{name}: {problem}"
    yield Chunk(splitter.end(), 0, error)


def _stdin() -> Iterator[tuple[bytes, int]]:
    # Unbuffered: gives what is there, and leaves no lock held in the reader thread when the process ends.
    with open(0, "rb", buffering=0, closefd=False) as stream:
        while data := stream.read(CHUNK_BYTES):
            yield data, len(data)


def _file(path: Path) -> Iterator[tuple[bytes, int]]:
    with path.open("rb") as raw:
        if raw.peek(2)[:2] != GZIP_MAGIC:
            while data := raw.read1(CHUNK_BYTES):
                yield data, len(data)
            return
        position = 0
        with gzip.GzipFile(fileobj=raw) as unzipped:
            while data := unzipped.read1(CHUNK_BYTES):
                before, position = position, raw.tell()
                yield data, position - before
