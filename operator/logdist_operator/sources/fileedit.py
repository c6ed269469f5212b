"""Creates, changes, deletes Analysers in a folder of YAML files, for the API. Blocking: files.py has a thread for it.

A file is replaced whole: written beside it under a name that begins with a dot, fsynced, renamed over it, and only
while it still holds what was read. yamledit.py keeps everything else in it as it is.
"""

import contextlib
import io
import os
import tempfile
import time
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from errno import EACCES, EPERM, EROFS
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

from logdist_operator import crd
from logdist_operator.errors import EditForbidden, EditRefused, EditUnavailable, ObjectExists, ObjectMissing
from logdist_operator.model import Problem
from logdist_operator.sources.yamledit import Place, Text, parse_text
from logdist_operator.sources.yamlfile import parse

EMPTY: Final = b"""\
# No analyser, on purpose. Without any file the last ones would stay, for the folder might only be unmounted.
apiVersion: v1
kind: List
items: []
"""
QUIET_S: Final = 0.05  # a file written less than this ago may be half-written
NAME_MAX: Final = 200  # of a file name; file systems end at 255


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    content: bytes
    text: Text

    def encoded(self, text: Text) -> bytes:
        bom = BOM_UTF8 if self.content.startswith(BOM_UTF8) else b""
        return bom + text.text.encode()


class FileEditor:
    """Edits one folder. `is_ours` says which of its entries count."""

    def __init__(self, folder: Path, is_ours: Callable[[os.DirEntry[str]], bool]) -> None:
        self._folder, self._is_ours = folder, is_ours

    def create(self, namespace: str, name: str, spec: Mapping[str, Any]) -> None:
        """Write the object to a file of its own. Raises ObjectExists or EditRefused."""
        if spec.get("serviceRef") is not None:
            raise EditRefused("spec.serviceRef: needs Kubernetes; give the address as endpoint")
        content = _rendered(namespace, name, spec)
        if found := self._find(namespace, name):
            file, place = found[0]
            raise ObjectExists(f"{namespace}/{name} is there already, in {file.path.name}:{file.text.line_of(place)}")
        with _explained(self._folder):
            path = self._reserved(f"{namespace}-{name}"[:NAME_MAX])
            try:
                _replace(path, b"", content)
            except BaseException:
                if not path.stat().st_size:
                    path.unlink()
                raise

    def change(self, namespace: str, name: str, fields: Mapping[str, Any]) -> None:
        """Set fields of the object's `spec` where it stands. Raises ObjectMissing or EditRefused."""
        file, place = self._only(namespace, name)
        with _explained(file.path):
            _replace(file.path, file.content, file.encoded(file.text.changed(place, fields)))

    def delete(self, namespace: str, name: str) -> None:
        """Take the object out of its file; a file with nothing else in it goes, too, unless it is the last one."""
        file, place = self._only(namespace, name)
        rest = file.text.without(place)
        with _explained(file.path):
            if not rest.is_empty:
                _replace(file.path, file.content, file.encoded(rest))
            elif self._names() == [file.path.name]:
                _replace(file.path, file.content, EMPTY)
            else:
                _check_unchanged(file.path, file.content)
                file.path.unlink()

    def _only(self, namespace: str, name: str) -> tuple[_File, Place]:
        found = self._find(namespace, name)
        if not found:
            raise ObjectMissing(f"there is no analyser {namespace}/{name} in {self._folder}")
        if len(found) > 1:
            places = " and ".join(f"{file.path.name}:{file.text.line_of(place)}" for file, place in found)
            raise EditRefused(f"{namespace}/{name} stands in {places}; remove all but one by hand")
        return found[0]

    def _find(self, namespace: str, name: str) -> list[tuple[_File, Place]]:
        """Look everywhere. A file that cannot be read may hold the object, too: then only what is found counts."""
        found, unread = [], []
        for file_name in self._names():
            file = _read(self._folder / file_name)
            if file is None:
                unread.append(file_name)
            else:
                found += [(file, place) for place in file.text.places(namespace, name)]
        if unread and not found:
            raise EditUnavailable(f"{', '.join(unread)} cannot be read and may hold {namespace}/{name}; mend it first")
        return found

    def _names(self) -> list[str]:
        try:
            with os.scandir(self._folder) as entries:
                return sorted(entry.name for entry in entries if self._is_ours(entry))
        except OSError as error:
            raise EditUnavailable(f"cannot read the folder {self._folder}: {error.strerror}") from error

    def _reserved(self, stem: str) -> Path:
        """Make an empty file under a name that was free: `a-b` may be b in a, or the file of something else."""
        for number in range(1, 1000):
            path = self._folder / (f"{stem}.yaml" if number == 1 else f"{stem}-{number}.yaml")
            with contextlib.suppress(FileExistsError):
                path.open("xb").close()
                return path
        raise EditRefused(f"{self._folder} has a thousand files named {stem}")


def _rendered(namespace: str, name: str, spec: Mapping[str, Any]) -> bytes:
    """Write the object as YAML, and hold it to the rules that a file is held to when it is read."""
    yaml = YAML(pure=True)
    yaml.width = 4096
    stream = io.BytesIO()
    metadata = {"name": name, "namespace": namespace}
    yaml.dump({"apiVersion": crd.API_VERSION, "kind": crd.KIND, "metadata": metadata, "spec": dict(spec)}, stream)
    parsed = parse("", stream.getvalue())
    faults = [Problem(fault.message, field=fault.field) for item in parsed.objects for fault in item.faults]
    if problems := [*parsed.problems, *faults]:
        raise EditRefused("; ".join(f"{problem.field}: {problem.message}" for problem in problems))
    return stream.getvalue()


def _read(path: Path) -> _File | None:
    try:
        age_s = time.time() - path.stat().st_mtime
        if 0 <= age_s < QUIET_S:
            time.sleep(QUIET_S - age_s)
        content = path.read_bytes()
        text = parse_text(content.decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError):
        return None
    return None if text is None else _File(path, content, text)


def _replace(path: Path, before: bytes, after: bytes) -> None:
    """Let `path` (or what it is a link to) hold `after` instead of `before`: after a crash, the one or the other."""
    target = path.resolve()
    was = target.stat()
    if not os.access(target, os.W_OK):
        raise PermissionError(EACCES, os.strerror(EACCES))
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:NAME_MAX]}.")
    fresh = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(after)
            file.flush()
            os.fchmod(handle, was.st_mode & 0o7777)
            with contextlib.suppress(PermissionError):  # only root may give a file away
                os.fchown(handle, was.st_uid, was.st_gid)
            os.fsync(handle)
        _check_unchanged(target, before)
        fresh.replace(target)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    _sync(target.parent)


def _check_unchanged(path: Path, before: bytes) -> None:
    if path.read_bytes() != before:
        raise EditUnavailable(f"{path.name} was changed by somebody else at the same moment; look, and try again")


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        kind = EditForbidden if error.errno in {EACCES, EPERM, EROFS} else EditUnavailable
        raise kind(f"cannot write {path}: {error.strerror}") from error
