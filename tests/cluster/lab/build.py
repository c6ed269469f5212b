"""The product's images: built from their Dockerfiles where something in them has changed, and brought into the node.

With Docker where it runs (NOT TRIED yet, as kind), else with buildah on base images made here.
"""

import hashlib
import os
import shlex
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lab import build_bases
from lab.build_tools import buildah, has_docker, run
from lab.cluster import Cluster
from lab.errors import LabError
from lab.layout import Paths
from lab.progress import locked, say

ROOT: Final = Path(__file__).parents[3]
MEMBERS: Final = ("operator", "distributor", "analyser", "loadtest", "frontend")
REPOSITORY: Final = "docker.io/logdist"  # what Kubernetes makes of `logdist`
# From the environment to the build, where they are set.
PASSED: Final = ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "NPM_CONFIG_REGISTRY")


@dataclass(frozen=True)
class Image:
    """One member's image. `archive` is what a node imports; `stamp` beside it holds what it was built from."""

    member: str

    @property
    def reference(self) -> str:
        return f"{REPOSITORY}/{self.member}:{version()}"

    @property
    def archive(self) -> Path:
        return folder() / f"logdist-{self.member}-{version()}.tar"

    @property
    def stamp(self) -> Path:
        return self.archive.with_suffix(".stamp")

    @property
    def dockerfile(self) -> Path:
        return ROOT / self.member / "Dockerfile"


def version() -> str:
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"])


def folder() -> Path:
    """Of the archives. Every cluster of this machine takes them from here."""
    return Paths().images


def build(*members: str) -> list[Image]:
    """Have an archive of each of these members' images (of all, when none is named) that is up to date."""
    if unknown := set(members).difference(MEMBERS):
        raise LabError(f"no image of {', '.join(sorted(unknown))}; there are: {', '.join(MEMBERS)}")
    wanted = [Image(member) for member in members or MEMBERS]
    builder, base = (_with_docker, "docker") if has_docker() else (_with_buildah, build_bases.fingerprint())
    with locked(folder() / "build.lock"):
        for image in wanted:
            mark = fingerprint(image.dockerfile, base)
            if image.archive.exists() and image.stamp.exists() and image.stamp.read_text() == mark:
                continue
            say(f"building {image.reference}")
            image.stamp.unlink(missing_ok=True)
            builder(image)
            image.stamp.write_text(mark)
            say(f"built {image.reference}")
    return wanted


def load(cluster: Cluster, wanted: list[Image]) -> None:
    """Import these into the running cluster, as far as it has not got them. Running pods keep what they run."""
    has = cluster.paths.state / "loaded"
    has.mkdir(exist_ok=True)
    with locked(folder() / "load.lock"):
        for image in wanted:
            mark = has / image.member
            if not mark.exists() or mark.read_text() != image.stamp.read_text():
                cluster.load(image.archive)
                mark.write_text(image.stamp.read_text())
                say(f"loaded {image.reference}")


def fingerprint(dockerfile: Path, *more: str) -> str:
    """A digest of the Dockerfile and of every file that its COPY lines name."""
    digest = hashlib.sha256(repr(more).encode())
    for path in (dockerfile, ROOT / ".dockerignore", *(ROOT / source for source in sources(dockerfile.read_text()))):
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                mode = file.stat().st_mode & 0o111
                digest.update(f"{file.relative_to(ROOT)} {mode:o}\n".encode() + file.read_bytes())
    return digest.hexdigest()


def sources(dockerfile: str) -> list[str]:
    """What a Dockerfile takes from the repository."""
    copies = [shlex.split(line)[1:] for line in dockerfile.splitlines() if line.startswith("COPY ")]
    return [source for words in copies if not words[0].startswith("--from") for source in words[:-1]]


def _with_buildah(image: Image) -> None:
    build_bases.prepare(folder())
    arguments = _build_arguments(image)
    if authorities := os.environ.get("SSL_CERT_FILE"):
        arguments += [f"--volume={authorities}:{authorities}:ro", f"--build-arg=SSL_CERT_FILE={authorities}"]
    options = ["--isolation=chroot", "--network=host", "--pull=never", "--layers"]
    buildah(folder(), "build", *options, *arguments, str(ROOT))
    image.archive.unlink(missing_ok=True)  # else buildah adds to it
    buildah(folder(), "push", image.reference, f"docker-archive:{image.archive}:{image.reference}")


def _with_docker(image: Image) -> None:
    run(["docker", "build", *_build_arguments(image), str(ROOT)])
    run(["docker", "save", f"--output={image.archive}", image.reference])


def _build_arguments(image: Image) -> list[str]:
    passed = {name: os.environ[name] for name in PASSED if os.environ.get(name)}
    passed["VERSION"] = version()
    arguments = [f"--build-arg={name}={value}" for name, value in passed.items()]
    return [*arguments, f"--file={image.dockerfile}", f"--tag={image.reference}"]
