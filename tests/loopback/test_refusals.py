"""Packets an analyser refuses for good: each becomes a dead letter, to be looked at, sent again or deleted."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import loopback_analyser as scripts
from loopback_distributor import entry
from loopback_sender import Client, packet
from loopback_wait import until


def test_one_poison_packet_becomes_a_dead_letter_and_the_rest_is_delivered(site: Any) -> None:
    distributor = site.distributor()
    only = site.analyser("only")
    only.obey(scripts.poisoned_by("p-77", "p-300"))
    distributor.register(entry("only", only.url))
    acknowledged = site.load(distributor, limit=500, pause_s=0).finish()
    ledger = distributor.until_settled()
    assert (ledger["delivered"], ledger["dead"]) == (498, 2)
    assert only.received.keys() == set(acknowledged) - {"p-77", "p-300"}
    assert max(only.received.values()) == 1
    letters = until("both are listed", lambda: len(found := distributor.dead_letters()) == 2 and found)
    assert {letter["id"] for letter in letters} == {"p-77", "p-300"}
    assert all("400: poison" in letter["error"] and letter["analyser"] == "default/only" for letter in letters)
    assert distributor.standing("only") == "admitted"


def test_a_poison_packet_in_the_middle_of_a_big_batch_is_found(site: Any) -> None:
    distributor = site.distributor()
    only = site.analyser("only")
    only.obey(scripts.poisoned_by("n-613"))
    distributor.register(entry("only", only.url))
    body = b"\n".join(json.dumps(packet(f"n-{number}")).encode() for number in range(1000))
    reply = site.loop.run(Client(distributor.port).post(body, path="/v1/packets", kind="application/x-ndjson"))
    assert (reply.status, reply.body) == (202, b'{"accepted":1000}')
    ledger = distributor.until_settled()
    assert (ledger["delivered"], ledger["dead"]) == (999, 1)
    assert len(only.requests) <= 1 + 2 * 10  # halved, not sent one by one


def test_a_key_that_no_dead_letter_can_have_is_told(site: Any) -> None:
    distributor = site.distributor()
    for path in ("?after=18446744073709551615", "/18446744073709551616", "/-1"):
        status, told = distributor.call("GET", f"/control/v1/dead-letters{path}")
        assert (status, told["reason"]) == (422, "BadParameter")


def test_an_analyser_that_refuses_everything_loses_nothing(site: Any) -> None:
    """Each is a dead letter, with its packet, and may be sent again once the analyser is mended."""
    distributor = site.distributor()
    good, picky = site.analyser("good"), site.analyser("picky")
    picky.obey(scripts.status(400))
    distributor.register(entry("good", good.url), entry("picky", picky.url))
    acknowledged = site.load(distributor, limit=60).finish()
    ledger = distributor.until_settled()
    assert ledger["delivered"] + ledger["dead"] == 60
    letters = until("all are listed", lambda: len(found := distributor.dead_letters()) == ledger["dead"] and found)
    assert set(good.order) | {letter["id"] for letter in letters} == set(acknowledged)
    picky.obey(scripts.accept)
    for letter in letters:
        assert distributor.call("POST", f"/control/v1/dead-letters/{letter['key']}/replay")[0] == 202
    site.until_received(acknowledged)
    ledger = distributor.until_settled()
    assert (ledger["delivered"], ledger["dead"]) == (60, 0)
    until("none is listed", lambda: not distributor.dead_letters())


def test_a_207_names_what_is_refused_and_the_rest_is_delivered(site: Any) -> None:
    distributor = site.distributor()
    only = site.analyser("only")
    only.obey(scripts.rejecting("p-5", "p-50"))
    distributor.register(entry("only", only.url))
    acknowledged = site.load(distributor, limit=200).finish()
    ledger = distributor.until_settled()
    assert (ledger["delivered"], ledger["dead"]) == (198, 2)
    assert only.received.keys() == set(acknowledged) - {"p-5", "p-50"}
    letters = until("both are listed", lambda: len(found := distributor.dead_letters()) == 2 and found)
    assert {letter["id"]: letter["error"] for letter in letters} == {"p-5": "not for me", "p-50": "not for me"}


def until_only_dead_letters_are_on_disk(distributor: Any) -> None:
    """What was slow to be delivered went to disk, too, and leaves it a commit later."""
    until("only dead letters are on disk", lambda: distributor.status()["queue"]["spoolPackets"] == 0)


def test_dead_letters_survive_a_restart_and_are_replayed_or_deleted(site: Any) -> None:
    distributor = site.distributor()
    only = site.analyser("only")
    only.obey(scripts.rejecting("p-1", "p-2", "p-3"))
    distributor.register(entry("only", only.url))
    site.load(distributor, limit=10).finish()
    until("all are listed", lambda: len(distributor.dead_letters()) == 3)
    until_only_dead_letters_are_on_disk(distributor)
    distributor.kill()
    distributor.start()
    ledger = distributor.ledger()
    assert (ledger["restored"], ledger["dead"]) == (3, 3)
    keys = {letter["id"]: letter["key"] for letter in distributor.dead_letters()}
    status, shown = distributor.call("GET", f"/control/v1/dead-letters/{keys['p-1']}")
    assert (status, json.loads(shown["packet"])["id"]) == (200, "p-1")
    only.obey(scripts.accept)
    assert distributor.call("POST", f"/control/v1/dead-letters/{keys['p-1']}/replay")[0] == 202
    assert distributor.call("DELETE", f"/control/v1/dead-letters/{keys['p-2']}")[0] == 200
    assert [letter["id"] for letter in distributor.dead_letters()] == ["p-3"]  # though they may be on disk still
    until("p-1 is delivered", lambda: only.received["p-1"] == 1)
    for method, path in (("POST", f"{keys['p-1']}/replay"), ("DELETE", str(keys["p-2"])), ("GET", "4711")):
        assert distributor.call(method, f"/control/v1/dead-letters/{path}")[0] == 404
    until_only_dead_letters_are_on_disk(distributor)
    distributor.kill()
    distributor.start()
    assert [letter["id"] for letter in distributor.dead_letters()] == ["p-3"]
    assert distributor.until_settled()["restored"] == 1
    assert only.received["p-1"] == 1


def test_a_replayed_dead_letter_survives_a_kill_before_it_is_delivered(site: Any) -> None:
    distributor = site.distributor()
    only = site.analyser("only")
    only.obey(scripts.rejecting("p-0"))
    distributor.register(entry("only", only.url))
    site.load(distributor, limit=1).finish()
    [letter] = until("it is listed", distributor.dead_letters)
    only.down()
    assert distributor.call("POST", f"/control/v1/dead-letters/{letter['key']}/replay")[0] == 202
    until("it is a packet on disk", lambda: distributor.status()["queue"]["deadLetters"] == 0)
    distributor.kill()
    only.obey(scripts.accept)
    only.up()
    distributor.start()
    site.until_received(["p-0"])


def test_two_who_replay_the_same_dead_letter_send_it_once(site: Any) -> None:
    distributor = site.distributor()
    only = site.analyser("only")
    ids = [f"p-{number}" for number in range(20)]
    only.obey(scripts.rejecting(*ids))
    distributor.register(entry("only", only.url))
    site.load(distributor, limit=20).finish()
    letters = until("all are listed", lambda: len(found := distributor.dead_letters()) == 20 and found)
    only.obey(scripts.accept)
    with ThreadPoolExecutor(8) as pool:
        paths = [f"/control/v1/dead-letters/{letter['key']}/replay" for letter in letters for _ in range(4)]
        statuses = list(pool.map(lambda path: distributor.call("POST", path)[0], paths))
    assert statuses.count(202) == 20
    assert set(statuses) == {202, 404}
    assert distributor.until_settled()["dead"] == 0
    assert only.received == dict.fromkeys(ids, 1)


def test_dead_letters_take_room_in_the_spool_until_they_are_deleted(site: Any) -> None:
    distributor = site.distributor("--spool-bytes", str(1_000_000))
    only = site.analyser("only")
    only.obey(scripts.status(422))
    distributor.register(entry("only", only.url))

    def post(name: str) -> int:
        body = json.dumps(packet(name, message_bytes=200_000)).encode()
        return int(site.loop.run(Client(distributor.port).post(body)).status)

    sent = [f"large-{number}" for number in range(40)]
    answers = [post(name) for name in sent]
    assert answers == [202] * 4 + [503] * 36
    letters = until("all four are listed", lambda: len(found := distributor.dead_letters()) == 4 and found)
    for letter in letters:
        assert distributor.call("DELETE", f"/control/v1/dead-letters/{letter['key']}")[0] == 200
    until("there is room again", lambda: post("after") == 202)
    assert distributor.ledger()["dead"] == 5
