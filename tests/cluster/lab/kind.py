"""A cluster made by kind, where Docker is. NOT TRIED on any machine yet: written from kind's documentation."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final

from lab import images, tools
from lab.cluster import Cluster
from lab.configs import AUDIT_POLICY
from lab.errors import LabError, Unavailable
from lab.nodes import Node
from lab.progress import locked, say, wait_until

API_PORT: Final = 6443  # the same on the host as in the node, so that one kubeconfig serves both
AUDIT: Final = "/var/log/lab"  # in the node: the policy and the log
MANIFESTS: Final = "/etc/kubernetes/manifests"
ETCD_PKI: Final = "/etc/kubernetes/pki/etcd"


class KindCluster(Cluster):
    bridge = "eth0"

    @property
    def _kind_name(self) -> str:
        return f"logdist-{self.paths.name}"

    @property
    def _node(self) -> str:
        return f"{self._kind_name}-control-plane"

    def up(self) -> bool:
        with locked(self.paths.lock):
            if self.comes_up():
                return False
            tools.prepare(self.paths.bin, ("sink",) if shutil.which("kind") else ("sink", "kind"))
            self._remove()
            audit = self.paths.state / "audit"
            audit.mkdir(parents=True)
            (audit / "policy.json").write_text(json.dumps(AUDIT_POLICY))
            config = self.paths.state / "kind.json"
            config.write_text(json.dumps(_config(audit)))
            say("kind creates the cluster")
            self._kind("create", "cluster", f"--config={config}", f"--kubeconfig={self.kubeconfig}", "--wait=180s")
            for archive in images.prepare(self.paths.bin, self.paths.images, (images.SINK,)):
                self.load(archive)
            say("API server and node ready")
        return True

    def down(self) -> None:
        with locked(self.paths.lock):
            self._remove()

    def is_up(self) -> bool:
        try:
            return self.kubeconfig.exists() and self.kubectl("get", "--raw", "/readyz") == "ok"
        except LabError:
            return False

    def _remove(self) -> None:
        if self.paths.state.exists():
            shutil.rmtree(self.paths.last_log, ignore_errors=True)
            self._kind("export", "logs", str(self.paths.last_log), check=False)
            self._kind("delete", "cluster")
            shutil.rmtree(self.paths.state)

    @property
    def node_pid(self) -> int:
        return int(self._docker("inspect", "--format={{.State.Pid}}", self._node))

    @property
    def node_ip(self) -> str:
        return self._docker("inspect", "--format={{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", self._node)

    def load(self, archive: Path) -> None:
        self._kind("load", "image-archive", str(archive))

    def second_node(self) -> AbstractContextManager[Node]:
        raise Unavailable("kind cannot add a node to a cluster that runs")

    def network_policies(self) -> AbstractContextManager[None]:
        return nullcontext()  # kind's own network enforces them

    def audit_logs(self) -> list[Path]:
        folder = self.paths.state / "audit"
        return [*sorted(folder.glob("audit-*.log")), folder / "audit.log"]

    def compact_etcd(self) -> None:
        certificates = f"--cacert={ETCD_PKI}/ca.crt --cert={ETCD_PKI}/server.crt --key={ETCD_PKI}/server.key"
        etcdctl = f"crictl exec $(crictl ps -q --name '^etcd$') etcdctl {certificates}"
        put = f"{etcdctl} put /logdist-lab x -w json"
        revision = json.loads(self._docker("exec", self._node, "sh", "-c", put))["header"]["revision"]
        self._docker("exec", self._node, "sh", "-c", f"{etcdctl} compaction --physical {revision}")

    @contextmanager
    def stopped(self, component: str) -> Iterator[None]:
        """Only what runs as a static pod: etcd and the kube- programs of the control plane."""
        manifest, aside = f"{MANIFESTS}/{component}.yaml", f"/var/tmp/{component}.yaml"
        self._docker("exec", self._node, "mv", manifest, aside)
        try:
            self._docker("exec", self._node, "pkill", "-9", "-x", component[:15])  # as long as the kernel keeps a name
            yield
        finally:
            self._docker("exec", self._node, "mv", aside, manifest)
        ready = f"crictl ps --state running --name '^{component}$' -q | grep -q ."
        self._docker("exec", self._node, "timeout", "120", "sh", "-c", f"until {ready}; do sleep 0.2; done")
        wait_until(f"{component} is well again", self.is_up, seconds=120)

    def _kind(self, *arguments: str, check: bool = True) -> None:
        _output(["kind", *arguments, f"--name={self._kind_name}"], env=self.env, check=check)

    def _docker(self, *arguments: str) -> str:
        return _output(["docker", *arguments], env=self.env, check=True)


def against_kind() -> str:
    """Why kind cannot be used here; empty when it can."""
    if (
        shutil.which("docker") is None
        or subprocess.run(["docker", "info"], check=False, capture_output=True).returncode
    ):
        return "Docker does not run"
    if shutil.which("kind") is None and shutil.which("go") is None:
        return "Docker runs, but kind is not installed, nor Go to build it"
    return "" if os.geteuid() == 0 else "Docker runs, but entering the node's network needs root"


def _config(audit: Path) -> dict[str, Any]:
    api_server = {
        "extraArgs": {
            "audit-policy-file": f"{AUDIT}/policy.json",
            "audit-log-path": f"{AUDIT}/audit.log",
            "audit-log-maxsize": "50",
        },
        "extraVolumes": [{"name": "audit", "hostPath": AUDIT, "mountPath": AUDIT, "pathType": "Directory"}],
    }
    node = {
        "role": "control-plane",
        "extraMounts": [{"hostPath": str(audit), "containerPath": AUDIT}],
        "kubeadmConfigPatches": [json.dumps({"kind": "ClusterConfiguration", "apiServer": api_server})],
    }
    return {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "networking": {"apiServerAddress": "127.0.0.1", "apiServerPort": API_PORT},
        "nodes": [node],
    }


def _output(command: list[str], *, env: dict[str, str], check: bool) -> str:
    done = subprocess.run(command, env=env, check=False, capture_output=True, text=True)
    if check and done.returncode:
        raise LabError(f"{' '.join(command)}: {done.stderr.strip()[-2000:]}")
    return done.stdout.strip()
