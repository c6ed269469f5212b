"""The configuration files of the nodes' programs. Most are JSON, which every reader of YAML accepts."""

import json
import resource
import shutil
from typing import Any

from lab.components import CONTAINERD_SOCKET
from lab.images import PAUSE
from lab.layout import DNS_SERVICE_IP, POD_CIDR, NodeLayout, Paths

# Every request is logged once, when it has been answered; a watch, which may never end, when it begins.
AUDIT_POLICY: dict[str, Any] = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitManagedFields": True,
    "rules": [
        {"level": "Metadata", "verbs": ["watch"], "omitStages": ["RequestReceived", "ResponseComplete"]},
        {"level": "Metadata", "omitStages": ["RequestReceived", "ResponseStarted"]},
    ],
}


def write_audit_policy(paths: Paths) -> None:
    (paths.state / "audit-policy.json").write_text(json.dumps(AUDIT_POLICY, indent=1))


def write(node: NodeLayout) -> None:
    folder = node.configs
    (folder / "net.d").mkdir(parents=True)
    (folder / "containerd.toml").write_text(_containerd(node))
    (folder / "resolv.conf").touch()  # names outside the cluster do not resolve: there is no way out either
    for name, content in {
        "kubelet.json": _kubelet(node),
        "kube-proxy.json": _kube_proxy(node),
        "net.d/10-lab.conflist": _pod_network(node),
    }.items():
        (folder / name).write_text(json.dumps(content, indent=1))


def _containerd(node: NodeLayout) -> str:
    return f"""\
version = 3
root = '{node.state}/containerd'
state = '/run/containerd'
oom_score = 0  # the default is below zero, which a container without CAP_SYS_RESOURCE may not set
disabled_plugins = ['io.containerd.nri.v1.nri', 'io.containerd.internal.v1.opt', 'io.containerd.snapshotter.v1.erofs',
  'io.containerd.snapshotter.v1.blockfile',
  'io.containerd.tracing.processor.v1.otlp', 'io.containerd.internal.v1.tracing']
[grpc]
  address = '{CONTAINERD_SOCKET}'
[plugins.'io.containerd.cri.v1.images']
  snapshotter = 'overlayfs'
  [plugins.'io.containerd.cri.v1.images'.pinned_images]
    sandbox = '{PAUSE}'
[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true
  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = ['/usr/lib/cni']
    conf_dir = '{node.configs}/net.d'
  [plugins.'io.containerd.cri.v1.runtime'.containerd]
    default_runtime_name = 'runc'
    [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
      runtime_type = 'io.containerd.runc.v2'
      [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
        SystemdCgroup = false
        BinaryName = '{shutil.which("runc", path="/usr/sbin:/usr/bin:/sbin:/bin") or "runc"}'
"""


def _pod_network(node: NodeLayout) -> dict[str, Any]:
    addresses = {
        "type": "host-local",
        "ranges": [[{"subnet": node.pod_cidr}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    bridge = {"type": "bridge", "bridge": "cni0", "isGateway": True, "ipMasq": False, "hairpinMode": True}
    ports = {"type": "portmap", "capabilities": {"portMappings": True}, "snat": True}
    return {"cniVersion": "1.0.0", "name": "lab", "plugins": [{**bridge, "ipam": addresses}, ports]}


def _kubelet(node: NodeLayout) -> dict[str, Any]:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "failCgroupV1": False,
        "cgroupDriver": "cgroupfs",
        "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
        "address": node.ip,
        "readOnlyPort": 0,
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": f"{node.paths.pki}/ca.crt"},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": f"{node.paths.pki}/kubelet-serving-{node.name}.crt",
        "tlsPrivateKeyFile": f"{node.paths.pki}/kubelet-serving-{node.name}.key",
        "clusterDomain": "cluster.local",
        "clusterDNS": [DNS_SERVICE_IP],
        "resolvConf": f"{node.configs}/resolv.conf",
        "failSwapOn": False,
        "oomScoreAdj": 0,
        "maxOpenFiles": resource.getrlimit(resource.RLIMIT_NOFILE)[1],
        # The disk is the machine's: a test must not fail because somebody else has filled much of it.
        "evictionHard": {
            "memory.available": "200Mi",
            "nodefs.available": "1%",
            "nodefs.inodesFree": "1%",
            "imagefs.available": "1%",
        },
        "imageGCHighThresholdPercent": 100,  # an image that is collected cannot be pulled again
        "imageGCLowThresholdPercent": 99,
    }


def _kube_proxy(node: NodeLayout) -> dict[str, Any]:
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "nftables",
        "clusterCIDR": POD_CIDR,
        "clientConnection": {"kubeconfig": f"{node.paths.pki}/kube-proxy.conf"},
        "hostnameOverride": node.name,
        # These limits are the machine's: in a network namespace they cannot be set.
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
        "oomScoreAdj": 0,
    }
