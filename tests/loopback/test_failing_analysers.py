"""Promise 3: an analyser that dies, hangs or talks nonsense costs senders nothing.

Every case ends with the same proof: no sender saw anything but 202, nothing is missing, the ledger adds up, and the
analyser is dealt to again once it is well.
"""

from typing import Any

import loopback_analyser as scripts
import pytest
from loopback_distributor import entry
from loopback_wait import until


def prove_nothing_was_noticed(site: Any, distributor: Any, load: Any) -> None:
    acknowledged = load.stop()
    assert load.broken == 0
    assert set(load.answers) == {202}
    site.until_received(acknowledged)
    ledger = distributor.until_settled()
    assert ledger["accepted"] == ledger["delivered"] == len(acknowledged)
    assert ledger["dead"] == 0


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(scripts.status(500), id="500"),
        pytest.param(scripts.status(503), id="503"),
        pytest.param(scripts.status(302), id="302"),
        pytest.param(scripts.garbage, id="garbage"),
        pytest.param(scripts.half_answer, id="half an answer"),
        pytest.param(scripts.half_head, id="half a head"),
        pytest.param(scripts.close_midway, id="closes midway"),
        pytest.param(scripts.hang_up, id="hangs up"),
        pytest.param(scripts.nonsense_207, id="nonsense 207"),
        pytest.param(scripts.stranger_207, id="strange 207"),
        pytest.param(scripts.stall, id="stalls"),
    ],
)
def test_an_analyser_that_misbehaves_is_ejected_and_comes_back(site: Any, script: Any) -> None:
    distributor = site.distributor()
    good, bad = site.analyser("good"), site.analyser("bad")
    distributor.register(entry("good", good.url), entry("bad", bad.url))
    load = site.load(distributor)
    load.reach(200)
    bad.obey(script)
    got = len(bad.order)
    # Its checks pass all the while, so it is probed again and again; each probe fails.
    until("it was ejected", lambda: "is ejected" in "".join(distributor.log))
    load.more(300)
    assert len(bad.order) == got
    bad.obey(scripts.accept)
    bad.hang_up_all()  # what it holds stalled is broken off
    distributor.until_standing("bad", "admitted")
    until("it gets its share again", lambda: len(bad.order) > got + 100)
    prove_nothing_was_noticed(site, distributor, load)
    assert distributor.analyser("bad")["requeued"] > 0


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(scripts.accept, id="the same each time"),
        pytest.param(scripts.accept_dated, id="other bytes each time"),
        pytest.param(scripts.accept_without_content, id="no content and no length"),
        pytest.param(scripts.accept_in_chunks, id="in chunks"),
        pytest.param(scripts.accept_and_chatter, id="more than was asked for"),
    ],
)
@pytest.mark.parametrize("end", [scripts.hang_up, scripts.half_head, scripts.half_answer, scripts.status(500)])
def test_no_answer_is_ever_taken_for_the_answer_to_another_request(site: Any, script: Any, end: Any) -> None:
    """Each of these says that a batch was taken; then the same connection breaks, half an answer or none on it."""
    distributor = site.distributor()
    good, fickle = site.analyser("good"), site.analyser("fickle")
    distributor.register(entry("good", good.url), entry("fickle", fickle.url))
    load = site.load(distributor)
    fickle.obey(script)
    load.reach(200)
    fickle.obey(end)
    load.more(100)
    fickle.obey(scripts.accept)
    distributor.until_standing("fickle", "admitted")
    prove_nothing_was_noticed(site, distributor, load)


def test_a_failing_check_alone_ejects_an_analyser(site: Any) -> None:
    distributor = site.distributor()
    good, ill = site.analyser("good"), site.analyser("ill")
    distributor.register(entry("good", good.url), entry("ill", ill.url))
    load = site.load(distributor)
    load.reach(100)
    ill.server.is_healthy = False
    distributor.until_standing("ill", "ejected")
    load.more(20)
    got = len(ill.order)
    load.more(200)
    assert len(ill.order) == got
    assert "503" in distributor.analyser("ill")["endpoints"][0]["reason"]
    ill.server.is_healthy = True
    distributor.until_standing("ill", "admitted")
    prove_nothing_was_noticed(site, distributor, load)


def test_checks_without_an_answer_eject_and_leave_no_trace_when_the_analyser_is_removed(site: Any) -> None:
    distributor = site.distributor()
    good, mute = site.analyser("good"), site.analyser("mute")
    mute.server.is_mute = True
    distributor.register(entry("good", good.url), entry("mute", mute.url))
    distributor.until_standing("mute", "ejected")
    assert "no answer within" in distributor.analyser("mute")["endpoints"][0]["reason"]
    load = site.load(distributor)
    for _ in range(10):  # in the middle of a check, most likely
        load.more(20)
        distributor.register(entry("good", good.url))
        load.more(20)
        distributor.register(entry("good", good.url), entry("mute", mute.url, interval_ms=1_000))
    acknowledged = load.stop()
    site.until_received(acknowledged)
    assert distributor.terminate() == 0  # also in the middle of one


def test_an_endpoint_is_checked_by_connecting_when_it_has_no_path_for_it(site: Any) -> None:
    distributor = site.distributor()
    good, plain = site.analyser("good"), site.analyser("plain")
    plain.server.is_healthy = False  # nobody asks
    by_connecting = entry("plain", plain.url)
    by_connecting["healthCheck"]["path"] = ""
    distributor.register(entry("good", good.url), by_connecting)
    load = site.load(distributor)
    load.reach(100)
    plain.down()
    distributor.until_standing("plain", "ejected")
    load.more(100)
    plain.up()
    distributor.until_standing("plain", "admitted")
    prove_nothing_was_noticed(site, distributor, load)


@pytest.mark.parametrize(("fail", "mend"), [("kill", "up"), ("freeze", "thaw")])
def test_an_analyser_killed_or_frozen_under_load_loses_nothing(site: Any, fail: str, mend: str) -> None:
    """Frozen (SIGSTOP): the kernel goes on taking connections and bytes, and nobody answers."""
    distributor = site.distributor()
    good, victim = site.process("good"), site.process("victim")
    distributor.register(entry("good", good.url), entry("victim", victim.url, timeoutMs=500))
    load = site.load(distributor)
    load.reach(300)
    getattr(victim, fail)()
    distributor.until_standing("victim", "ejected")
    load.more(300)
    getattr(victim, mend)()
    distributor.until_standing("victim", "admitted")
    load.more(100)
    prove_nothing_was_noticed(site, distributor, load)


def test_one_endpoint_of_two_fails_and_the_other_keeps_the_analysers_share(site: Any) -> None:
    distributor = site.distributor()
    left, right, other = (site.analyser(name) for name in ("left", "right", "other"))
    distributor.register(entry("pair", left.url, right.url, weight=3), entry("other", other.url, weight=1))
    load = site.load(distributor)
    load.reach(100)
    right.down()
    until("it was ejected", lambda: distributor.analyser("pair")["endpoints"][1]["standing"] == "ejected")
    load.more(20)
    before, others = len(left.order), len(other.order)
    load.more(400)
    left_got, other_got = len(left.order) - before, len(other.order) - others
    assert left_got / (left_got + other_got) == pytest.approx(0.75, abs=0.05)
    right.up()
    until("it is back", lambda: distributor.analyser("pair")["endpoints"][1]["standing"] == "admitted")
    prove_nothing_was_noticed(site, distributor, load)


def test_all_analysers_may_be_gone_for_a_while(site: Any) -> None:
    distributor = site.distributor()
    one, two = site.analyser("one"), site.analyser("two")
    distributor.register(entry("one", one.url), entry("two", two.url))
    load = site.load(distributor)
    load.reach(200)
    one.down()
    two.down()
    distributor.until_standing("one", "ejected")
    distributor.until_standing("two", "ejected")
    load.more(200)  # acknowledged by the disk
    assert distributor.ledger()["queued"] > 0
    one.up()
    two.up()
    distributor.until_standing("one", "admitted")
    distributor.until_standing("two", "admitted")
    prove_nothing_was_noticed(site, distributor, load)


def test_without_any_analyser_packets_wait_on_disk(site: Any) -> None:
    """Before the first registry, and with an empty one."""
    distributor = site.distributor()
    load = site.load(distributor, clients=4)
    load.reach(50)
    assert distributor.call("GET", "/readyz")[0] == 503
    distributor.register()
    assert distributor.call("GET", "/readyz")[0] == 200
    load.more(50)
    queued = distributor.ledger()["queued"]
    assert queued >= 100
    late = site.analyser("late")
    distributor.register(entry("late", late.url))
    prove_nothing_was_noticed(site, distributor, load)
    # Four senders, so at most four packets are out of the order in which they were acknowledged.
    assert len(late.order) == len(set(late.order))


def test_an_analyser_that_returns_is_not_flooded(site: Any) -> None:
    distributor = site.distributor()
    steady, returning = site.analyser("steady"), site.analyser("returning")
    distributor.register(
        entry("steady", steady.url), entry("returning", returning.url, slow_start_ms=60_000, maxInFlight=1)
    )
    returning.down()
    load = site.load(distributor)
    distributor.until_standing("returning", "ejected")
    load.more(500)
    returning.up()
    distributor.until_standing("returning", "admitted")
    before, steadys = len(returning.order), len(steady.order)
    load.more(500)
    got, steady_got = len(returning.order) - before, len(steady.order) - steadys
    assert 0 < got < steady_got / 2  # its share is a half; the ramp begins at a tenth of it
    assert max(len(ids) for _, ids in returning.requests) < 100  # nor does what it missed come at once
    prove_nothing_was_noticed(site, distributor, load)


def test_an_analyser_that_returns_to_a_backlog_gets_no_more_than_its_lane(site: Any) -> None:
    distributor = site.distributor()
    only = site.analyser("only")
    only.obey(scripts.stall)
    limits = {"maxPackets": 10, "maxBytes": 1 << 20}
    distributor.register(entry("only", only.url, maxInFlight=2, batch=limits))
    load = site.load(distributor, limit=500, pause_s=0)
    load.finish()
    only.obey(scripts.slow(0.005))
    only.hang_up_all()
    site.until_received(load.acknowledged)
    assert max(len(ids) for _, ids in only.requests) <= 10
    distributor.until_settled()
