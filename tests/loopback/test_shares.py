"""Promise 2: shares are exact. Real distributor, real sockets, scripted analysers."""

from typing import Any

import pytest
from loopback_distributor import entry
from loopback_sender import packet

# The set is fixed: no active check comes in between, and a stall of the machine is no failure.
STEADY: Any = {"interval_ms": 60_000, "timeoutMs": 10_000}


@pytest.mark.parametrize("weights", [(1, 1), (1, 6), (1, 2, 3)])
def test_shares_are_exact_to_a_packet(site: Any, weights: tuple[int, ...]) -> None:
    distributor = site.distributor()
    analysers = [site.analyser(f"a{number}") for number in range(len(weights))]
    distributor.register(
        *[entry(one.name, one.url, weight=weight, **STEADY) for one, weight in zip(analysers, weights, strict=True)]
    )
    rounds = 200
    acknowledged = site.load(distributor, limit=rounds * sum(weights)).finish()
    distributor.until_settled()
    assert [len(one.order) for one in analysers] == [rounds * weight for weight in weights]
    assert sorted(packet_id for one in analysers for packet_id in one.order) == sorted(acknowledged)


def test_every_prefix_of_the_traffic_is_within_a_packet_of_the_share(site: Any) -> None:
    distributor = site.distributor()
    one, six = site.analyser("one"), site.analyser("six")
    distributor.register(entry("one", one.url, weight=1, **STEADY), entry("six", six.url, weight=6, **STEADY))
    for sent in range(1, 41):
        site.load(distributor, clients=1, limit=1, prefix=f"p{sent}").finish()
        assert abs(len(one.order) - sent / 7) < 1
        assert len(one.order) + len(six.order) == sent


def test_two_endpoints_of_one_analyser_split_its_share_evenly(site: Any) -> None:
    distributor = site.distributor()
    left, right, other = (site.analyser(name) for name in ("left", "right", "other"))
    distributor.register(
        entry("pair", left.url, right.url, weight=3, **STEADY),
        entry("other", other.url, weight=1, **STEADY),
    )
    site.load(distributor, limit=800).finish()
    distributor.until_settled()
    assert [len(one.order) for one in (left, right, other)] == [300, 300, 200]


@pytest.mark.parametrize("unit", ["messages", "bytes"])
def test_shares_can_be_counted_in_messages_or_bytes(site: Any, unit: str) -> None:
    distributor = site.distributor("--balance-by", unit)
    small, big = site.analyser("small"), site.analyser("big")
    distributor.register(
        entry("big", big.url, weight=3, **STEADY),
        entry("small", small.url, **STEADY),
    )
    sizes: dict[str, int] = {}
    costs: dict[str, int] = {}

    def make(packet_id: str) -> dict[str, Any]:
        sizes[packet_id] = 1 + int(packet_id.split("-")[1]) % 17
        made = packet(packet_id, messages=sizes[packet_id])
        costs[packet_id] = sizes[packet_id] if unit == "messages" else len(str(made).replace("'", '"'))
        return made

    site.load(distributor, limit=600, make=make).finish()
    distributor.until_settled()
    total = sum(costs.values())
    assert abs(sum(costs[packet_id] for packet_id in small.order) - total / 4) <= max(costs.values())
    assert len(small.order) + len(big.order) == 600


def test_weight_zero_gets_nothing(site: Any) -> None:
    distributor = site.distributor()
    nothing, everything = site.analyser("nothing"), site.analyser("everything")
    distributor.register(entry("nothing", nothing.url, weight=0), entry("everything", everything.url))
    site.load(distributor, limit=200).finish()
    assert (len(nothing.order), len(everything.order)) == (0, 200)


def test_the_protocol_packet_sends_one_packet_a_request(site: Any) -> None:
    distributor = site.distributor()
    legacy, modern = site.analyser("legacy"), site.analyser("modern")
    distributor.register(
        entry("legacy", legacy.url, weight=2, protocol="packet"), entry("modern", modern.url, weight=1)
    )
    acknowledged = site.load(distributor, limit=600).finish()
    site.until_received(acknowledged)
    assert {path for path, _ in legacy.requests} == {"/analyse"}
    assert all(len(ids) == 1 for _, ids in legacy.requests)
    assert len(legacy.order) + len(modern.order) == 600
    assert legacy.order


def test_the_protocol_packet_keeps_shares_when_it_is_not_overrun(site: Any) -> None:
    distributor = site.distributor()
    legacy, modern = site.analyser("legacy"), site.analyser("modern")
    distributor.register(
        entry("legacy", legacy.url, weight=2, protocol="packet", **STEADY),
        entry("modern", modern.url, weight=1, **STEADY),
    )
    site.load(distributor, clients=1, limit=300).finish()
    assert (len(legacy.order), len(modern.order)) == (200, 100)


def test_a_weight_change_under_load_takes_effect_and_loses_nothing(site: Any) -> None:
    distributor = site.distributor()
    one, two = site.analyser("one"), site.analyser("two")
    distributor.register(entry("one", one.url, weight=1), entry("two", two.url, weight=9))
    load = site.load(distributor)
    load.reach(500)
    before = len(one.order) / len(load.acknowledged)
    assert before == pytest.approx(0.1, abs=0.05)
    distributor.register(entry("one", one.url, weight=9), entry("two", two.url, weight=1))
    got_one, got_two = len(one.order), len(two.order)
    load.more(1000)
    acknowledged = load.stop()
    distributor.until_settled()
    got_one, got_two = len(one.order) - got_one, len(two.order) - got_two
    assert got_one / (got_one + got_two) == pytest.approx(0.9, abs=0.05)
    assert sorted(one.order + two.order) == sorted(acknowledged)  # delivered once: nothing failed
    assert load.broken == load.answers[503] == 0


def test_suspend_drains_and_keeps_the_weight(site: Any) -> None:
    distributor = site.distributor()
    one, two = site.analyser("one"), site.analyser("two")
    distributor.register(entry("one", one.url), entry("two", two.url, weight=4))
    load = site.load(distributor)
    load.reach(300)
    distributor.register(entry("one", one.url), entry("two", two.url, weight=4, suspend=True))
    load.more(50)  # what was in flight at that moment has landed
    got = len(two.order)
    load.more(300)
    assert len(two.order) == got
    status = distributor.analyser("two")
    assert (status["weight"], status["suspend"], status["share"]["wanted"]) == (4, True, 0)
    distributor.register(entry("one", one.url), entry("two", two.url, weight=4))
    load.more(300)
    assert len(two.order) > got
    acknowledged = load.stop()
    distributor.until_settled()
    assert sorted(one.order + two.order) == sorted(acknowledged)
