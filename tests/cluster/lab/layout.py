"""Where everything lies and how everything is called: constants and paths, nothing that acts."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
MODULES: Final = HERE / "modules"

NODE_NAME: Final = "node1"
NODE_IP: Final = "10.10.0.1"
POD_CIDR: Final = "10.244.0.0/16"
SERVICE_CIDR: Final = "10.96.0.0/16"
API_SERVICE_IP: Final = "10.96.0.1"
DNS_SERVICE_IP: Final = "10.96.0.10"
API_PORT_WANTED: Final = 16443  # where it is taken, any free port

# Paths that the kubelet and the CNI library have compiled in; the node mounts folders of its state over them.
FIXED_PATHS: Final = ("/var/lib/kubelet", "/var/lib/cni", "/var/log/pods", "/var/log/containers")


def cache() -> Path:
    """Binaries and images, kept from run to run and outside the checkout, so that a fresh clone starts warm."""
    base = os.environ.get("LOGDIST_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "logdist")
    return Path(base).expanduser().absolute() / "cluster"


@dataclass(frozen=True)
class Paths:
    """The files of one cluster. `name` tells two clusters on one machine apart."""

    name: str = "main"

    @property
    def bin(self) -> Path:
        return cache() / "bin"

    @property
    def images(self) -> Path:
        return cache() / "images"

    @property
    def state(self) -> Path:
        """All that belongs to a running cluster; `down` removes it."""
        return cache() / "state" / self.name

    @property
    def last_log(self) -> Path:
        """The logs of the run before this one, to look at after a failure."""
        return cache() / "last-log" / self.name

    @property
    def lock(self) -> Path:
        return cache() / "lock"

    @property
    def log(self) -> Path:
        return self.state / "log"

    @property
    def pki(self) -> Path:
        return self.state / "pki"

    @property
    def kubeconfig(self) -> Path:
        return self.state / "kubeconfig"
