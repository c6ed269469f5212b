"""SIGTERM under load: senders are told to close, what is in flight is finished, the rest is on disk, exit code 0."""

import asyncio
import json
from typing import Any

import loopback_analyser as scripts
from loopback_distributor import entry
from loopback_sender import Client, packet
from loopback_wait import until


def test_senders_move_to_the_other_distributor_on_the_same_port(site: Any) -> None:
    first = site.distributor(spool="first")
    second = site.distributor(spool="second", port=first.held_port)
    one, two = site.analyser("one"), site.analyser("two")
    entries = entry("one", one.url), entry("two", two.url)
    first.register(*entries)
    second.register(*entries)
    load = site.load(first, clients=16)
    until("both have senders", lambda: first.ledger()["accepted"] > 50 and second.ledger()["accepted"] > 50)
    assert first.terminate() == 0
    load.more(300)
    acknowledged = load.stop()
    assert load.closed_politely > 0
    site.until_received(acknowledged)
    assert second.until_settled()["repeats"] == 0
    assert sorted(one.order + two.order) == sorted(acknowledged)  # once each: nothing was broken off


def test_senders_return_to_the_restarted_distributor(site: Any) -> None:
    distributor = site.distributor()
    only = site.analyser("only")
    distributor.register(entry("only", only.url))
    load = site.load(distributor)
    load.reach(300)
    assert distributor.terminate() == 0
    distributor.start()
    load.more(300)
    site.until_received(load.stop())
    assert load.closed_politely > 0
    assert max(only.received.values()) == 1


def test_what_analysers_do_not_take_is_on_disk_for_the_next_process(site: Any) -> None:
    distributor = site.distributor()
    only = site.analyser("only")
    only.obey(scripts.stall)
    distributor.register(entry("only", only.url))
    load = site.load(distributor)
    load.reach(200)
    assert distributor.terminate() == 0
    only.obey(scripts.accept)
    only.hang_up_all()
    distributor.start()
    load.more(100)
    acknowledged = load.stop()
    site.until_received(acknowledged)
    assert distributor.until_settled()["restored"] >= 200


def test_a_stop_empties_the_spool_where_analysers_take_it(site: Any) -> None:
    """The process may be a pod that goes for good: what it kept on disk would wait there for ever."""
    distributor = site.distributor("--memory-bytes", "100000")
    only = site.analyser("only")
    only.obey(scripts.stall)
    distributor.register(entry("only", only.url, timeoutMs=1000))
    acknowledged = site.load(distributor, limit=1000, pause_s=0).finish()
    only.obey(scripts.accept)
    only.hang_up_all()
    until("it delivers again", lambda: only.order)
    assert distributor.terminate() == 0
    site.until_received(acknowledged)
    distributor.start()
    assert distributor.ledger()["restored"] == 0


def test_a_stop_gives_up_draining_after_its_time(site: Any) -> None:
    distributor = site.distributor("--drain-seconds", "0.5")
    only = site.analyser("only")
    only.obey(scripts.slow(0.3))
    distributor.register(entry("only", only.url, maxInFlight=1, batch={"maxPackets": 1, "maxBytes": 1 << 20}))
    acknowledged = site.load(distributor, limit=60, pause_s=0).finish()
    assert distributor.terminate() == 0
    assert len(only.order) < 60
    only.obey(scripts.accept)
    distributor.start()
    site.until_received(acknowledged)


def test_a_slow_request_in_flight_is_finished_not_broken_off(site: Any) -> None:
    distributor = site.distributor()
    only = site.analyser("only")
    only.obey(scripts.slow(2.0))
    distributor.register(entry("only", only.url, timeoutMs=10_000))
    site.load(distributor, limit=5).finish()  # acknowledged by the disk
    assert distributor.ledger()["inFlight"] > 0
    assert distributor.terminate() == 0
    assert only.order  # it waited for the answer
    taken = set(only.order)
    distributor.start()
    site.until_received([f"p-{number}" for number in range(5)])
    distributor.until_settled()
    assert all(only.received[packet_id] == 1 for packet_id in taken)  # delivered is delivered


def test_in_memory_mode_a_stop_delivers_what_it_holds(site: Any) -> None:
    distributor = site.distributor("--ack", "memory")
    only = site.analyser("only")
    only.obey(scripts.slow(0.1))
    limits = {"maxPackets": 20, "maxBytes": 1 << 20}
    distributor.register(entry("only", only.url, maxInFlight=1, batch=limits))
    load = site.load(distributor, limit=200, pause_s=0)
    acknowledged = load.finish()
    assert len(only.order) < 200
    assert distributor.terminate() == 0
    assert sorted(only.order) == sorted(acknowledged)


def test_a_second_signal_does_no_harm(site: Any) -> None:
    distributor = site.distributor()
    distributor.register()
    load = site.load(distributor)
    load.reach(50)
    distributor.child.terminate()
    distributor.child.terminate()
    assert distributor.wait() == 0
    only = site.analyser("only")
    distributor.start()
    distributor.register(entry("only", only.url))
    site.until_received(load.stop())


def test_not_ready_while_stopping(site: Any) -> None:
    distributor = site.distributor()
    distributor.register()
    assert distributor.call("GET", "/readyz")[0] == 200
    distributor.child.terminate()
    until(
        "it says that it stops",
        lambda: distributor.call("GET", "/readyz") == (503, {"status": "not ready", "reason": "stopping"}),
    )
    assert distributor.call("GET", "/healthz")[0] == 200
    assert distributor.wait() == 0


def test_an_old_connection_is_closed_with_an_answer_that_says_so(site: Any) -> None:
    distributor = site.distributor("--max-connection-age", "1")
    only = site.analyser("only")
    distributor.register(entry("only", only.url))

    async def send_until_told_to_close() -> int:
        client = Client(distributor.port)
        for number in range(10_000):
            reply = await client.post(json.dumps(packet(f"p-{number}")).encode())
            assert reply.status == 202
            if reply.closes:
                assert client.connections == 1
                return number + 1
            await asyncio.sleep(0.01)
        raise AssertionError("never told to close")

    sent = site.loop.run(send_until_told_to_close())
    assert distributor.until_settled()["delivered"] == sent


def test_without_a_connection_age_connections_stay(site: Any) -> None:
    distributor = site.distributor("--max-connection-age", "0")
    only = site.analyser("only")
    distributor.register(entry("only", only.url))
    load = site.load(distributor, limit=300)
    load.finish()
    assert load.closed_politely == load.broken == 0
