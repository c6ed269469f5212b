"""Everything at once: kills, stops, failing analysers, a failing disk and changes of the registry, in random order.

The seed is printed with a failure; it fixes the order of events, not their timing.
"""

import random
import resource
from typing import Any

import loopback_analyser as scripts
import pytest
from loopback_distributor import entry
from loopback_sender import packet
from loopback_wait import until

STEPS = 14
SCRIPTS = [
    scripts.accept,
    scripts.slow(0.02),
    scripts.slow(0.3),
    scripts.status(500),
    scripts.garbage,
    scripts.half_answer,
    scripts.close_midway,
    scripts.hang_up,
    scripts.stall,
    scripts.nonsense_207,
]


class Chaos:
    def __init__(self, site: Any, seed: int) -> None:
        self.site = site
        self.dice = random.Random(seed)
        self.distributor = site.distributor("--memory-bytes", "100000", "--spool-bytes", "1000000")
        self.analysers = [site.analyser(name) for name in ("one", "two", "three")]
        self.away: set[Any] = set()
        self.events = [
            self.kill,
            self.kill,
            self.stop,
            self.change_script,
            self.change_script,
            self.change_script,
            self.go_away,
            self.come_back,
            self.change_registry,
            self.break_disk,
            self.mend_disk,
        ]
        self.change_registry()

    def kill(self) -> None:
        self.distributor.kill()
        self.distributor.start()

    def stop(self) -> None:
        assert self.distributor.terminate() in {0, 1}  # 1: the disk was failing
        self.distributor.start()

    def change_script(self) -> None:
        analyser = self.dice.choice(self.analysers)
        analyser.obey(self.dice.choice(SCRIPTS))
        analyser.hang_up_all()

    def go_away(self) -> None:
        analyser = self.dice.choice(self.analysers)
        self.away.add(analyser)
        analyser.down()

    def come_back(self) -> None:
        for analyser in self.away:
            analyser.up()
        self.away.clear()

    def change_registry(self) -> None:
        some = self.dice.sample(self.analysers, self.dice.randrange(1, 4))
        self.distributor.register(
            *[entry(one.name, one.url, weight=self.dice.randrange(5), timeoutMs=300) for one in some]
        )

    def break_disk(self) -> None:
        self._limit_files(self.dice.choice([0, 100_000]))

    def mend_disk(self) -> None:
        self._limit_files(resource.RLIM_INFINITY)

    def _limit_files(self, size_bytes: int) -> None:
        pid = self.distributor.child.pid
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size_bytes, hard))

    def heal(self) -> None:
        self.mend_disk()
        self.come_back()
        for analyser in self.analysers:
            analyser.obey(scripts.accept)
            analyser.hang_up_all()
        self.distributor.register(*[entry(one.name, one.url) for one in self.analysers])


@pytest.mark.parametrize("_run", range(2))
def test_nothing_acknowledged_is_lost_whatever_happens(site: Any, _run: int) -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    chaos = Chaos(site, seed)
    load = site.load(chaos.distributor, make=lambda packet_id: packet(packet_id, message_bytes=500))
    done = [f"seed {seed}"]
    for _ in range(STEPS):
        event = chaos.dice.choice(chaos.events)
        done.append(event.__name__)
        print(*done)
        event()
        load.more_or_later(chaos.dice.randrange(60))
        chaos.distributor.status()
    chaos.heal()
    load.more(50)
    acknowledged = load.stop()
    site.until_received(acknowledged)
    assert chaos.distributor.until_settled()["dead"] == 0
    until("the disk is empty", lambda: chaos.distributor.status()["queue"]["spoolPackets"] == 0)
