"""Promise 1 at its hardest: the distributor is killed with SIGKILL at random moments under load, again and again.

Every packet that was acknowledged, before or after, is at an analyser in the end. Some arrive twice: delivery is
at-least-once. The seed is printed with a failure.
"""

import random
from typing import Any

import loopback_analyser as scripts
import pytest
from loopback_distributor import entry

KILLS = 8  # in each of the three cases


def kill_again_and_again(site: Any, distributor: Any, seed: int, *flags: Any) -> list[str]:
    dice = random.Random(seed)
    print(f"seed {seed}")
    load = site.load(distributor, pause_s=0)
    for _ in range(KILLS):
        load.more(dice.randrange(1, 250))
        distributor.kill()
        distributor.start()
    load.more(50)
    acknowledged: list[str] = load.stop()
    assert set(load.answers) <= {202, 503}
    assert len(acknowledged) == len(set(acknowledged))
    return acknowledged


@pytest.fixture
def seed() -> int:
    return random.SystemRandom().randrange(1 << 32)


def test_nothing_acknowledged_is_lost_with_healthy_analysers(site: Any, seed: int) -> None:
    distributor = site.distributor()
    one, two = site.analyser("one"), site.analyser("two")
    distributor.register(entry("one", one.url), entry("two", two.url, weight=2))
    acknowledged = kill_again_and_again(site, distributor, seed)
    site.until_received(acknowledged)
    distributor.until_settled()


def test_nothing_acknowledged_is_lost_with_slow_analysers(site: Any, seed: int) -> None:
    """Slower than the disk, so that most packets are acknowledged by it, and removed from it later."""
    distributor = site.distributor()
    one, two = site.analyser("one"), site.analyser("two")
    one.obey(scripts.slow(0.05))
    two.obey(scripts.slow(0.2))
    distributor.register(entry("one", one.url), entry("two", two.url, weight=2))
    acknowledged = kill_again_and_again(site, distributor, seed)
    site.until_received(acknowledged)
    distributor.until_settled()


def test_nothing_acknowledged_is_lost_without_analysers(site: Any, seed: int) -> None:
    """All of it is on disk when they come back, and most of it only there."""
    distributor = site.distributor("--memory-bytes", "20000")
    one, two = site.analyser("one"), site.analyser("two")
    distributor.register(entry("one", one.url), entry("two", two.url, weight=2))
    one.down()
    two.down()
    acknowledged = kill_again_and_again(site, distributor, seed)
    assert distributor.ledger()["restored"] > 100
    one.up()
    two.up()
    site.until_received(acknowledged)
    distributor.until_settled()
    distributor.kill()  # and what was delivered is gone from the disk, but for the last moments before the kill
    distributor.start()
    assert distributor.ledger()["restored"] < len(acknowledged)
    distributor.until_settled()
