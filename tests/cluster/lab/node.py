"""A node. Its start runs this module twice, one after the other, in the same process:

    python -m lab.node enter CLUSTER NUMBER PORT    joins cgroups of its own, then becomes `unshare` with namespaces
    python -m lab.node init CLUSTER NUMBER PORT     process 1 in them: mounts, network, then keeps components running

So nothing here reaches the machine's network, mounts or settings, and when process 1 is killed the kernel ends every
other process of the node and takes the mounts away.
"""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from lab import cgroups, mount_points
from lab.components import Component, components
from lab.layout import API_IP, SERVICE_CIDR, NodeLayout, Paths
from lab.netns import is_well

NAMESPACES: Final = ("--cgroup", "--mount", "--pid", "--net", "--uts", "--ipc", "--fork", "--kill-child")
RESTART_S: Final = 1.0  # before a component that ended soon after its start is started again
TICK_S: Final = 0.05

# The kubelet insists on these, and would change the machine's: it is shown files that say what it wants to hear.
KERNEL_SETTINGS: Final = {
    "vm/overcommit_memory": 1,
    "vm/panic_on_oom": 0,
    "kernel/panic": 10,
    "kernel/panic_on_oops": 1,
}


def enter(cluster: str, number: str, port: str) -> None:
    node = NodeLayout(Paths(cluster), int(number))
    mount_points.hold()
    joined = cgroups.join(f"logdist-{port}-{node.name}")  # the port is what no other cluster on this machine has
    (node.state / "cgroups").write_text("\n".join(map(str, joined)))
    (node.state / "unshare.pid").write_text(str(os.getpid()))
    os.execvp("unshare", ["unshare", *NAMESPACES, sys.executable, "-m", "lab.node", "init", cluster, number, port])


def init(cluster: str, number: str, port: str) -> None:
    node = NodeLayout(Paths(cluster), int(number))
    _mount(node)
    _network(node)
    Keeper(node, api_port=int(port)).run()


def _mount(node: NodeLayout) -> None:
    mount("-t", "proc", "proc", "/proc")
    mount("-t", "sysfs", "sysfs", "/sys")
    mount("-t", "tmpfs", "-o", "mode=755", "cgroup", str(cgroups.ROOT))
    for folder, option, _ in cgroups.hierarchies():
        where = cgroups.ROOT / folder
        where.mkdir()
        mount("-t", "cgroup", "-o", option, "cgroup", str(where))
    mount("-t", "tmpfs", "-o", "mode=755", "run", "/run")
    for path in mount_points.PATHS:
        inside = node.log / "pods" if path == "/var/log/pods" else node.state / path.replace("/", "-").strip("-")
        inside.mkdir()
        mount("--bind", str(inside), path)
    for setting, value in KERNEL_SETTINGS.items():
        file = node.state / f"sysctl-{setting.replace('/', '-')}"
        file.write_text(f"{value}\n")
        mount("--bind", str(file), f"/proc/sys/{setting}")
    mount("--make-rshared", "/")  # volumes that a pod mounts must show in the kubelet's view, and the reverse


def _network(node: NodeLayout) -> None:
    """The node's address lies on an empty bridge; there is no way out of here, and none in."""
    socket.sethostname(node.name)
    ip("link", "set", "lo", "up")
    ip("link", "add", "node0", "type", "bridge")
    ip("address", "add", f"{node.ip}/24", "dev", "node0")
    ip("link", "set", "node0", "up")
    # Packets of the node itself to a Service are routed before they are rewritten, so some route there must exist.
    ip("route", "add", SERVICE_CIDR, "dev", "node0")
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")


class Keeper:
    """Keeps every component running, and reaps what containers leave to process 1.

    A file `hold/NAME` in the state folder keeps a component down that has ended.
    """

    def __init__(self, node: NodeLayout, *, api_port: int) -> None:
        self.node = node
        self.components = components(node, api_port=api_port)
        self.api = f"https://{API_IP}:{api_port}/livez"
        self.has_api = False
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.started_s: dict[str, float] = {}

    def run(self) -> None:
        while True:
            for name, process in list(self.running.items()):
                if process.poll() is not None:
                    print(f"{name} ended with {process.returncode}", flush=True)
                    del self.running[name]
            _reap_orphans()
            for component in self.components:
                if component.name not in self.running and self._is_due(component):
                    self._start(component)
            time.sleep(TICK_S)

    def _is_due(self, component: Component) -> bool:
        if (self.node.state / "hold" / component.name).exists():
            return False
        if time.monotonic() - self.started_s.get(component.name, -RESTART_S) < RESTART_S:
            return False
        if component.is_after_api and not self.has_api:
            self.has_api = is_well(self.api)
            return self.has_api
        return True

    def _start(self, component: Component) -> None:
        self.started_s[component.name] = time.monotonic()
        with (self.node.log / f"{component.name}.log").open("ab") as log:
            self.running[component.name] = subprocess.Popen(component.command, stdout=log, stderr=log)


def _reap_orphans() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


if __name__ == "__main__":
    {"enter": enter, "init": init}[sys.argv[1]](*sys.argv[2:])
