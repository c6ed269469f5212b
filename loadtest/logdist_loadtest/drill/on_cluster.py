"""The drills on a cluster, and how one is held there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from logdist_loadtest.drill.cluster import DISTRIBUTORS, OPERATOR, Cluster
from logdist_loadtest.drill.ground import VICTIM, standings
from logdist_loadtest.drill.outcome import Outcome
from logdist_loadtest.drill.scene import Scene

DEPLOYMENT: Final = f"deployment/samples-{VICTIM}"
NO_LAB: Final = "needs the lab (--lab): kubectl cannot do it"


@dataclass(frozen=True, slots=True)
class ClusterDrill:
    name: str
    proves: str
    run: Callable[[Scene[Cluster]], None]
    needs_lab: bool = False


def hold(
    drill: ClusterDrill, cluster: Cluster, rate_per_s: float, away_s: float, tell: Callable[[str], None]
) -> Outcome:
    """One drill on a prepared cluster. Raises KubeError when it cannot even begin."""
    outcome = Outcome(drill.name, not_done=NO_LAB if drill.needs_lab and not cluster.has_lab else "")
    if not outcome.not_done:
        with cluster.sending(drill.name, rate_per_s):
            Scene(cluster, outcome, away_s, rate_per_s, tell).play(drill.run)
    return outcome


def analyser_killed(scene: Scene[Cluster]) -> None:
    (pod,) = scene.ground.pods_of(VICTIM)
    scene.do(f"the process of {VICTIM} is killed (SIGKILL); kubelet starts it again", partial(_kill, scene, pod))
    scene.noticed("its pod was started again", lambda: _restarts(scene, pod) > 0)
    scene.recovered()


def analyser_stalled(scene: Scene[Cluster]) -> None:
    (pod,) = scene.ground.pods_of(VICTIM)
    scene.do(f"{VICTIM} hangs (SIGSTOP)", partial(scene.ground.signal, pod, "SIGSTOP"))
    scene.noticed("every distributor has ejected it", lambda: "admitted" not in standings(scene.ground, VICTIM))
    scene.more()
    scene.do("it goes on (SIGCONT)", partial(scene.ground.signal, pod, "SIGCONT"))
    scene.recovered()


def analyser_scaled(scene: Scene[Cluster]) -> None:
    for count in (3, 0, 1):
        scene.do(f"{VICTIM} is scaled to {count}", partial(scene.ground.scale, DEPLOYMENT, count))
        scene.more()
    scene.recovered()


def distributors_killed(scene: Scene[Cluster]) -> None:
    for pod in scene.ground.pods_of("distributor"):
        before = _restarts(scene, pod)
        scene.do(f"the process of {pod} is killed (SIGKILL)", partial(_kill, scene, pod))
        scene.noticed("its pod was started again", lambda pod=pod, before=before: _restarts(scene, pod) > before)  # type: ignore[misc]
        scene.ground.wait_for(DISTRIBUTORS)
        scene.recovered()


def distributors_rolled(scene: Scene[Cluster]) -> None:
    restart = partial(scene.ground.kubectl, "rollout", "restart", DISTRIBUTORS)
    scene.do("distributors are replaced one by one (rollout restart)", restart)
    scene.ground.wait_for(DISTRIBUTORS)
    scene.recovered()


def distributors_scaled(scene: Scene[Cluster]) -> None:
    usual = scene.ground.count(DISTRIBUTORS)
    scene.do("there is one distributor more", partial(scene.ground.scale, DISTRIBUTORS, usual + 1))
    scene.more()
    scene.do("it is taken away again", partial(scene.ground.scale, DISTRIBUTORS, usual))
    scene.recovered()


def operator_away(scene: Scene[Cluster]) -> None:
    (pod,) = scene.ground.pods_of(VICTIM)
    scene.do(f"there is no operator for {scene.away_s:g} s", partial(scene.ground.scale, OPERATOR, 0))
    scene.more(scene.away_s)
    scene.do(f"the operator is back, and {VICTIM} is replaced", partial(scene.ground.scale, OPERATOR, 1))
    scene.ground.kubectl("delete", "pod", pod)
    scene.ground.wait_for(DEPLOYMENT)
    scene.recovered()


def api_server_away(scene: Scene[Cluster]) -> None:
    away = partial(scene.ground.lab, "away", "kube-apiserver", f"{scene.away_s:g}")
    scene.do(f"Kubernetes' API server is killed and away for {scene.away_s:g} s", away)
    scene.recovered()


def _kill(scene: Scene[Cluster], pod: str) -> None:
    scene.ground.signal(pod, "SIGKILL")


def _restarts(scene: Scene[Cluster], pod: str) -> int:
    return int(scene.ground.get("pod", pod)["status"]["containerStatuses"][0]["restartCount"])


DRILLS: Final = (
    ClusterDrill(
        "analyser-killed", "what it had taken is there, and the others take its share", analyser_killed, needs_lab=True
    ),
    ClusterDrill("analyser-stalled", "its share goes to the others, and comes back", analyser_stalled, needs_lab=True),
    ClusterDrill("analyser-scaled", "its share is spread over its pods, or goes to the others", analyser_scaled),
    ClusterDrill("distributors-killed", "each finds its spool again", distributors_killed, needs_lab=True),
    ClusterDrill("distributors-rolled", "an upgrade is not noticed", distributors_rolled),
    ClusterDrill("distributors-scaled", "one that goes empties its spool first", distributors_scaled),
    ClusterDrill("operator-away", "distributors go on with the registry they have", operator_away),
    ClusterDrill("api-server-away", "packets do not pass it", api_server_away, needs_lab=True),
)
BY_NAME: Final[Mapping[str, ClusterDrill]] = {each.name: each for each in DRILLS}
