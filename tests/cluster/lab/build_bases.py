"""Stand-ins for the base images of the Dockerfiles, made of Debian's packages: for machines that reach no registry.

They have the names of the originals, so that the Dockerfiles are the same with Docker and without, and what the
Dockerfiles use of them: for Python an interpreter in /usr/local/bin, pip and apt, for nginx the program with its files
in the same places.
"""

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lab.build_tools import buildah, install_packages, run
from lab.progress import say

SUITE: Final = "trixie"
LEAN: Final = (  # the originals have no manuals and no translations either
    '--aptopt=Acquire::Languages "none"',
    '--aptopt=APT::Install-Recommends "false"',
    *(f"--dpkgopt=path-exclude=/usr/share/{folder}/*" for folder in ("doc", "info", "locale", "man")),
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
)


@dataclass(frozen=True)
class Base:
    """A base image: Debian's essential packages, apt and these, then the Dockerfile on top of them."""

    reference: str
    packages: tuple[str, ...]
    dockerfile: str


BASES: Final = (
    Base(
        "docker.io/library/python:3.13-slim",
        ("ca-certificates", "netbase", "python3", "python3-pip-whl", "tzdata"),
        """
RUN for name in python python3 python3.13; do ln -s /usr/bin/python3.13 /usr/local/bin/$name; done \\
    && rm -f /usr/lib/python3.13/EXTERNALLY-MANAGED \\
    && wheel=$(echo /usr/share/python-wheels/pip-*.whl) \\
    && PYTHONPATH=$wheel python -m pip install --quiet --no-index --no-compile --root-user-action=ignore $wheel \\
    && dpkg --purge python3-pip-whl
ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
CMD ["python3"]
""",
    ),
    Base("docker.io/library/node:24-slim", ("ca-certificates", "nodejs", "npm"), ""),
    Base(
        "docker.io/nginxinc/nginx-unprivileged:1.30-alpine-slim",
        ("nginx-light",),
        """
RUN rm -rf /etc/nginx/sites-* /etc/nginx/modules-* /var/log/nginx
USER 101
EXPOSE 8080
CMD ["nginx", "-g", "daemon off;"]
""",
    ),
)


def fingerprint() -> str:
    return hashlib.sha256(repr((SUITE, LEAN, BASES)).encode()).hexdigest()


def prepare(folder: Path) -> None:
    """Have all bases in buildah's store below `folder`. A changed recipe throws the store away, with all its layers."""
    stamp = folder / "buildah" / "bases.stamp"
    if stamp.exists() and stamp.read_text() == fingerprint():
        return
    install_packages()
    buildah(folder, "rmi", "--all", "--force")
    for base in BASES:
        say(f"making a stand-in for {base.reference}, which takes half a minute")
        _make(base, folder)
    stamp.write_text(fingerprint())


def _make(base: Base, folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        rootfs = Path(scratch, "rootfs.tar")
        include = f"--include={','.join(base.packages)}"
        run(["mmdebstrap", "--quiet", "--mode=root", "--variant=apt", include, *LEAN, SUITE, str(rootfs)])
        dockerfile = Path(scratch, "Dockerfile")
        dockerfile.write_text(f"FROM scratch\nADD {rootfs.name} /\n{base.dockerfile}")
        options = ("--isolation=chroot", "--layers=false", f"--file={dockerfile}", f"--tag={base.reference}")
        buildah(folder, "build", *options, scratch)
