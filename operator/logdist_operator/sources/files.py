"""A folder of YAML files as the source of analysers: the same objects that `kubectl apply` takes, without a cluster.

Files named *.yaml or *.yml directly in the folder count (as `kubectl apply -f DIR` has it), unless their names begin
with a dot. What is safe to conclude from a folder:

    a file is gone, others are there      its analysers were removed, deliberately
    the folder is gone, or has no file    unmounted, or emptied by accident: unavailable, nothing changes
    a file is empty or cannot be read     half-written, or broken: what it held stays

The Secrets that they name are files too (filesecrets.py), in a folder that is watched as well.
"""

import asyncio
import hashlib
import logging
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from watchfiles import awatch

from logdist_operator.credentials import secret_names
from logdist_operator.errors import SourceUnavailable
from logdist_operator.model import Listing, Problem
from logdist_operator.sources.fileedit import FileEditor
from logdist_operator.sources.filesecrets import read_secret
from logdist_operator.sources.yamlfile import NAMESPACE_DEFAULT, Parsed, parse

SUFFIXES: Final = frozenset({".yaml", ".yml"})
QUIET_S: Final = 0.05  # a file written less than this ago may be half-written
SETTLE_S: Final = 1.0  # a file that never rests is left as it was
POLL_S: Final = 1.0  # how often the watch looks whether the folder is still the same folder
FILE_BYTES_MAX: Final = 4 * 1024 * 1024

log = logging.getLogger(__name__)


class FileSource:
    """Reads and watches one folder, and `secrets`: where that is not given, the folder of this name beside it."""

    def __init__(self, folder: Path, secrets: Path | None = None) -> None:
        self._folder = folder
        self._secrets = secrets or folder.parent / "secrets"
        self._parsed: dict[str, tuple[bytes, Parsed]] = {}  # by file: digest of the content, what it holds
        self._editor, self._editing = FileEditor(folder, _is_ours), asyncio.Lock()

    @property
    def location(self) -> str:
        return str(self._folder)

    @property
    def namespace(self) -> str:
        return NAMESPACE_DEFAULT

    @property
    def list_age_max_s(self) -> None:
        """A folder that is not there comes back without us."""

    async def watch(self, mark_dirty: Callable[[], None]) -> None:
        """Say so on any event in the folders: a ConfigMap mount changes by renaming `..data`, not the files we read."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch_folder(self._folder, mark_dirty))
            group.create_task(self._watch_folder(self._secrets, mark_dirty, is_recursive=True))

    async def _watch_folder(self, folder: Path, mark_dirty: Callable[[], None], *, is_recursive: bool = False) -> None:
        """A folder that is replaced (remounted, deleted and made anew) is watched anew."""
        is_polling: bool | None = None  # None: as watchfiles sees fit
        while True:
            identity = _identity(folder)
            try:
                if identity is not None:
                    await _watch_while(folder, identity, mark_dirty, is_polling, is_recursive=is_recursive)
                    mark_dirty()
                    continue
            except FileNotFoundError:
                pass  # gone between the two looks at it
            except (OSError, RuntimeError) as error:
                log.warning("no events from %s (%s); looking at it three times a second instead", folder, error)
                is_polling = True
            await asyncio.sleep(POLL_S)

    async def read(self) -> Listing:
        """Read every file. Waits up to a second for files that are being written to come to rest."""
        for _ in range(int(SETTLE_S / QUIET_S)):
            if not await asyncio.to_thread(self._has_unrested):
                break
            await asyncio.sleep(QUIET_S)
        return await asyncio.to_thread(self._read)

    async def create(self, namespace: str, name: str, spec: Mapping[str, Any]) -> None:
        async with self._editing:
            await asyncio.to_thread(self._editor.create, namespace, name, spec)

    async def change(self, namespace: str, name: str, fields: Mapping[str, Any]) -> None:
        async with self._editing:
            await asyncio.to_thread(self._editor.change, namespace, name, fields)

    async def delete(self, namespace: str, name: str) -> None:
        async with self._editing:
            await asyncio.to_thread(self._editor.delete, namespace, name)

    def _names(self) -> list[str]:
        try:
            names = [entry.name for entry in os.scandir(self._folder) if _is_ours(entry)]
        except OSError as error:
            raise SourceUnavailable(f"cannot read the folder {self._folder}: {error.strerror}") from error
        if not names:
            raise SourceUnavailable(
                f"no YAML file in {self._folder}; to remove every analyser, leave an empty `kind: List`"
            )
        return sorted(names)

    def _has_unrested(self) -> bool:
        return any(_is_unrested(self._folder / name) for name in self._names())

    def _read(self) -> Listing:
        objects, problems, incomplete = [], [], set()
        fresh: dict[str, tuple[bytes, Parsed]] = {}
        for name in self._names():
            parsed = self._parse(name, fresh)
            objects += parsed.objects
            problems += parsed.problems
            if not parsed.is_complete:
                incomplete.add(name)
        self._parsed = fresh
        named = {(item.namespace, name) for item in objects if not item.faults for name in secret_names(item.spec)}
        secrets = {(namespace, name): read_secret(self._secrets, name) for namespace, name in named}
        return Listing(tuple(objects), tuple(problems), frozenset(incomplete), secrets=secrets)

    def _parse(self, name: str, fresh: dict[str, tuple[bytes, Parsed]]) -> Parsed:
        """Parse a file, or take what was parsed from the same bytes before (parsing costs ms, reading us)."""
        path = self._folder / name
        last = self._parsed.get(name)
        try:
            if path.stat().st_size > FILE_BYTES_MAX:
                return Parsed(problems=[Problem(f"is larger than {FILE_BYTES_MAX} bytes", name)], is_complete=False)
            if last and _is_unrested(path):
                fresh[name] = last
                return last[1]
            content = path.read_bytes()
        except OSError as error:
            return Parsed(problems=[Problem(f"cannot be read: {error.strerror}", name)], is_complete=False)
        digest = hashlib.sha256(content).digest()
        fresh[name] = last if last and last[0] == digest else (digest, parse(name, content))
        return fresh[name][1]


async def _watch_while(
    folder: Path,
    identity: tuple[int, int],
    mark_dirty: Callable[[], None],
    is_polling: bool | None,
    *,
    is_recursive: bool,
) -> None:
    """Watch until another folder stands at the path, or none."""
    is_up = False
    async for changes in awatch(
        folder,
        watch_filter=None,
        debounce=100,
        rust_timeout=int(POLL_S * 1000),
        yield_on_timeout=True,
        force_polling=is_polling,
        recursive=is_recursive,
    ):
        if changes or not is_up:  # what happened before the watch was up, it has not seen
            mark_dirty()
        is_up = True
        if _identity(folder) != identity:
            return


def _is_ours(entry: os.DirEntry[str]) -> bool:
    return Path(entry.name).suffix in SUFFIXES and not entry.name.startswith(".") and not entry.is_dir()


def _is_unrested(path: Path) -> bool:
    try:
        age_s = time.time() - path.stat().st_mtime
    except OSError:
        return False
    return 0 <= age_s < QUIET_S  # a time in the future is another machine's clock, not a write in progress


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        stat = folder.stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino
