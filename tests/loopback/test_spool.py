"""The disk: a backlog larger than memory, a full spool, a disk that fails, and repeats across a restart."""

import asyncio
import json
import resource
from typing import Any

import loopback_analyser as scripts
import pytest
from loopback_distributor import entry
from loopback_sender import Client, packet
from loopback_wait import until

MIB = 1 << 20


def big(packet_id: str) -> dict[str, Any]:
    return packet(packet_id, message_bytes=4000)


def test_a_backlog_larger_than_memory_drains_in_order(site: Any) -> None:
    distributor = site.distributor("--memory-bytes", str(2 * MIB))
    only = site.analyser("only")
    limits = {"maxPackets": 100, "maxBytes": MIB}
    distributor.register(entry("only", only.url, maxInFlight=1, batch=limits))
    only.down()
    resting = distributor.process.memory_info().rss

    async def send() -> list[str]:
        client, ids = Client(distributor.port), []
        for request in range(60):
            batch = [f"p-{request * 100 + number:05}" for number in range(100)]
            body = b"\n".join(json.dumps(big(packet_id)).encode() for packet_id in batch)
            reply = await client.post(body, path="/v1/packets", kind="application/x-ndjson")
            assert reply.status == 202, reply.body
            ids += batch
        client.close()
        return ids

    ids = site.loop.run(send())
    status = distributor.status()
    assert status["queue"]["bytes"] > 20 * MIB
    assert status["queue"]["memoryBytes"] <= 3 * MIB
    assert distributor.process.memory_info().rss - resting < 100 * MIB  # LMDB's clean pages count in it too
    only.up()
    site.until_received(ids)
    assert list(dict.fromkeys(only.order)) == ids
    assert distributor.until_settled()["delivered"] == len(ids)
    until("the disk is empty", lambda: distributor.status()["queue"]["spoolPackets"] == 0)


def test_a_full_spool_answers_503_takes_nothing_and_goes_on(site: Any) -> None:
    distributor = site.distributor("--spool-bytes", str(200_000))
    only = site.analyser("only")
    distributor.register(entry("only", only.url))
    only.down()
    load = site.load(distributor, make=big, pause_s=0)
    until("it is full", lambda: load.answers[503] > 20)
    assert len(load.acknowledged) < 51
    queue = distributor.status()["queue"]
    assert queue["bytes"] <= 200_000

    async def one_too_many() -> Any:
        client = Client(distributor.port)
        body = b"[" + b",".join(json.dumps(big(f"many-{number}")).encode() for number in range(5)) + b"]"
        many = await client.post(body, path="/v1/packets")
        one = await client.post(json.dumps(big("one")).encode())
        client.close()
        return one, many

    for reply in site.loop.run(one_too_many()):
        assert reply.status == 503
        assert "retry-after: 1" in reply.head
        assert json.loads(reply.body)["reason"] == "SpoolFull"
    assert distributor.status()["queue"]["bytes"] <= 200_000
    only.up()
    load.more(100)
    acknowledged = load.stop()
    site.until_received(acknowledged)
    assert distributor.until_settled()["delivered"] == len(acknowledged)
    assert not {"one", "many-0", "many-4"} & only.received.keys()


def limit_writes(distributor: Any, size_bytes: int) -> None:
    """From this size on, writing to a file fails with EFBIG. The process's log is a pipe and goes on."""
    _, hard = resource.prlimit(distributor.child.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(distributor.child.pid, resource.RLIMIT_FSIZE, (size_bytes, hard))


@pytest.mark.parametrize("size_bytes", [0, 40_000], ids=["at once", "in the middle of a commit"])
def test_a_disk_that_fails_is_said_and_loses_nothing(site: Any, size_bytes: int) -> None:
    distributor = site.distributor()
    only = site.analyser("only")
    distributor.register(entry("only", only.url))
    only.down()
    load = site.load(distributor)
    load.reach(100)
    limit_writes(distributor, size_bytes)
    until("senders are told", lambda: load.answers[503] > 8)
    assert "senders get 503" in "".join(distributor.log)
    refused_at = len(load.acknowledged)
    until("and told again", lambda: load.answers[503] > 16)
    assert len(load.acknowledged) == refused_at  # nothing is acknowledged that is not safe
    limit_writes(distributor, resource.RLIM_INFINITY)
    load.more(100)  # the same ids, and more
    assert "takes writes again" in "".join(distributor.log)
    distributor.status()
    distributor.kill()  # what was acknowledged meanwhile is really on disk
    distributor.start()
    only.up()
    site.until_received(load.stop())
    ledger = distributor.until_settled()
    assert ledger["restored"] >= 200


def test_a_failing_disk_is_not_noticed_while_analysers_are_well(site: Any) -> None:
    distributor = site.distributor()
    only = site.analyser("only")
    distributor.register(entry("only", only.url))
    limit_writes(distributor, 0)
    load = site.load(distributor, limit=300, clients=1)
    load.finish()
    distributor.until_settled()
    assert only.received.keys() == set(load.acknowledged)


def test_a_failed_commit_does_not_hold_back_what_analysers_can_take(site: Any) -> None:
    """The disk fails while all analysers are away; they come back before the disk does."""
    distributor = site.distributor("--memory-bytes", str(100_000))
    only = site.analyser("only")
    distributor.register(entry("only", only.url))
    only.down()
    load = site.load(distributor)
    load.reach(50)
    limit_writes(distributor, 0)
    until("senders are told", lambda: load.answers[503] > 8)
    only.up()
    load.more(200)
    limit_writes(distributor, resource.RLIM_INFINITY)
    acknowledged = load.stop()
    site.until_received(acknowledged)
    distributor.until_settled()
    until("the disk is empty", lambda: distributor.status()["queue"]["spoolPackets"] == 0)


def fail_the_disk_behind_a_long_backlog(site: Any) -> tuple[Any, Any, Any]:
    """Distributor, analyser and load: most of the backlog is only on disk, and nothing more can be written."""
    distributor = site.distributor("--memory-bytes", "50000")
    only = site.analyser("only")
    distributor.register(entry("only", only.url))
    only.down()
    load = site.load(distributor, make=big)
    load.reach(100)
    limit_writes(distributor, 0)
    until("senders are told", lambda: load.answers[503] > 8)
    only.up()
    return distributor, only, load


def test_a_disk_that_fails_behind_a_long_backlog_loses_nothing(site: Any) -> None:
    distributor, _, load = fail_the_disk_behind_a_long_backlog(site)
    limit_writes(distributor, resource.RLIM_INFINITY)
    load.more(100)
    acknowledged = load.stop()
    site.until_received(acknowledged)
    distributor.until_settled()
    until("the disk is empty", lambda: distributor.status()["queue"]["spoolPackets"] == 0)


def test_a_long_backlog_is_delivered_while_the_disk_takes_no_writes(site: Any) -> None:
    _, only, load = fail_the_disk_behind_a_long_backlog(site)
    until("it is read and delivered", lambda: set(load.acknowledged) <= only.received.keys(), limit_s=5)


def test_stopping_with_a_failing_disk_says_so_and_is_no_success(site: Any) -> None:
    distributor = site.distributor()
    only = site.analyser("only")
    only.obey(scripts.stall)
    distributor.register(entry("only", only.url))
    site.load(distributor, limit=50).finish()
    limit_writes(distributor, 0)
    load = site.load(distributor, prefix="q")
    until("senders are told", lambda: load.answers[503] > 8)
    assert distributor.terminate() == 1
    assert distributor.log[-1].startswith("logdist-distributor: ")
    distributor.start()
    only.obey(scripts.accept)
    only.hang_up_all()
    acknowledged = load.stop()
    site.until_received([f"p-{number}" for number in range(50)] + acknowledged)


def test_repeats_are_answered_again_and_delivered_once(site: Any) -> None:
    distributor = site.distributor()
    only = site.analyser("only")
    distributor.register(entry("only", only.url))

    async def send_each_thrice() -> list[int]:
        one, two = Client(distributor.port), Client(distributor.port)
        statuses = []
        for number in range(50):
            body = json.dumps(packet(f"p-{number}")).encode()
            at_once = await asyncio.gather(one.post(body), two.post(body))
            statuses += [reply.status for reply in (*at_once, await one.post(body))]
        body = json.dumps([packet("twin"), packet("twin")]).encode()
        statuses.append((await one.post(body, path="/v1/packets")).status)
        return statuses

    assert set(site.loop.run(send_each_thrice())) == {202}
    ledger = distributor.until_settled()
    assert (ledger["accepted"], ledger["repeats"], ledger["delivered"]) == (51, 101, 51)
    assert set(only.received.values()) == {1}


@pytest.mark.parametrize("ack", ["safe", "memory"])
def test_repeats_are_answered_while_no_analyser_takes_anything(site: Any, ack: str) -> None:
    distributor = site.distributor("--ack", ack)

    async def send_twice() -> list[int]:
        one, two = Client(distributor.port), Client(distributor.port)
        body = json.dumps(packet("p")).encode()
        first = await one.post(body)
        second = await two.post(body)
        return [first.status, second.status]

    assert site.loop.run(send_twice()) == [202, 202]
    ledger = distributor.ledger()
    assert (ledger["accepted"], ledger["repeats"], ledger["queued"]) == (1, 1, 1)


def test_repeats_of_what_waits_on_disk_are_known_after_a_restart(site: Any) -> None:
    distributor = site.distributor()
    distributor.register()
    site.load(distributor, limit=100).finish()
    distributor.kill()
    distributor.start()
    load = site.load(distributor, limit=150)  # the same hundred, and fifty more
    load.finish()
    ledger = distributor.ledger()
    assert (ledger["restored"], ledger["accepted"], ledger["repeats"]) == (100, 50, 100)
    only = site.analyser("only")
    distributor.register(entry("only", only.url))
    site.until_received(load.acknowledged)
    distributor.until_settled()
    assert set(only.received.values()) == {1}
    assert set(only.order[:100]) == {f"p-{number}" for number in range(100)}  # what waited longer goes first
