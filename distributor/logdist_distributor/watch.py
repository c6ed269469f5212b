"""Files that change while the program runs: tokens and certificates, which are rotated."""

from pathlib import Path


class Watch:
    """Tells whether files have changed since the last look. Links are followed: a Secret's is swapped."""

    def __init__(self, *files: Path) -> None:
        self._files = files
        self._seen = self._look()

    def has_changed(self) -> bool:
        before, self._seen = self._seen, self._look()
        return before != self._seen

    def _look(self) -> list[tuple[int, int, int] | None]:
        return [_mark(file) for file in self._files]


def _mark(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:  # in the middle of being replaced, or gone
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
