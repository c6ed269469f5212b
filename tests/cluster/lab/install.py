"""The product on a cluster, as `make cluster` leaves it: both charts, ready, and what to open."""

import subprocess
from pathlib import Path
from typing import Final

from lab import tools
from lab.cluster import Cluster
from lab.errors import LabError
from lab.progress import say

CHARTS: Final = Path(__file__).parents[3] / "charts"
NAMESPACE: Final = "logdist"
WAIT: Final = ("--wait", "--timeout=5m")
NEXT: Final = """
The shell needs  export KUBECONFIG={kubeconfig} PATH={bin}:$PATH

analysers  kubectl -n logdist get analysers
UI         kubectl -n logdist port-forward service/logdist-frontend 8088:80      then open http://127.0.0.1:8088
token      kubectl -n logdist get secret logdist-operator-api-token -o jsonpath='{{.data.token}}' | base64 -d
senders    kubectl -n logdist port-forward service/logdist-distributor 8080      then post to http://127.0.0.1:8080/v1/packets
check      helm -n logdist test logdist --logs
"""


def install(cluster: Cluster) -> None:
    """Install or upgrade both charts, demo profile, and wait until all of it is ready. LabError with helm's words."""
    tools.prepare(cluster.paths.bin, ("helm",))
    _release(cluster, "logdist", "logdist", f"--values={CHARTS / 'logdist' / 'values-demo.yaml'}")
    _release(cluster, "samples", "logdist-samples")
    cluster.kubectl("-n", NAMESPACE, "wait", "--for=condition=Ready", "analysers", "--all", "--timeout=120s")
    say("the sample analysers are served")
    print(NEXT.format(kubeconfig=cluster.kubeconfig, bin=cluster.paths.bin))


def _release(cluster: Cluster, name: str, chart: str, *flags: str) -> None:
    say(f"installing {chart}")
    where = ("--namespace", NAMESPACE, "--create-namespace")
    command = [
        str(cluster.paths.bin / "helm"),
        "upgrade",
        "--install",
        name,
        str(CHARTS / chart),
        *where,
        *flags,
        *WAIT,
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=cluster.env)
    if done.returncode:
        raise LabError(f"{chart} was not installed: {done.stderr.strip()}")
