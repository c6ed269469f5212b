"""The spool on disk: LMDB, whose commits are atomic and fsynced, and which survives a kill at any instant.

Three tables: packets by sequence number, dead letters by key, and `meta`, which holds the sums, so that a start with
millions of packets reads none of them.
"""

import contextlib
import errno
import fcntl
import os
import struct
import time
from pathlib import Path
from typing import Final

import lmdb
import msgspec

from logdist_distributor.core.commits import DeadLetter, Group, SpoolState
from logdist_distributor.errors import SpoolFailed

MAP_FACTOR: Final = 4  # address space, not disk: pages are filled in part, and a commit needs pages before it frees any
MAP_SLACK_BYTES: Final = 256 << 20
STATE_KEY: Final = b"state"
KEY: Final = struct.Struct(">Q")

_encode = msgspec.msgpack.Encoder().encode
_decode_letter = msgspec.msgpack.Decoder(DeadLetter).decode
_decode_state = msgspec.msgpack.Decoder(SpoolState).decode


class LmdbSpool:
    """A spool in `folder`, for up to `size_bytes` of payload. Its file may take twice that.

    Raises SpoolFailed when another process has the folder or it holds something else.
    """

    def __init__(self, folder: Path, size_bytes: int) -> None:
        self.folder = folder
        self.map_bytes = size_bytes * MAP_FACTOR + MAP_SLACK_BYTES
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = _lock_folder(folder)
        try:
            self._open()
        except lmdb.Error as error:
            raise SpoolFailed(f"the spool cannot be opened: {error}") from error

    def _open(self) -> None:
        self.env = lmdb.open(str(self.folder), map_size=self.map_bytes, max_dbs=3, subdir=True, max_readers=8)
        self.packets = self.env.open_db(b"packets")
        self.dead = self.env.open_db(b"dead")
        self.meta = self.env.open_db(b"meta")

    def state(self) -> SpoolState:
        with self.env.begin(db=self.meta) as transaction:
            data = transaction.get(STATE_KEY)
        return _decode_state(data) if data else SpoolState()

    def commit(self, group: Group) -> SpoolState:
        try:
            with self.env.begin(write=True) as transaction:
                state = self._write(transaction, group)
        except lmdb.Error as error:
            self._reopen()  # after a failed commit LMDB wants a fresh environment
            raise SpoolFailed(str(error)) from error
        return state

    def _write(self, transaction: lmdb.Transaction, group: Group) -> SpoolState:
        data = transaction.get(STATE_KEY, db=self.meta)
        old = _decode_state(data) if data else SpoolState()
        put_bytes = sum(len(body) for _, body in group.puts)
        put = [(KEY.pack(seq), body) for seq, body in group.puts]
        transaction.cursor(self.packets).putmulti(put)
        removed = removed_bytes = deleted = deleted_bytes = 0
        for seq, size in group.removals:
            if transaction.delete(KEY.pack(seq), db=self.packets):  # may never have been put
                removed += 1
                removed_bytes += size
        for letter in group.dead:
            stamped = msgspec.structs.replace(letter, died_ms=time.time_ns() // 1_000_000)
            transaction.put(KEY.pack(letter.key), _encode(stamped), db=self.dead)
        for key in group.deletions:
            data = transaction.pop(KEY.pack(key), db=self.dead)
            if data is not None:
                deleted += 1
                deleted_bytes += len(_decode_letter(data).body)
        state = SpoolState(
            packets=old.packets + len(put) - removed,
            bytes=old.bytes + put_bytes - removed_bytes,
            dead=old.dead + len(group.dead) - deleted,
            dead_bytes=old.dead_bytes + sum(len(letter.body) for letter in group.dead) - deleted_bytes,
            next_seq=max(old.next_seq, group.puts[-1][0] + 1 if group.puts else 0),
            next_dead=max(old.next_dead, group.dead[-1].key + 1 if group.dead else 0),
        )
        transaction.put(STATE_KEY, _encode(state), db=self.meta)
        return state

    def read(self, from_seq: int, bytes_max: int) -> list[tuple[int, bytes]]:
        try:
            with self.env.begin(db=self.packets) as transaction:
                return _read_range(transaction.cursor(), from_seq, bytes_max)
        except lmdb.Error as error:
            raise SpoolFailed(str(error)) from error

    def recent_bodies(self, packets_max: int) -> list[bytes]:
        with self.env.begin(db=self.packets) as transaction:
            cursor = transaction.cursor()
            newest_first = (
                [bytes(body) for _, body in zip(range(packets_max), cursor.iterprev(keys=False), strict=False)]
                if cursor.last()
                else []
            )
        return newest_first[::-1]

    def dead_letters(self, after: int, limit: int) -> list[DeadLetter]:
        with self.env.begin(db=self.dead) as transaction:
            cursor = transaction.cursor()
            if not cursor.set_range(KEY.pack(after + 1)):
                return []
            return [_decode_letter(data) for _, data in zip(range(limit), cursor.iternext(keys=False), strict=False)]

    def dead_letter(self, key: int) -> DeadLetter | None:
        with self.env.begin(db=self.dead) as transaction:
            data = transaction.get(KEY.pack(key))
        return _decode_letter(data) if data else None

    def close(self) -> None:
        self.env.close()
        os.close(self._lock)

    def _reopen(self) -> None:
        self.env.close()
        with contextlib.suppress(lmdb.Error):  # still failing: the next commit says so again
            self._open()


def _read_range(cursor: lmdb.Cursor, from_seq: int, bytes_max: int) -> list[tuple[int, bytes]]:
    found: list[tuple[int, bytes]] = []
    size = 0
    if not cursor.set_range(KEY.pack(from_seq)):
        return found
    for key, body in cursor:
        size += len(body)
        if found and size > bytes_max:
            break
        found.append((KEY.unpack(key)[0], bytes(body)))
    return found


def _lock_folder(folder: Path) -> int:
    """One distributor a folder: two would deliver the same packets and count them twice. Raises SpoolFailed."""
    descriptor = os.open(folder / "owner.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            raise SpoolFailed(f"{folder} is used by another distributor: give each its own --spool-dir") from error
        raise
    return descriptor
