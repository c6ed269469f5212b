"""Where everything lies and how everything is called: constants and paths, nothing that acts."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
MODULES: Final = HERE / "modules"

API_IP: Final = "10.10.0.1"  # the first node's
PLAYED_PODS: Final = "10.10.0.0/16"  # processes on the first node that play pods have their addresses from here
POD_CIDR: Final = "10.244.0.0/16"
SERVICE_CIDR: Final = "10.96.0.0/16"
API_SERVICE_IP: Final = "10.96.0.1"
DNS_SERVICE_IP: Final = "10.96.0.10"
API_PORT_WANTED: Final = 16443  # where it is taken, any free port


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
    def second_node_lock(self) -> Path:
        """Whoever has the second node holds this."""
        return cache() / f"{self.name}-node2.lock"

    @property
    def log(self) -> Path:
        return self.state / "log"

    @property
    def pki(self) -> Path:
        return self.state / "pki"

    @property
    def kubeconfig(self) -> Path:
        return self.state / "kubeconfig"


@dataclass(frozen=True)
class NodeLayout:
    """Names, addresses and files of one node: the first has the control plane, the second comes and goes."""

    paths: Paths
    number: int = 1

    @property
    def is_first(self) -> bool:
        return self.number == 1

    @property
    def name(self) -> str:
        return f"node{self.number}"

    @property
    def ip(self) -> str:
        return f"10.10.0.{self.number}"

    @property
    def pod_cidr(self) -> str:
        return f"10.244.{self.number}.0/24"

    @property
    def state(self) -> Path:
        return self.paths.state / self.name

    @property
    def log(self) -> Path:
        return self.paths.log / self.name

    @property
    def configs(self) -> Path:
        return self.state / "configs"
