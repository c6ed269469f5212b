"""The bench's way through a cluster, in small: what it says it measured, it did measure."""

import shlex
import sys
from pathlib import Path

from lab import Cluster

from logdist_loadtest.bench.convergence import Scale
from logdist_loadtest.bench.lab import measure_convergence

LAB = shlex.join([sys.executable, str(Path(__file__).parent / "lab")])


def test_changes_costs_and_calls_are_measured(cluster: Cluster, tmp_path: Path) -> None:
    assert cluster.is_up()
    scale = Scale(pods=3, changes=3, analysers=5, quiet_s=3, busy_s=3, settle_s=2)
    found = measure_convergence(LAB, tmp_path, scale)
    assert len(found.spaced_ms) == len(found.burst_ms) == 3
    assert min(*found.spaced_ms, *found.burst_ms, *found.busy_ms, found.created_ms) > 0
    assert 1 <= found.burst_generations <= 3
    assert {"list analysers", "update configmaps", "patch analysers/status"} <= found.busy.calls.keys()
    assert not {"list analysers", "update configmaps", "patch analysers/status"} & found.idle.calls.keys()
    assert 0 < found.idle_mib <= found.most_mib
    assert cluster.is_up()  # whoever had it before still has it
