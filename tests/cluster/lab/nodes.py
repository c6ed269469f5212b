"""A node made of namespaces, as this machine sees it: start it, find its processes, stop parts of it or all of it."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from lab import cgroups, configs
from lab.components import CONTAINERD_SOCKET, Component, components
from lab.errors import LabError
from lab.layout import HERE, NodeLayout, cache
from lab.netns import is_well
from lab.progress import wait_until

START_S: Final = 120.0  # for every single thing that a start waits for


class Node:
    def __init__(self, layout: NodeLayout) -> None:
        self.layout = layout

    @property
    def name(self) -> str:
        return self.layout.name

    @property
    def ip(self) -> str:
        return self.layout.ip

    # -- life

    def start(self) -> None:
        """Return when it has its namespaces; its components come up meanwhile."""
        shutil.rmtree(self.layout.log, ignore_errors=True)  # of a node of this name before
        for folder in (self.layout.log, self._hold):
            folder.mkdir(parents=True)
        for component in self.components():
            if component.is_on_demand:
                (self._hold / component.name).touch()
        configs.write(self.layout)
        with (self.layout.log / "node.log").open("ab") as log:
            command = ["lab.node", "enter", self.layout.paths.name, str(self.layout.number), str(self._api_port)]
            spawn(self.layout.paths.bin, command, log.fileno())
        wait_until(f"{self.name} has its namespaces", self.is_alive, seconds=START_S)

    def kill(self) -> None:
        """End it at once, with all that runs on it, as a power cut does. It stays away."""
        for pid in self._processes():
            os.kill(pid, signal.SIGKILL)
        wait_until(f"{self.name} ends", lambda: not self._processes(), seconds=30, interval_s=0.02)

    def remove(self) -> None:
        """Kill it, and remove its cgroups and files; its logs stay. Also where it is half started, or has died."""
        state = self.layout.state
        self.kill()
        if left := cgroups.remove([Path(line) for line in lines(state / "cgroups")]):
            raise LabError(f"cgroups still in use: {left}; see which processes are in their cgroup.procs")
        if mounts := [line.split()[4] for line in lines(Path("/proc/self/mountinfo")) if f"{state}/" in line]:
            raise LabError(f"still mounted, so not removed: {mounts}")
        if state.exists():
            shutil.rmtree(state)

    # -- its processes

    @property
    def pid(self) -> int:
        """Its process 1, as this machine numbers it. LabError when it does not run."""
        if not (pids := self._processes()[:-1]):
            raise LabError(f"{self.name} of cluster {self.layout.paths.name} is not running")
        return pids[0]

    def is_alive(self) -> bool:
        return len(self._processes()) == 2

    def _processes(self) -> list[int]:
        """Its process 1 and the `unshare` above it. When process 1 dies, the kernel has ended all the others."""
        pids = lines(self.layout.state / "unshare.pid")
        mine = f"lab.node\0init\0{self.layout.paths.name}\0{self.layout.number}\0"
        if not pids or mine not in _read(Path(f"/proc/{pids[0]}/cmdline")):
            return []
        children = _read(Path(f"/proc/{pids[0]}/task/{pids[0]}/children")).split()
        return [int(pid) for pid in (*children, pids[0])]

    def pids(self, component: str) -> list[int]:
        children = map(int, _read(Path(f"/proc/{self.pid}/task/{self.pid}/children")).split())
        return [pid for pid in children if _program(pid) == component]

    # -- its components

    @property
    def _api_port(self) -> int:
        return int((self.layout.paths.state / "port").read_text())

    @property
    def _hold(self) -> Path:
        return self.layout.state / "hold"

    def components(self) -> list[Component]:
        return components(self.layout, api_port=self._api_port)

    def is_component_well(self, name: str) -> bool:
        health = self._component(name).health
        return is_well(health, pid=self.pid) if health else self.ctr("version").returncode == 0

    def wait_for(self, component: str) -> None:
        wait_until(f"{component} of {self.name} is well", lambda: self.is_component_well(component), seconds=START_S)

    @contextmanager
    def stopped(self, component: str) -> Iterator[None]:
        """Kill a component (SIGKILL) and keep it away; at the end let it come back, and wait until it is well."""
        self._component(component)
        with self.held(component):
            self._end(component)
            yield
        self.wait_for(component)

    @contextmanager
    def running(self, component: str) -> Iterator[None]:
        """Have a component that runs on demand only."""
        hold = self._hold / component
        hold.unlink(missing_ok=True)
        try:
            self.wait_for(component)
            yield
        finally:
            hold.touch()
            self._end(component)

    def _end(self, component: str) -> None:
        for pid in self.pids(component):
            os.kill(pid, signal.SIGKILL)
        wait_until(f"{component} is gone", lambda: not self.pids(component), seconds=10, interval_s=0.01)

    @contextmanager
    def held(self, component: str) -> Iterator[None]:
        """Meanwhile a component that does not run is not started."""
        hold = self._hold / component
        hold.touch()
        try:
            yield
        finally:
            hold.unlink(missing_ok=True)

    def _component(self, name: str) -> Component:
        for component in self.components():
            if component.name == name:
                return component
        raise LabError(f"no component {name}; there are: {', '.join(each.name for each in self.components())}")

    def run(self, *command: str) -> str:
        """What a command prints that runs in its network, to its end."""
        entered = ["nsenter", f"--net=/proc/{self.pid}/ns/net", "--", *command]
        done = subprocess.run(entered, check=False, capture_output=True, text=True)
        if done.returncode:
            raise LabError(f"{' '.join(command)} in {self.name}: {done.stderr.strip()}")
        return done.stdout

    # -- its images

    def ctr(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        address = f"/proc/{self.pid}/root{CONTAINERD_SOCKET}"
        command = [str(self.layout.paths.bin / "ctr"), "--address", address, "--namespace", "k8s.io", *arguments]
        return subprocess.run(command, check=False, capture_output=True, text=True)

    def load(self, archive: Path) -> None:
        done = self.ctr("images", "import", str(archive))
        if done.returncode:
            raise LabError(f"import of {archive} into {self.name} failed: {done.stderr.strip()}")


def spawn(binaries: Path, module: list[str], log: int, pass_fds: tuple[int, ...] = ()) -> None:
    """Start a module as a process that outlives this one, with no more of the environment than it needs: no proxies."""
    env = {
        "PATH": f"{binaries}:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": str(Path.home()),
        "PYTHONPATH": str(HERE.parent),
        "LOGDIST_CACHE": str(cache().parent),
    }
    subprocess.Popen(
        [sys.executable, "-m", *module],
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
        pass_fds=pass_fds,
    )


def lines(path: Path) -> list[str]:
    """Of a file, or none where it cannot be read."""
    return _read(path).splitlines()


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def _program(pid: int) -> str:
    return _read(Path(f"/proc/{pid}/cmdline")).split("\0")[0].rsplit("/", 1)[-1]
