"""Secrets as files: `<folder>/<name>/<key>`, as a mounted volume has them. For the analysers of files.py."""

import hashlib
from pathlib import Path
from typing import Final

from logdist_operator.model import NoSecret, Secret

SECRET_BYTES_MAX: Final = 1024 * 1024  # of one file: as much as Kubernetes takes


def read_secret(folder: Path, name: str) -> Secret | NoSecret:
    """Read one. Its version is a hash of when its files were written, and of nothing that is in them."""
    data, written = {}, hashlib.sha256()
    try:
        for file in sorted((folder / name).iterdir()):
            if file.name.startswith(".") or not file.is_file():
                continue
            stat = file.stat()
            if stat.st_size > SECRET_BYTES_MAX:
                return NoSecret("SecretUnusable", f"the file {file} is larger than {SECRET_BYTES_MAX} bytes")
            data[file.name] = file.read_bytes()
            written.update(f"{file.name} {stat.st_mtime_ns} {stat.st_ino}\n".encode())
    except (FileNotFoundError, NotADirectoryError):
        return NoSecret("SecretMissing", f"there is no folder {folder / name}: make it, with a file for each key")
    except OSError as error:
        return NoSecret("SecretForbidden", f"{error.filename or folder / name} cannot be read: {error.strerror}")
    return Secret(written.hexdigest()[:12], data)
