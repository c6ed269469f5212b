"""Drills on one machine, of what is around analysers and distributors: the operator, the disk, the clock."""

import signal
from functools import partial
from typing import Final

from logdist_loadtest.drill import clock, disk
from logdist_loadtest.drill.ground import VICTIM
from logdist_loadtest.drill.on_analysers import is_ejected
from logdist_loadtest.drill.scene import Scene
from logdist_loadtest.drill.stack import Stack
from logdist_loadtest.drill.waiting import until

DAY_S: Final = 86_400


def operator_away(scene: Scene[Stack]) -> None:
    operator, victim = scene.ground.operator, scene.ground.analysers[VICTIM]
    scene.do(f"the operator is killed (SIGKILL) and away for {scene.away_s:g} s", operator.kill)
    scene.more(scene.away_s / 2)
    scene.do(f"meanwhile {VICTIM} is killed", victim.kill)
    scene.noticed("every distributor has ejected it", partial(is_ejected, scene))
    victim.start()
    scene.recovered("shares are right without an operator")
    scene.more(scene.away_s / 2)
    scene.do("the operator is started again", operator.start)
    scene.recovered("it has a report of every distributor", lambda: _is_known(scene))


def _is_known(scene: Scene[Stack]) -> bool:
    pods = scene.ground.watch.state().pods
    return all(pod.state == "acked" and pod.ledger and not pod.stale_since for pod in pods)


def spool_full(scene: Scene[Stack]) -> None:
    scene.do("all analysers hang, until the spools are full", partial(_signal_all, scene, signal.SIGSTOP))
    scene.noticed("senders are told to come later", lambda: scene.ground.sender.setbacks().get("503", 0))
    scene.hold()
    scene.do("the analysers go on", partial(_signal_all, scene, signal.SIGCONT))
    scene.recovered()


def disk_full(scene: Scene[Stack]) -> None:
    scene.do("all analysers hang, and another file fills the disk of the spools", partial(_fill, scene))
    scene.noticed("senders are told that the disk fails", lambda: scene.ground.sender.setbacks().get("503", 0))
    scene.hold()
    scene.do("the file is removed, and the analysers go on", partial(disk.clear, scene.ground.folder))
    _signal_all(scene, signal.SIGCONT)
    scene.recovered()
    scene.expect("no commit failed: the disk was not full", disk.has_failed(scene.ground.distributors))


def _fill(scene: Scene[Stack]) -> None:
    _signal_all(scene, signal.SIGSTOP)
    disk.fill(scene.ground.folder)


def _signal_all(scene: Scene[Stack], number: signal.Signals) -> None:
    for analyser in scene.ground.analysers.values():
        analyser.signal(number)


def clock_jumps(scene: Scene[Stack]) -> None:
    before = [each.ledger.requeued for each in scene.ground.statuses()]
    for jump_s, text, weight in ((DAY_S, "a day ahead", 5), (-DAY_S, "a day behind", 3)):
        scene.do(f"the wall clock of every part is {text}", partial(clock.set_offset, scene.ground.folder, jump_s))
        until("the operator has it", partial(clock.is_at, f"{scene.ground.operator.url}/healthz", jump_s))
        scene.more()
        scene.expect(f"{VICTIM} was ejected", not is_ejected(scene))
        scene.do(f"the weight of {VICTIM} becomes {weight}", partial(scene.ground.set_weight, VICTIM, weight))
        scene.recovered("a changed weight is dealt by", partial(_deals, scene, weight))
    scene.recovered()
    scene.expect("packets came back", before == [each.ledger.requeued for each in scene.ground.statuses()])
    scene.expect("a distributor was taken for silent", _is_known(scene))


def _deals(scene: Scene[Stack], weight: int) -> bool:
    return all(
        each.weight == weight for status in scene.ground.statuses() for each in status.analysers if each.name == VICTIM
    )
