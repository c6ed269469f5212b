"""The section of docs/performance.md about the operator in Kubernetes. Pure."""

import math
from collections.abc import Sequence
from typing import Final

from logdist_loadtest.bench.convergence import Convergence, Watched
from logdist_loadtest.bench.markdown import table
from logdist_loadtest.bench.results import percentile

HEADING: Final = "## From `kubectl apply` to the last pod"
INTRODUCTION: Final = """\
A real Kubernetes, the real operator with its own service account, and {pods} pods that take every registry and report
that all is well, each at an address of its own. A change is timed from just before its server-side apply is sent to the
moment the last pod has the registry with it. The cluster, the operator and the pods share one machine.

"""
BACK_TO_BACK: Final = """\
Back to back, each apply was sent when the one before was answered, {count} in {sent:.1f} s, and {generations}
generations came of them: a change has arrived when it or a later one has. Statuses are written 20 a second after a
burst of 100, and a change of one weight changes `share.wanted` of all. API calls are those of the operator in the API
server's audit log. Started anew: the registry is committed, and every status was emptied before.
"""


def render_convergence(measured: Convergence | None, why_not: str = "") -> str:
    if measured is None:
        return f"Not measured: {why_not}." if why_not else "Not measured."
    scale = measured.scale
    many = f"{scale.analysers:,} analysers"
    times = [
        _times("one by one, 1 analyser", measured.spaced_ms),
        _times("back to back, 1 analyser", measured.burst_ms),
        _times(f"one a second, {many}", measured.busy_ms),
    ]
    if late := measured.busy_sent - len(measured.busy_ms):
        times[-1][0] += f" ({late} more never arrived)"
    facts = [
        ["to make them, s", f"{measured.created_s:.1f}"],
        ["from the last one's request to the last pod, ms", f"{measured.created_ms:,.0f}"],
        ["from then until every status was written, s", f"{measured.written_s:.1f}"],
        ["operator started anew: until every pod was given the registry, s", f"{measured.cold_acked_s:.1f}"],
        ["operator started anew: until every status was written, s", f"{measured.cold_written_s:.1f}"],
        ["anonymous memory of the operator, idle, MiB", f"{measured.idle_mib:.0f}"],
        ["the most at any time, MiB", f"{measured.most_mib:.0f}"],
        ["with 1 analyser, idle, MiB", f"{measured.small_mib:.0f}"],
    ]
    costs = [
        _cost("idle, 1 analyser", measured.small_idle),
        _cost(f"idle, {many}", measured.idle),
        _cost(f"a change a second, {many}", measured.busy),
    ]
    sections = [
        INTRODUCTION.format(pods=scale.pods).strip(),
        table([f"A weight changed, {scale.pods} pods", "Changes", "p50 ms", "p90 ms", "p99 ms", "most ms"], times),
        table([f"{many}, {scale.pods} pods", "Measured"], facts),
        table(["Operator", "CPU, % of a core", "API calls a minute", "of these"], costs),
        BACK_TO_BACK.format(
            count=len(measured.burst_ms), sent=measured.burst_sent_s, generations=measured.burst_generations
        ).strip(),
        f"Measured {measured.machine}.",
    ]
    return "\n\n".join(sections)


def _times(what: str, took_ms: Sequence[float]) -> list[str]:
    found = [percentile(took_ms, each) for each in (50, 90, 99, 100)] if took_ms else []
    return [what, str(len(took_ms)), *(f"{each:,.0f}" for each in found or [math.nan] * 4)]


def _cost(what: str, watched: Watched) -> list[str]:
    per_min = {name: count * 60 / watched.seconds for name, count in watched.calls.items()}
    told = ", ".join(f"{name} {each:,.1f}" for name, each in per_min.items()) or "none"
    return [what, f"{watched.cores * 100:.1f}", f"{watched.calls_per_min:,.1f}", told]
