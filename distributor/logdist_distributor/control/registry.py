"""The registry of this process: taken from the operator, saved, and read back at start.

A distributor keeps its last good registry for ever: it goes on dealing while the operator is away.
"""

import contextlib
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from logdist_distributor.core.engine import Engine
from logdist_distributor.core.registry import LEFT_OUT, Snapshot, decode_snapshot, inherit
from logdist_distributor.errors import LogdistError, RegistryRefused

log = logging.getLogger(__name__)


class RegistryKeeper:
    """Applies snapshots to the engine and saves them in `file`. `now` is the loop's clock in seconds.

    `fallback` is a copy that somebody else keeps up to date (a mounted ConfigMap), read at start only.
    """

    def __init__(
        self, engine: Engine, file: Path, fallback: Path | None, instance_id: str, now: Callable[[], float]
    ) -> None:
        self.engine = engine
        self.file = file
        self.fallback = fallback
        self.instance_id = instance_id
        self.now = now
        self.taken_s: float | None = None  # when the registry held was taken; None before there is one
        self.rejected = 0
        self.on_change: list[Callable[[], None]] = []

    @property
    def held(self) -> Snapshot:
        return self.engine.fleet.snapshot

    @property
    def is_ready(self) -> bool:
        """There is a registry, if only an empty one."""
        return self.taken_s is not None

    def receipt(self) -> dict[str, Any]:
        """What every answer about the registry says."""
        return {"generation": self.held.generation, "digest": self.held.digest, "instanceId": self.instance_id}

    def take(self, data: bytes) -> None:
        """Replace the registry. Raises StaleGeneration or RegistryRefused; then the last good one stays."""
        try:
            snapshot = decode_snapshot(data)
            self.engine.apply(snapshot, self.now())
        except LogdistError as error:
            self.rejected += isinstance(error, RegistryRefused)
            log.warning("%s", error)
            raise
        self.taken_s = self.now()
        if self.held.credentials != snapshot.credentials:
            data = _with_credentials(data, self.held)
        self._save(data)
        self._tell(snapshot)

    def restore(self) -> None:
        """Start from the newest good copy, if there is one: the saved one, or else the fallback."""
        files = [self.file, self.fallback] if self.fallback else [self.file]
        found = [snapshot for file in files if (snapshot := _read(file))]
        if not found:
            return
        snapshot = max(found, key=lambda snapshot: snapshot.generation)
        for other in found:
            snapshot = inherit(snapshot, other)  # only the saved copy has credentials
        self.engine.apply(snapshot, self.now())
        self.taken_s = self.now()
        self._tell(snapshot)

    def _tell(self, snapshot: Snapshot) -> None:
        log.info("registry generation %d, analysers: %d", snapshot.generation, len(snapshot.analysers))
        waiting = sum(analyser.is_waiting for analyser in self.engine.fleet.analysers.values())
        if waiting:
            log.warning("analysers that wait for their credentials from the operator: %d", waiting)
        for changed in self.on_change:
            changed()

    def _save(self, data: bytes) -> None:
        """Replace the saved copy whole, for this user's eyes only. A full disk costs the copy, not the registry."""
        new = self.file.with_suffix(".new")
        try:
            new.unlink(missing_ok=True)
            new.touch(mode=0o600)
            with new.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self.file)
        except OSError as error:
            log.error("the registry could not be saved to %s: %s", self.file, error)
            with contextlib.suppress(OSError):
                new.unlink()


def _read(file: Path) -> Snapshot | None:
    try:
        return decode_snapshot(file.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, RegistryRefused) as error:
        log.error("the registry in %s cannot be used: %s", file, error)
        return None


def _with_credentials(data: bytes, held: Snapshot) -> bytes:
    """The snapshot as it came, and what was kept of an earlier one."""
    return msgspec.json.encode(msgspec.json.decode(data) | {"credentials": held.credentials})


def snapshot_json(snapshot: Snapshot) -> dict[str, Any]:
    """The registry as the operator sent it, without the credentials."""
    decoded: dict[str, Any] = msgspec.to_builtins(snapshot)
    del decoded["credentials"]
    for entry in decoded["analysers"]:
        for name, unused in LEFT_OUT.items():
            if entry[name] == unused:
                del entry[name]
    return decoded
