"""What a cluster can do for a test, however it was made."""

import json
import os
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from lab.errors import LabError
from lab.layout import Paths
from lab.nodes import Node
from lab.progress import wait_until


class Cluster(ABC):
    """One node, and a second where a test asks for it.

    Commands run on this machine's files, as processes of this machine, in the first node's network.
    """

    def __init__(self, name: str = "main") -> None:
        self.paths = Paths(name)

    # -- life

    @abstractmethod
    def up(self) -> bool:
        """Start it and wait until it is ready. False when it was running already, and well."""

    @abstractmethod
    def down(self) -> None:
        """Stop it and remove all that belonged to it; the logs move to `paths.last_log`."""

    @abstractmethod
    def is_up(self) -> bool: ...

    # -- what differs between the ways to have a cluster

    @property
    @abstractmethod
    def node_pid(self) -> int:
        """A process in the node's network namespace. LabError when there is no node."""

    @property
    @abstractmethod
    def node_ip(self) -> str: ...

    @property
    @abstractmethod
    def bridge(self) -> str:
        """The node's interface that takes further addresses."""

    @abstractmethod
    def load(self, archive: Path) -> None:
        """Import an OCI or docker archive into the image stores of all nodes."""

    @abstractmethod
    def second_node(self) -> AbstractContextManager[Node]:
        """Have a second node, ready, with all images that were loaded. Afterwards there is no trace of it.

        Its end is sudden, and what had run there starts on the first node, which is uncordoned. Unavailable where
        there can be no second node.
        """

    @abstractmethod
    def stopped(self, component: str) -> AbstractContextManager[None]:
        """Kill a component (SIGKILL) and keep it away; at the end let it come back, and wait until it is well."""

    @abstractmethod
    def network_policies(self) -> AbstractContextManager[None]:
        """Have NetworkPolicies enforced on all nodes there are."""

    @abstractmethod
    def audit_logs(self) -> list[Path]:
        """The audit log's files, oldest first."""

    @abstractmethod
    def compact_etcd(self) -> None:
        """Make etcd forget all revisions before the current one."""

    # -- what follows from it

    def comes_up(self) -> bool:
        """Whether it runs. Where the node lives, a test may be restarting the API server: that is waited for."""
        try:
            return self.node_pid > 0 and wait_until("API server ready", self.is_up, seconds=60)
        except LabError:
            return False

    @property
    def kubeconfig(self) -> Path:
        """For the user `admin` in group system:masters. Its address works on the host and in the node's network."""
        return self.paths.kubeconfig

    @property
    def env(self) -> dict[str, str]:
        return {
            **os.environ,
            "KUBECONFIG": str(self.kubeconfig),
            "PATH": f"{self.paths.bin}:{os.environ.get('PATH', '')}:/usr/sbin:/sbin",
        }

    def in_node(self, command: tuple[str, ...]) -> list[str]:
        return ["nsenter", f"--net=/proc/{self.node_pid}/ns/net", "--", *command]

    def run(self, *command: str, check: bool = True, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a command in the node's network, to its end. `options` go to subprocess.run."""
        settings = {"text": True, "capture_output": True, "env": self.env, **options}
        return subprocess.run(self.in_node(command), check=check, **settings)

    def popen(self, *command: str, **options: Any) -> subprocess.Popen[Any]:
        """Start a command in the node's network. `options` go to subprocess.Popen."""
        return subprocess.Popen(self.in_node(command), **{"env": self.env, **options})

    def kubectl(self, *arguments: str, input: str | None = None) -> str:  # noqa: A002 -- subprocess calls it so
        """What kubectl prints. LabError with its complaint when it fails."""
        command = [str(self.paths.bin / "kubectl"), *arguments]
        done = subprocess.run(command, check=False, capture_output=True, text=True, env=self.env, input=input)
        if done.returncode:
            raise LabError(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def get(self, *arguments: str) -> Any:
        """`kubectl get ... -o json`, decoded."""
        return json.loads(self.kubectl("get", *arguments, "-o", "json"))

    def add_address(self, address: str) -> None:
        """Give the node one more address, for a process that plays a pod: the API takes no loopback addresses."""
        self.run("ip", "address", "replace", f"{address}/32", "dev", self.bridge)

    def restart(self, component: str) -> None:
        """Kill a component (SIGKILL), let it come back, and wait until it is well."""
        with self.stopped(component):
            pass

    def compact(self) -> None:
        """End every watch, and have it told 410 Gone when it wants to go on from where it was, even on a quiet kind.

        Compacting etcd is half of it: the API server answers from its watch cache what etcd has forgotten, so it is
        restarted too. This takes some seconds, in which the API is away.
        """
        with self.stopped("kube-apiserver"):
            self.compact_etcd()

    def audit(self) -> Iterator[dict[str, Any]]:
        """The audit events so far, oldest first: one for every request of every user (audit.k8s.io/v1, Metadata)."""
        for path in self.audit_logs():
            for line in path.read_text().splitlines(keepends=True):
                if line.endswith("\n"):  # the last one may be in the making
                    yield json.loads(line)

    def is_node_ready(self, name: str) -> bool:
        conditions = self.get("node", name)["status"].get("conditions", [])
        return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)

    def wait_for_dns(self) -> None:
        self.kubectl("-n", "kube-system", "rollout", "status", "deployment/coredns", "--timeout=120s")

    def wait_for_namespace(self, namespace: str) -> None:
        """A namespace can take pods when its default service account exists.

        After the API server was away, its controllers wait for up to 30 s, each watch by itself, before looking again.
        """
        wait_until(
            f"service account of namespace {namespace}",
            lambda: "default" in self.kubectl("-n", namespace, "get", "serviceaccounts", "-o", "name"),
            seconds=120,
        )
