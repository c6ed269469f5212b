"""Keeps the record in `<folder>/registry.json`, and other operators out of the folder while this one lives."""

import fcntl
import os
from pathlib import Path
from typing import IO, Final

import msgspec

from logdist_operator.commit import Record
from logdist_operator.errors import CommitFailed, StateLocked

FILE: Final = "registry.json"


class FileFence:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock: IO[str] | None = None
        self._record = Record()

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
            self._record = msgspec.json.decode((self._folder / FILE).read_bytes(), type=Record)
        except FileNotFoundError:
            pass
        except (OSError, msgspec.DecodeError) as error:
            raise CommitFailed(f"cannot read {self._folder / FILE} ({error}); delete it to start afresh") from error
        return self._record

    def read(self) -> Record:
        """Return the record read at `open` or committed since: the lock keeps others away."""
        return self._record

    def commit(self, record: Record) -> None:
        """Make `record` durable: after a crash the file holds the old one or the new one."""
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
        self._record = record

    def close(self) -> None:
        """Let others have the folder."""
        if self._lock:
            self._lock.close()
            self._lock = None
