"""Drills on one machine, of what analysers do."""

import signal
from functools import partial

from logdist_loadtest.drill import network
from logdist_loadtest.drill.ground import VICTIM, standings
from logdist_loadtest.drill.scene import Scene
from logdist_loadtest.drill.stack import Stack, dead_letters, fetch
from logdist_loadtest.load.watch import drill as simulate


def is_ejected(scene: Scene[Stack]) -> bool:
    return standings(scene.ground, VICTIM) <= {"ejected", "probing"}


def analyser_killed(scene: Scene[Stack]) -> None:
    victim = scene.ground.analysers[VICTIM]
    scene.do(f"{VICTIM} is killed (SIGKILL)", victim.kill)
    scene.noticed("every distributor has ejected it", partial(is_ejected, scene))
    scene.more()
    scene.do("it is started again", victim.start)
    scene.recovered()


def analyser_stalled(scene: Scene[Stack]) -> None:
    victim = scene.ground.analysers[VICTIM]
    scene.do(f"{VICTIM} hangs (SIGSTOP)", partial(victim.signal, signal.SIGSTOP))
    scene.noticed("every distributor has ejected it", partial(is_ejected, scene))
    scene.more()
    scene.do("it goes on (SIGCONT)", partial(victim.signal, signal.SIGCONT))
    scene.recovered()


def analyser_slow(scene: Scene[Stack]) -> None:
    url = scene.ground.analysers[VICTIM].url
    scene.do(f"{VICTIM} takes 0.5 s for each request", partial(fetch, _slow(url, 500), "POST"))
    scene.more(5)
    scene.expect(f"{VICTIM} was ejected for slowness within its time-out", not is_ejected(scene))
    scene.recovered("shares are right although it is slow")


def analyser_too_slow(scene: Scene[Stack]) -> None:
    url = scene.ground.analysers[VICTIM].url
    scene.do(f"{VICTIM} takes 3 s for each request, its time-out is 2 s", partial(fetch, _slow(url, 3000), "POST"))
    scene.noticed("every distributor has ejected it", partial(is_ejected, scene))
    scene.more()
    scene.do("it is quick again", partial(simulate, url, "begin"))
    scene.recovered()


def analyser_refuses(scene: Scene[Stack]) -> None:
    url = scene.ground.analysers[VICTIM].url
    scene.do(f"{VICTIM} answers 503", partial(simulate, url, "fail"))
    scene.noticed("every distributor has ejected it", partial(is_ejected, scene))
    scene.more()
    scene.do("it answers 200 again", partial(simulate, url, "begin"))
    scene.recovered()


def packets_refused(scene: Scene[Stack]) -> None:
    """An analyser's 400 is final: the packet becomes a dead letter, which a person may have dealt again."""
    refusing = scene.ground.folder / f"refusing-{VICTIM}"
    scene.do(f"{VICTIM} refuses every packet for good (400)", refusing.touch)
    scene.noticed("there are dead letters", lambda: any(each.queue.dead_letters for each in scene.ground.statuses()))
    scene.more(1)
    scene.do("it takes packets again, and all dead letters are replayed", refusing.unlink)
    scene.recovered("no dead letter is left", partial(_replay, scene))
    scene.recovered()


def analyser_partitioned(scene: Scene[Stack]) -> None:
    victim = scene.ground.analysers[VICTIM]
    scene.do(f"no packet reaches {VICTIM} any more (dropped, not refused)", partial(network.cut, victim.port))
    scene.noticed("every distributor has ejected it", partial(is_ejected, scene))
    scene.more()
    scene.do("the network is whole", network.heal)
    scene.recovered()


def _replay(scene: Scene[Stack]) -> bool:
    """Have every dead letter dealt again; whether there is none now."""
    for distributor in scene.ground.distributors:
        for key in dead_letters(distributor.url):
            fetch(f"{distributor.url}/control/v1/dead-letters/{key}/replay", "POST")
    return not any(each.ledger.dead for each in scene.ground.statuses())


def _slow(url: str, ms: int) -> str:
    return f"{url}/internal/simulate/slow?ms={ms}"
