"""Prometheus on the test cluster: its image, made of a program built here, and what it must see of a release."""

import contextlib
import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cluster_release import Release
from cluster_site import OPENER, until
from lab import Cluster, images
from lab.build import Image
from lab.progress import locked
from monitoring_api import Api
from monitoring_files import alerts, queries, variables

from logdist_loadtest.drill.pods import steady_sender

SAMPLES: Final = ("errors", "traffic", "audit")
PARTS: Final = {"logdist-distributor": 2, "logdist-operator": 1, "logdist-analysers-samples": len(SAMPLES)}
EVERY_S: Final = 5  # the shortest interval that the chart takes
LIMIT_S: Final = 120.0


def bring(cluster: Cluster, reference: str, program: Path) -> None:
    """Import an image that holds this program where the official image of that name has it."""
    archive = cluster.paths.images / f"{reference.rsplit('/', 1)[1].replace(':', '-')}.tar"
    with locked(cluster.paths.images / "load.lock"):
        if not archive.exists() or archive.stat().st_mtime < program.stat().st_mtime:
            images.write(archive, reference, program, folder="/bin")
        cluster.load(archive)


@contextlib.contextmanager
def traffic(release: Release, rate_per_s: float = 50) -> Iterator[None]:
    pod = "sender"
    sender = steady_sender(pod, Image("loadtest").reference, "seen", rate_per_s)
    release.kubectl("apply", "-f", "-", input=json.dumps(sender))
    try:
        yield
    finally:
        release.kubectl("delete", "pod", pod, "--wait=false", "--grace-period=1")


def see_everything(api: Api, release: Release) -> None:
    """Every part is scraped, every rule is evaluated, and no panel is empty."""
    until("Prometheus is ready", api.is_ready, limit_s=LIMIT_S)
    until("every part is up", lambda: targets(api) == up(release), limit_s=LIMIT_S)
    make_history(api, release)
    see_rules(api)
    rate_interval = f"{4 * EVERY_S}s"  # as Grafana has it
    wanted = queries(rate_interval)
    with contextlib.suppress(AssertionError):  # what is still empty says more
        until("no panel is empty", lambda: not api.without_data(wanted), limit_s=LIMIT_S)
    empty = api.without_data(wanted)
    assert not empty, "\n".join(map(str, empty))
    for selector, label in variables():
        assert api.get(f"label/{label}/values", **{"match[]": selector}), (selector, label)


def see_rules(api: Api) -> None:
    """The alerts are those of the chart's file, each is evaluated, and none is in error."""

    def unknown() -> list[str]:
        return [rule["name"] for rule in rules(api) if rule["health"] == "unknown"]

    until("every rule was evaluated", lambda: rules(api) and not unknown(), limit_s=LIMIT_S)
    assert {rule["name"] for rule in rules(api)} == {rule["alert"] for rule in alerts()}
    assert [rule for rule in rules(api) if rule["health"] != "ok"] == []


def rules(api: Api) -> list[dict[str, str]]:
    return [rule for group in api.get("rules")["groups"] for rule in group["rules"]]


def targets(api: Api) -> dict[str, list[str]]:
    """Health of what is scraped, by job."""
    found: dict[str, list[str]] = {}
    for target in api.get("targets", state="active")["activeTargets"]:
        found.setdefault(target["labels"]["job"], []).append(target["health"])
    return found


def up(release: Release) -> dict[str, list[str]]:
    return {f"{release.namespace}/{name}": ["up"] * count for name, count in PARTS.items()}


def make_history(api: Api, release: Release) -> None:
    """Have packets delivered and a few written to disk, long enough for every rate to be known."""
    drill(release, "slow?ms=50")
    _see(api, "commits on every distributor", f"min(rate(logdist_spool_commit_seconds_count[{4 * EVERY_S}s])) > 0")
    drill(release, "begin")
    _see(api, "messages at every analyser", f"min(rate(logdist_analyser_messages_total[{4 * EVERY_S}s])) > 1")
    _see(api, "a push, and scrapes after it", f"rate(logdist_registry_push_total[{4 * EVERY_S}s])")
    _see(api, "a past of every part", f"min(count_over_time(up[{4 * EVERY_S}s])) > 2")


def drill(release: Release, what: str) -> None:
    """POST /internal/simulate/... to every sample analyser."""
    for name in SAMPLES:
        url = f"http://{release.address(f'samples-{name}')}:8000/internal/simulate/{what}"
        with OPENER.open(urllib.request.Request(url, b""), timeout=20) as answer:
            answer.read()


def _see(api: Api, what: str, expr: str) -> None:
    until(what, lambda: api.query(expr), limit_s=LIMIT_S)
