"""Drills on one machine, of what distributors do."""

import signal
from functools import partial

from logdist_loadtest.drill.member import Member
from logdist_loadtest.drill.scene import Scene
from logdist_loadtest.drill.stack import Stack


def distributor_killed(scene: Scene[Stack]) -> None:
    victim = scene.ground.distributors[0]
    scene.do(f"{victim.name} is killed (SIGKILL)", victim.kill)
    scene.noticed("the operator says so", partial(_is_missed, scene, victim))
    scene.more()
    scene.do("it is started again on its spool", victim.start)
    scene.recovered()


def distributor_stalled(scene: Scene[Stack]) -> None:
    victim = scene.ground.distributors[0]
    scene.do(f"{victim.name} hangs (SIGSTOP)", partial(victim.signal, signal.SIGSTOP))
    scene.noticed("the operator says so", partial(_is_missed, scene, victim))
    scene.more()
    scene.do("it goes on (SIGCONT)", partial(victim.signal, signal.SIGCONT))
    scene.recovered()


def distributors_upgraded(scene: Scene[Stack]) -> None:
    for member in scene.ground.distributors:
        scene.do(f"{member.name} is stopped (SIGTERM) and replaced", partial(_replace, scene, member))
        scene.recovered()
    scene.expect("senders noticed more than closed connections", set(scene.ground.sender.setbacks()) <= {"connection"})


def _replace(scene: Scene[Stack], member: Member) -> None:
    code = member.terminate()
    scene.expect(f"{member.name} ended with {code}", code == 0)
    member.start()
    member.wait_ready()


def _is_missed(scene: Scene[Stack], distributor: Member) -> bool:
    return any(pod.url == distributor.url and pod.stale_since for pod in scene.ground.watch.state().pods)
