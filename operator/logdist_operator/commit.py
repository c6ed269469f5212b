"""The generation fence: what was published under which number, made durable before any distributor sees it.

The rules (pure, `next_record` and `raised_above`) hold for every source; `FileFence` keeps the record in a file:

    the generation grows by one exactly when the digest changes, so a restart on unchanged objects keeps it
    the entries stay with it, so that the last good entry of a broken object outlives the operator
    `allow_shrink` is set by a deliberate removal, and stays until every distributor has taken it
"""

import fcntl
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Final

import msgspec

from logdist_operator.compile import Compiled, Held
from logdist_operator.errors import CommitFailed, StateLocked
from logdist_operator.wire import Entry, Snapshot, digest_of

FILE: Final = "registry.json"


class Record(msgspec.Struct, frozen=True, rename="camel"):
    """What is committed. Generation 0 is the state before the first commit; it is never published."""

    generation: int = 0
    digest: str = ""
    allow_shrink: bool = False
    entries: tuple[Entry, ...] = ()
    origins: Mapping[str, str] = {}  # uid -> file its object came from
    changed: Mapping[str, int] = {}  # uid -> generation in which its entry last changed

    @property
    def held(self) -> dict[str, Held]:
        return {entry.uid: Held(entry, self.origins.get(entry.uid, "")) for entry in self.entries}

    @property
    def snapshot(self) -> Snapshot:
        return Snapshot(self.generation, self.digest, self.allow_shrink, self.entries)


def next_record(record: Record, compiled: Compiled, *, is_settled: bool) -> Record:
    """Return what to commit after `record`; equal to it when nothing changed.

    `is_settled`: every distributor holds `record`, so an allowance to shrink that it carried has been used up.
    """
    entries = compiled.entries
    origins = {uid: held.origin for uid, held in compiled.held.items()}
    digest = digest_of(entries)
    if digest == record.digest:
        return msgspec.structs.replace(record, origins=origins)
    generation = record.generation + 1
    before = {entry.uid: entry for entry in record.entries}
    changed = {
        entry.uid: record.changed.get(entry.uid, generation) if before.get(entry.uid) == entry else generation
        for entry in entries
    }
    allow_shrink = bool(compiled.removed) or (record.allow_shrink and not is_settled)
    return Record(generation, digest, allow_shrink, entries, origins, changed)


def raised_above(record: Record, generation: int) -> Record:
    """Return `record` under a generation above the one a distributor holds: this operator had lost its own count.

    Whatever distributors hold under earlier numbers is not ours, so every entry counts as changed now.
    """
    fresh = max(record.generation, generation + 1)
    changed = {entry.uid: fresh for entry in record.entries}
    return msgspec.structs.replace(record, generation=fresh, changed=changed)


class FileFence:
    """Keeps the record in `<folder>/registry.json`, and other operators out of the folder while it lives."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock: IO[str] | None = None

    def open(self) -> Record:
        """Lock the folder (made if need be) and return the last record, or the empty one.

        Raises StateLocked when another operator has it, CommitFailed when it cannot be used or holds no record.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock = (self._folder / "lock").open("w")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StateLocked(f"another operator uses the state directory {self._folder}") from error
        except OSError as error:
            raise CommitFailed(f"cannot use the state directory {self._folder}: {error.strerror}") from error
        try:
            return msgspec.json.decode((self._folder / FILE).read_bytes(), type=Record)
        except FileNotFoundError:
            return Record()
        except (OSError, msgspec.DecodeError) as error:
            raise CommitFailed(f"cannot read {self._folder / FILE} ({error}); delete it to start afresh") from error

    def commit(self, record: Record) -> None:
        """Make `record` durable: after a crash the file holds the old one or the new one. Raises CommitFailed."""
        fresh = self._folder / f"{FILE}.new"
        try:
            with fresh.open("wb") as file:
                file.write(msgspec.json.format(msgspec.json.encode(record)) + b"\n")
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._folder / FILE)
            folder = os.open(self._folder, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise CommitFailed(f"cannot write {self._folder / FILE}: {error.strerror}") from error

    def close(self) -> None:
        """Let others have the folder."""
        if self._lock:
            self._lock.close()
            self._lock = None
