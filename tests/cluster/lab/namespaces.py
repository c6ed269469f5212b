"""A cluster made of Linux namespaces: no container engine, no virtual machine, no network needed once it is built."""

import shutil
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from lab import configs, etcd, images, pki, tools
from lab.cluster import Cluster
from lab.errors import LabError
from lab.layout import API_IP, API_PORT_WANTED, DNS_SERVICE_IP, HERE, NodeLayout
from lab.network_policies import enforced
from lab.nodes import START_S, Node, lines, spawn
from lab.progress import locked, say, wait_until
from lab.second_node import joined
from lab.teardown import remove_state

MODULES_NEEDED = ("kubernetes", "etcd", "containerd", "coredns", "pause", "sink")


class NamespaceCluster(Cluster):
    node_ip = API_IP
    bridge = "node0"

    def __init__(self, name: str = "main") -> None:
        super().__init__(name)
        self.first, self.second = (Node(NodeLayout(self.paths, number)) for number in (1, 2))
        self._layouts = (self.first.layout, self.second.layout)
        self._loaded = self.paths.state / "archives"  # one a line, oldest first

    # -- life

    def up(self) -> bool:
        with locked(self.paths.lock):
            if self.comes_up():
                return False
            tools.install_packages()
            tools.prepare(self.paths.bin, MODULES_NEEDED)
            references = (images.PAUSE, images.coredns(), images.SINK)
            archives = images.prepare(self.paths.bin, self.paths.images, references)
            if self.paths.state.exists():
                say("removing what an earlier run left")
                remove_state(self.paths, self._layouts)
            try:
                self._start(archives)
            except BaseException:
                say(f"it did not start; the logs are kept in {self.paths.last_log}")
                remove_state(self.paths, self._layouts)
                raise
        return True

    def down(self) -> None:
        with locked(self.paths.lock):
            if self.paths.state.exists():
                remove_state(self.paths, self._layouts)

    def is_up(self) -> bool:
        return self.first.is_alive() and self.first.is_component_well("kube-apiserver")

    def _start(self, archives: list[Path]) -> None:
        with _listener() as listener:
            self._prepare_state(listener.getsockname()[1])
            self.first.start()
            say("the node has its namespaces")
            with (self.paths.log / "gate.log").open("ab") as log:
                command = ["lab.gate", str(listener.fileno()), str(self.node_pid)]
                spawn(self.paths.bin, command, log.fileno(), pass_fds=(listener.fileno(),))
        self._wait("containerd is well", lambda: self.first.is_component_well("containerd"))
        for archive in archives:
            self.load(archive)
        say("images imported")
        self._wait("API server ready", self.is_up)
        addons = (HERE / "addons.yaml").read_text()
        addons = addons.replace("DNS_SERVICE_IP", DNS_SERVICE_IP).replace("COREDNS_IMAGE", images.coredns())
        self.kubectl("apply", "-f", "-", input=addons)
        self._wait("node ready", lambda: self.is_node_ready(self.first.name))
        self.wait_for_dns()
        say("DNS ready")

    def _prepare_state(self, port: int) -> None:
        state = self.paths.state
        for folder in (state, self.paths.log):
            folder.mkdir(parents=True, exist_ok=True)
        (state / "port").write_text(str(port))
        pki.write(self.paths.pki, self._layouts, api_port=port)
        shutil.copy2(self.paths.pki / "admin.conf", self.kubeconfig)
        configs.write_audit_policy(self.paths)

    # -- the nodes, seen from here

    @property
    def nodes(self) -> list[Node]:
        """Those that run, the first one first."""
        return [node for node in (self.first, self.second) if node.is_alive()]

    @property
    def node_pid(self) -> int:
        if not self.first.is_alive():
            raise LabError("no cluster is running here: start one with `make cluster`")
        return self.first.pid

    def _wait(self, what: str, is_so: Callable[[], bool]) -> None:
        wait_until(what, is_so, seconds=START_S)
        say(what)

    # -- for tests

    def load(self, archive: Path) -> None:
        for node in self.nodes:
            node.load(archive)
        with self._loaded.open("a") as file:
            file.write(f"{archive}\n")

    def second_node(self) -> AbstractContextManager[Node]:
        archives = [Path(line) for line in dict.fromkeys(lines(self._loaded))]
        return joined(self, self.first, self.second, archives)

    def network_policies(self) -> AbstractContextManager[None]:
        tools.prepare(self.paths.bin, ("kube-router",))
        return enforced(self.nodes)

    def audit_logs(self) -> list[Path]:
        return [*sorted(self.paths.log.glob("audit-*.log")), self.paths.log / "audit.log"]

    def compact_etcd(self) -> None:
        etcd.compact(self.node_pid)

    def stopped(self, component: str) -> AbstractContextManager[None]:
        return self.first.stopped(component)


def _listener() -> socket.socket:
    """A socket on the loopback: at the usual port, so that a kubeconfig stays good, or at any when that is taken."""
    try:
        return socket.create_server(("127.0.0.1", API_PORT_WANTED))
    except OSError:
        return socket.create_server(("127.0.0.1", 0))
