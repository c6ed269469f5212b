"""What is in an image, read from its archive (`docker save`, or buildah's docker-archive: the same)."""

import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

REMOVED: Final = ".wh."  # an empty file of this prefix takes away what a lower layer has


@dataclass(frozen=True)
class Contents:
    config: dict[str, Any]  # what a container gets: User, Env, Labels, Entrypoint ...
    layers_bytes: tuple[int, ...]  # uncompressed, lowest first
    files: frozenset[PurePosixPath]  # as a container sees them: what a layer above removes is not there

    @property
    def size_bytes(self) -> int:
        return sum(self.layers_bytes)


def read(archive: Path) -> Contents:
    with tarfile.open(archive) as outer:
        (image,) = json.load(_file(outer, "manifest.json"))
        config = json.load(_file(outer, image["Config"]))["config"]
        files: set[PurePosixPath] = set()
        sizes = []
        for name in image["Layers"]:
            with _layer(outer, name) as (layer, size_bytes):
                _stack(files, layer)
                sizes.append(size_bytes)
    return Contents(config, tuple(sizes), frozenset(files))


def size_bytes(archive: Path) -> int:
    """Of all layers, uncompressed. Much faster than to read all that is in them."""
    with tarfile.open(archive) as outer:
        (image,) = json.load(_file(outer, "manifest.json"))
        return sum(outer.getmember(name).size for name in image["Layers"])


def _file(archive: tarfile.TarFile, name: str) -> Any:
    file = archive.extractfile(name)
    assert file is not None, name
    return file


@contextmanager
def _layer(outer: tarfile.TarFile, name: str) -> Iterator[tuple[tarfile.TarFile, int]]:
    with tarfile.open(fileobj=_file(outer, name), mode="r:") as layer:
        yield layer, outer.getmember(name).size


def _stack(files: set[PurePosixPath], layer: tarfile.TarFile) -> None:
    paths = [PurePosixPath("/", member.name) for member in layer if not member.isdir()]
    gone = {path.with_name(path.name.removeprefix(REMOVED)) for path in paths if path.name.startswith(REMOVED)}
    files -= {path for path in files if path in gone or gone.intersection(path.parents)}
    files |= {path for path in paths if not path.name.startswith(REMOVED)}
