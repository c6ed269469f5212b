"""OCI image archives made of one static binary each, written without any container tool."""

import hashlib
import io
import json
import platform
import tarfile
from pathlib import Path
from typing import Any, Final

from lab.tools import pinned

DOMAIN: Final = "lab.logdist.test"  # no registry stands behind it: images are imported, never pulled
PAUSE: Final = f"{DOMAIN}/pause:1"
SINK: Final = f"{DOMAIN}/sink:1"
ARCHITECTURES: Final = {"x86_64": "amd64", "aarch64": "arm64"}


def coredns() -> str:
    return f"{DOMAIN}/coredns:{pinned('coredns', 'github.com/coredns/coredns').lstrip('v')}"


def prepare(binaries: Path, folder: Path, references: tuple[str, ...]) -> list[Path]:
    """Write these images' archives into `folder`, where a binary is newer than its archive; return them all."""
    folder.mkdir(parents=True, exist_ok=True)
    archives = []
    for reference in references:
        name = reference.split("/")[-1].split(":")[0]
        binary, archive = binaries / name, folder / f"{reference.split('/')[-1].replace(':', '-')}.tar"
        if not archive.exists() or archive.stat().st_mtime < binary.stat().st_mtime:
            fresh = archive.with_suffix(".new")
            write(fresh, reference, binary)
            fresh.replace(archive)
        archives.append(archive)
    return archives


def write(archive: Path, reference: str, binary: Path, *, folder: str = "") -> None:
    """Write an image that holds `binary`, in `folder`, and runs it. Layout: the OCI image specification 1.0."""
    path = f"{folder}/{binary.name}"
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        _add(tar, path.lstrip("/"), binary.read_bytes(), mode=0o755)
    blobs: dict[str, bytes] = {}
    content = _blob(blobs, layer.getvalue(), "layer.v1.tar")
    config = {
        "architecture": ARCHITECTURES.get(platform.machine(), platform.machine()),
        "os": "linux",
        "config": {"Entrypoint": [path], "WorkingDir": "/"},
        "rootfs": {"type": "layers", "diff_ids": [content["digest"]]},
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": _blob(blobs, json.dumps(config).encode(), "config.v1+json"),
        "layers": [content],
    }
    entry = _blob(blobs, json.dumps(manifest).encode(), "manifest.v1+json")
    entry["annotations"] = {
        "io.containerd.image.name": reference,
        "org.opencontainers.image.ref.name": reference.rsplit(":", 1)[1],
    }
    with tarfile.open(archive, "w") as tar:
        _add(tar, "oci-layout", b'{"imageLayoutVersion": "1.0.0"}')
        _add(tar, "index.json", json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode())
        for digest, data in blobs.items():
            _add(tar, f"blobs/sha256/{digest}", data)


def _blob(blobs: dict[str, bytes], data: bytes, kind: str) -> dict[str, Any]:
    digest = hashlib.sha256(data).hexdigest()
    blobs[digest] = data
    return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": f"sha256:{digest}", "size": len(data)}


def _add(tar: tarfile.TarFile, name: str, data: bytes, mode: int = 0o644) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), mode
    tar.addfile(info, io.BytesIO(data))
