"""The programs of a node: how each is called, and where it says that it is well.

The configuration files that they read are in configs.py.
"""

from dataclasses import dataclass
from typing import Final

from lab.layout import API_IP, SERVICE_CIDR, NodeLayout, Paths

CONTAINERD_SOCKET: Final = "/run/containerd/containerd.sock"  # as the node sees it
ETCD: Final = "http://127.0.0.1:2379"


@dataclass(frozen=True)
class Component:
    name: str
    command: list[str]
    health: str  # answers 200 when it is well; empty for containerd, which speaks gRPC only
    is_after_api: bool = True  # exits, or waits long, when it finds no API server at its start
    is_on_demand: bool = False  # held from the node's start on, until somebody wants it


def components(node: NodeLayout, *, api_port: int) -> list[Component]:
    """In the order in which they start."""
    configs = node.configs
    return [
        Component("containerd", ["containerd", f"--config={configs}/containerd.toml"], "", is_after_api=False),
        *(_control_plane(node.paths, api_port) if node.is_first else ()),
        Component(
            "kube-proxy", ["kube-proxy", f"--config={configs}/kube-proxy.json"], "http://127.0.0.1:10256/healthz"
        ),
        Component(
            "kubelet",
            [
                "kubelet",
                f"--config={configs}/kubelet.json",
                f"--kubeconfig={node.paths.pki}/kubelet-{node.name}.conf",
                f"--hostname-override={node.name}",
                f"--node-ip={node.ip}",
            ],
            "http://127.0.0.1:10248/healthz",
        ),
        Component(
            "kube-router",  # for its network policies only
            [
                "kube-router",
                f"--kubeconfig={node.paths.pki}/kube-router.conf",
                f"--hostname-override={node.name}",
                f"--service-cluster-ip-range={SERVICE_CIDR}",
                "--run-firewall=true",
                "--run-router=false",
                "--run-service-proxy=false",
            ],
            "http://127.0.0.1:20244/healthz",
            is_on_demand=True,
        ),
    ]


def _control_plane(paths: Paths, api_port: int) -> list[Component]:
    pki = paths.pki
    return [
        Component("etcd", _etcd(paths), f"{ETCD}/health", is_after_api=False),
        Component(
            "kube-apiserver",
            _api_server(paths, api_port),
            f"https://127.0.0.1:{api_port}/readyz",
            is_after_api=False,
        ),
        Component(
            "kube-controller-manager",
            [
                "kube-controller-manager",
                f"--kubeconfig={pki}/kube-controller-manager.conf",
                "--use-service-account-credentials=true",
                f"--service-account-private-key-file={pki}/service-accounts.key",
                f"--root-ca-file={pki}/ca.crt",
                f"--cluster-signing-cert-file={pki}/ca.crt",
                f"--cluster-signing-key-file={pki}/ca.key",
                "--leader-elect=false",
                "--kube-api-qps=500",  # with the default it needs 5 s until all controllers run
                "--kube-api-burst=1000",
            ],
            "https://127.0.0.1:10257/healthz",
        ),
        Component(
            "kube-scheduler",
            ["kube-scheduler", f"--kubeconfig={pki}/kube-scheduler.conf", "--leader-elect=false"],
            "https://127.0.0.1:10259/healthz",
        ),
    ]


def _etcd(paths: Paths) -> list[str]:
    peer = "http://127.0.0.1:2380"
    return [
        "etcd",
        "--name=lab",
        f"--data-dir={paths.state}/etcd",
        f"--listen-client-urls={ETCD}",
        f"--advertise-client-urls={ETCD}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=lab={peer}",
        "--unsafe-no-fsync",  # a test's cluster need not survive a power cut
        "--log-level=warn",
    ]


def _api_server(paths: Paths, api_port: int) -> list[str]:
    pki = paths.pki
    return [
        "kube-apiserver",
        f"--advertise-address={API_IP}",
        f"--secure-port={api_port}",
        f"--etcd-servers={ETCD}",
        f"--service-cluster-ip-range={SERVICE_CIDR}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true",
        f"--client-ca-file={pki}/ca.crt",
        f"--tls-cert-file={pki}/apiserver.crt",
        f"--tls-private-key-file={pki}/apiserver.key",
        f"--kubelet-certificate-authority={pki}/ca.crt",
        f"--kubelet-client-certificate={pki}/apiserver-kubelet.crt",
        f"--kubelet-client-key={pki}/apiserver-kubelet.key",
        "--kubelet-preferred-address-types=InternalIP",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        f"--service-account-key-file={pki}/service-accounts.key",
        f"--service-account-signing-key-file={pki}/service-accounts.key",
        f"--audit-policy-file={paths.state}/audit-policy.json",
        f"--audit-log-path={paths.log}/audit.log",
        "--audit-log-maxsize=50",  # MB; the ones before it get a date in their names
        "--audit-log-maxbackup=4",
        "--profiling=false",
    ]
