"""A cluster made of Linux namespaces: no container engine, no virtual machine, no network needed once it is built."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lab import configs, etcd, images, pki, tools
from lab.cluster import Cluster
from lab.components import CONTAINERD_SOCKET, Component, components
from lab.errors import LabError
from lab.layout import API_PORT_WANTED, DNS_SERVICE_IP, FIXED_PATHS, HERE, NODE_IP, NODE_NAME, cache
from lab.netns import is_well
from lab.progress import locked, say, wait_until
from lab.teardown import remove_state

MODULES_NEEDED = ("kubernetes", "etcd", "containerd", "coredns", "pause", "sink")
START_S = 120.0  # for every single thing that `up` waits for


class NamespaceCluster(Cluster):
    node_ip = NODE_IP
    bridge = "node0"

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
                remove_state(self.paths)
            try:
                self._start(archives)
            except BaseException:
                say(f"it did not start; the logs are kept in {self.paths.last_log}")
                remove_state(self.paths)
                raise
        return True

    def down(self) -> None:
        with locked(self.paths.lock):
            if self.paths.state.exists():
                remove_state(self.paths)

    def is_up(self) -> bool:
        return self._is_alive() and is_well(f"https://127.0.0.1:{self._api_port}/readyz", pid=self.node_pid)

    def _start(self, archives: list[Path]) -> None:
        with _listener() as listener:
            port = listener.getsockname()[1]
            self._prepare_state(port)
            with (self.paths.log / "node.log").open("ab") as log:
                command = [sys.executable, "-m", "lab.node", "enter", self.paths.name, str(port)]
                self._spawn(command, log.fileno())
                self._wait("the node has its namespaces", self._is_alive)
                command = [sys.executable, "-m", "lab.gate", str(listener.fileno()), str(self.node_pid)]
                self._spawn(command, log.fileno(), pass_fds=(listener.fileno(),))
        self._wait("containerd answers", self._containerd_answers)
        for archive in archives:
            self.load(archive)
        say("images imported")
        self._wait("API server ready", self.is_up)
        addons = (HERE / "addons.yaml").read_text()
        addons = addons.replace("DNS_SERVICE_IP", DNS_SERVICE_IP).replace("COREDNS_IMAGE", images.coredns())
        self.kubectl("apply", "-f", "-", input=addons)
        self._wait("node ready", self._node_is_ready)
        self.kubectl("-n", "kube-system", "rollout", "status", "deployment/coredns", f"--timeout={START_S:.0f}s")
        say("DNS ready")

    def _prepare_state(self, port: int) -> None:
        state = self.paths.state
        for folder in (state, self.paths.log, state / "hold"):
            folder.mkdir(parents=True, exist_ok=True)
        made = [path for path in FIXED_PATHS if not Path(path).exists()]
        for path in made:
            Path(path).mkdir(parents=True)
        (state / "made").write_text("\n".join(made))
        (state / "port").write_text(str(port))
        pki.write(self.paths.pki, api_port=port)
        shutil.copy2(self.paths.pki / "admin.conf", self.kubeconfig)
        configs.write(self.paths)

    def _spawn(self, command: list[str], log: int, pass_fds: tuple[int, ...] = ()) -> None:
        """Start a process that outlives this one. It gets no more of the environment than it needs: no proxies."""
        env = {
            "PATH": f"{self.paths.bin}:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(Path.home()),
            "PYTHONPATH": str(HERE.parent),
            "LOGDIST_CACHE": str(cache().parent),
        }
        subprocess.Popen(
            command,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=pass_fds,
        )

    # -- the node, seen from here

    @property
    def _api_port(self) -> int:
        return int((self.paths.state / "port").read_text())

    @property
    def node_pid(self) -> int:
        try:
            unshare = (self.paths.state / "unshare.pid").read_text()
            if f"lab.node\0init\0{self.paths.name}\0" not in Path(f"/proc/{unshare}/cmdline").read_text():
                raise ProcessLookupError(unshare)
            return int(Path(f"/proc/{unshare}/task/{unshare}/children").read_text().split()[0])
        except (OSError, IndexError):
            raise LabError("no cluster is running here: start one with `make cluster`") from None

    def _is_alive(self) -> bool:
        try:
            return self.node_pid > 0
        except LabError:
            return False

    def _ctr(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        address = f"/proc/{self.node_pid}/root{CONTAINERD_SOCKET}"
        command = [str(self.paths.bin / "ctr"), "--address", address, "--namespace", "k8s.io", *arguments]
        return subprocess.run(command, check=False, capture_output=True, text=True)

    def _containerd_answers(self) -> bool:
        return self._ctr("version").returncode == 0

    def _node_is_ready(self) -> bool:
        conditions = self.get("node", NODE_NAME)["status"].get("conditions", [])
        return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)

    def _wait(self, what: str, is_so: Callable[[], bool]) -> None:
        wait_until(what, is_so, seconds=START_S)
        say(what)

    # -- for tests

    def load(self, archive: Path) -> None:
        done = self._ctr("images", "import", str(archive))
        if done.returncode:
            raise LabError(f"import of {archive} failed: {done.stderr.strip()}")

    def audit_logs(self) -> list[Path]:
        return [*sorted(self.paths.log.glob("audit-*.log")), self.paths.log / "audit.log"]

    def compact_etcd(self) -> None:
        etcd.compact(self.node_pid)

    @contextmanager
    def stopped(self, component: str) -> Iterator[None]:
        self._component(component)
        hold = self.paths.state / "hold" / component
        hold.touch()
        try:
            for pid in self.pids(component):
                os.kill(pid, signal.SIGKILL)
            wait_until(f"{component} is gone", lambda: not self.pids(component), seconds=10, interval_s=0.01)
            yield
        finally:
            hold.unlink(missing_ok=True)
        wait_until(f"{component} is well again", lambda: self.is_component_well(component), seconds=START_S)

    def pids(self, component: str) -> list[int]:
        """The processes of a component, as this machine numbers them."""
        first = self.node_pid
        children = map(int, Path(f"/proc/{first}/task/{first}/children").read_text().split())
        return [pid for pid in children if _program(pid) == component]

    def components(self) -> list[Component]:
        return components(self.paths, api_port=self._api_port)

    def _component(self, name: str) -> Component:
        for component in self.components():
            if component.name == name:
                return component
        raise LabError(f"no component {name}; there are: {', '.join(each.name for each in self.components())}")

    def is_component_well(self, name: str) -> bool:
        health = self._component(name).health
        return is_well(health, pid=self.node_pid) if health else self._containerd_answers()


def _listener() -> socket.socket:
    """A socket on the loopback: at the usual port, so that a kubeconfig stays good, or at any when that is taken."""
    try:
        return socket.create_server(("127.0.0.1", API_PORT_WANTED))
    except OSError:
        return socket.create_server(("127.0.0.1", 0))


def _program(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")[0].rsplit("/", 1)[-1]
    except OSError:
        return ""
