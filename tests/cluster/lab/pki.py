"""Certificates and kubeconfigs of one cluster: the file names are those that components.py gives to the components."""

import base64
import json
from pathlib import Path

import trustme

from lab.layout import API_IP, API_SERVICE_IP, NodeLayout

# Kubernetes takes the user from the common name, and groups from the organisation.
CLIENTS: dict[str, tuple[str, str | None]] = {
    "admin": ("admin", "system:masters"),
    "apiserver-kubelet": ("apiserver", "system:masters"),
    "kube-controller-manager": ("system:kube-controller-manager", None),
    "kube-scheduler": ("system:kube-scheduler", None),
    "kube-proxy": ("system:kube-proxy", None),
    "kube-router": ("kube-router", "system:masters"),  # it comes without a role
}
API_NAMES = (
    "localhost",
    "127.0.0.1",
    API_IP,
    API_SERVICE_IP,
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
)


def write(folder: Path, nodes: tuple[NodeLayout, ...], *, api_port: int) -> None:
    """Fill `folder` with ca.crt, ca.key, NAME.crt, NAME.key and, for every client, NAME.conf.

    The admin's kubeconfig is for the loopback, there and in the node; the others find the API from any node.
    """
    folder.mkdir(mode=0o700, parents=True)
    ca = trustme.CA()
    ca.cert_pem.write_to_path(folder / "ca.crt")
    ca.private_key_pem.write_to_path(folder / "ca.key")
    _save(folder, "apiserver", ca.issue_cert(*API_NAMES))
    _save(folder, "service-accounts", ca.issue_cert("service-accounts"))  # only its key is used
    clients = dict(CLIENTS)
    for node in nodes:
        _save(folder, f"kubelet-serving-{node.name}", ca.issue_cert(node.name, node.ip))
        clients[f"kubelet-{node.name}"] = (f"system:node:{node.name}", "system:nodes")
    for name, (user, group) in clients.items():
        cert = ca.issue_cert(name, common_name=user, organization_name=group)
        _save(folder, name, cert)
        server = "127.0.0.1" if name == "admin" else API_IP
        (folder / f"{name}.conf").write_text(_kubeconfig(ca, cert, f"https://{server}:{api_port}"))


def _save(folder: Path, name: str, cert: trustme.LeafCert) -> None:
    cert.cert_chain_pems[0].write_to_path(folder / f"{name}.crt")
    cert.private_key_pem.write_to_path(folder / f"{name}.key")


def _kubeconfig(ca: trustme.CA, cert: trustme.LeafCert, server: str) -> str:
    def data(pem: trustme.Blob) -> str:
        return base64.b64encode(pem.bytes()).decode()

    user = {"client-certificate-data": data(cert.cert_chain_pems[0]), "client-key-data": data(cert.private_key_pem)}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "lab", "cluster": {"server": server, "certificate-authority-data": data(ca.cert_pem)}}],
        "users": [{"name": "lab", "user": user}],
        "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "lab"}}],
        "current-context": "lab",
    }
    return json.dumps(config, indent=1)  # JSON is YAML
