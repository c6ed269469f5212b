"""Finds real log files on this machine, for the demo to send to itself. They never leave it."""

import gzip
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

PLACES: Final = (Path("/var/log"), Path.home() / "Library" / "Logs")
FILES_MAX: Final = 12
BYTES_MAX: Final = 256 << 20
DEPTH_MAX: Final = 3
LOOK_BYTES: Final = 4096
PACKED: Final = frozenset({".xz", ".bz2", ".zst", ".lz4"})  # logdist-send reads plain text and gzip


def find_logs(places: Sequence[Path] = PLACES) -> tuple[Path, ...]:
    """Readable text files under these folders, the latest first; there may be none."""
    found = [path for place in places for path in _walk(place, DEPTH_MAX) if is_log(path)]
    return tuple(sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)[:FILES_MAX])


def is_log(path: Path) -> bool:
    """Whether this is a file with text in it that may be read: plain, or packed by gzip."""
    try:
        if not path.is_file() or path.suffix in PACKED or not 0 < path.stat().st_size <= BYTES_MAX:
            return False
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            head = file.read(LOOK_BYTES)
    except (OSError, EOFError, zlib.error):
        return False
    return bool(head.strip()) and b"\0" not in head


def _walk(folder: Path, depth: int) -> Iterator[Path]:
    try:
        children = sorted(folder.iterdir())
    except OSError:  # not there, or not ours to read
        return
    for child in children:
        if child.is_symlink():
            continue  # Debian's /var/log/README is no log
        if not child.is_dir():
            yield child
        elif depth > 1:
            yield from _walk(child, depth - 1)
