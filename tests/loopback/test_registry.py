"""The registry: what is refused leaves the last good one, and a distributor works on without the operator."""

import json
from typing import Any

import loopback_analyser as scripts
import pytest
from loopback_distributor import entry, snapshot
from loopback_site import Site

URL = "http://127.0.0.1:9"


def put(distributor: Any, body: Any) -> tuple[int, Any]:
    status, answer = distributor.call("PUT", "/control/v1/registry", body)
    return status, answer


def without_digest(one: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in one.items() if key != "digest"}


def test_an_older_or_different_snapshot_of_the_same_generation_is_answered_409(site: Any) -> None:
    distributor = site.distributor()
    only = site.analyser("only")
    good = snapshot(7, [entry("only", only.url)])
    assert put(distributor, good)[0] == 200
    for generation in (0, 6, 7):
        status, answer = put(distributor, snapshot(generation, [entry("other", URL)]))
        assert (status, answer["reason"], answer["generation"]) == (409, "StaleGeneration", 7)
        assert answer["digest"] == good["digest"]
    assert put(distributor, good)[0] == 200  # the same again is welcome
    site.until_received(site.load(distributor, limit=20).finish())


BROKEN = [
    ("not JSON", b"{", "truncated"),
    ("nothing", b"", "truncated"),
    ("no UTF-8", b'{"generation": "\xff"}', ""),
    ("no object", b"[]", "object"),
    ("no digest", without_digest(snapshot(8, [entry("a", URL)])), "digest"),
    ("another digest", snapshot(8, [entry("a", URL)]) | {"digest": "0" * 64}, "digest"),
    ("an unknown field", snapshot(8, [entry("a", URL, colour="red")]), "colour"),
    ("an unknown field at the top", snapshot(8, [entry("a", URL)], colour="red"), "colour"),
    ("a negative weight", snapshot(8, [entry("a", URL, weight=-1)]), "weight"),
    ("a weight with a point", snapshot(8, [entry("a", URL, weight=1.5)]), "weight"),  # type: ignore[arg-type]
    ("an endpoint that is no URL", snapshot(8, [entry("a", "ftp://x")]), "endpoints"),
    ("a port that is no number", snapshot(8, [entry("a", "http://x:http")]), "no URL"),
    ("a port out of range", snapshot(8, [entry("a", "http://x:70000")]), "no URL"),
    ("an address that is none", snapshot(8, [entry("a", "http://[::1")]), "no URL"),
    ("a protocol nobody knows", snapshot(8, [entry("a", URL, protocol="carrier pigeon")]), "protocol"),
    ("a path with a line break", snapshot(8, [entry("a", URL, path="/x\r\nEvil: yes")]), "path"),
    ("an endpoint with a line break", snapshot(8, [entry("a", "http://x/\r\nEvil: yes")]), "endpoints"),
    ("the same uid twice", snapshot(8, [entry("a", URL), entry("a", URL)]), "twice"),
    ("the same endpoint twice", snapshot(8, [entry("a", URL, URL)]), "twice"),
]


@pytest.mark.parametrize(("body", "word"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_a_broken_snapshot_is_answered_422_with_reasons_and_changes_nothing(
    refusing: Any, body: Any, word: str
) -> None:
    distributor, only, site = refusing
    status, answer = put(distributor, body)
    assert (status, answer["reason"]) == (422, "RegistryRefused")
    assert answer["reasons"]
    assert word in " ".join(answer["reasons"])
    assert answer["generation"] == 7
    assert distributor.call("GET", "/control/v1/registry")[1]["analysers"][0]["name"] == "only"
    before = len(only.order)
    site.load(distributor, limit=1, prefix=f"after {word} {before}", clients=1).finish()
    assert len(only.order) == before + 1


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """One distributor for all that is refused: nothing of it may leave a trace."""
    site = Site(tmp_path_factory.mktemp("refusing"))
    try:
        distributor, only = site.distributor(), site.analyser("only")
        assert put(distributor, snapshot(7, [entry("only", only.url)]))[0] == 200
        yield distributor, only, site
    finally:
        site.close()


def test_a_shrinking_snapshot_is_refused_unless_it_is_meant(site: Any) -> None:
    distributor = site.distributor()
    only = site.analyser("only")
    others = [entry(f"x{number}", URL, weight=0) for number in range(4)]
    assert put(distributor, snapshot(1, [entry("only", only.url), *others]))[0] == 200
    status, answer = put(distributor, snapshot(2, [entry("only", only.url)]))
    assert status == 422
    assert answer["reasons"] == ["drops 4 of 5 analysers without allowShrink"]
    assert len(distributor.status()["analysers"]) == 5
    assert distributor.status()["registry"]["rejected"] == 1
    site.until_received(site.load(distributor, limit=20).finish())
    assert put(distributor, snapshot(2, [entry("only", only.url)], allowShrink=True))[0] == 200
    assert len(distributor.status()["analysers"]) == 1


def test_a_restart_serves_with_the_saved_registry(site: Any) -> None:
    distributor = site.distributor()
    one, two = site.analyser("one"), site.analyser("two")
    distributor.register(entry("one", one.url), entry("two", two.url, weight=3))
    before = distributor.call("GET", "/control/v1/registry")[1]
    assert put(distributor, b"broken")[0] == 422
    distributor.kill()
    distributor.start()
    assert distributor.call("GET", "/readyz")[0] == 200
    after = distributor.call("GET", "/control/v1/registry")[1]
    assert after.pop("instanceId") != before.pop("instanceId")
    assert after == before
    site.load(distributor, limit=400).finish()
    distributor.until_settled()
    assert (len(one.order), len(two.order)) == (100, 300)


@pytest.mark.parametrize(
    ("saved", "mounted", "served"), [(None, 5, 5), (7, 5, 7), (5, 7, 7), (b"{", 5, 5), (5, b"{", 5), (5, None, 5)]
)
def test_a_start_serves_with_the_newest_good_registry_at_hand(
    site: Any, saved: int | bytes | None, mounted: int | bytes | None, served: int
) -> None:
    only = site.analyser("only")
    (site.folder / "spool").mkdir()
    files = {site.folder / "spool" / "registry.json": saved, site.folder / "mounted.json": mounted}
    for file, held in files.items():
        if held is not None:
            content = json.dumps(snapshot(held, [entry("only", only.url)])).encode() if isinstance(held, int) else held
            file.write_bytes(content)
    distributor = site.distributor("--registry-file", str(site.folder / "mounted.json"))
    assert distributor.call("GET", "/readyz")[0] == 200
    assert distributor.status()["registry"]["generation"] == served
    site.until_received(site.load(distributor, limit=20).finish())


@pytest.mark.parametrize("saved", [b"", b"{", b'{"generation": 3}'], ids=["empty", "torn", "incomplete"])
def test_a_saved_registry_that_is_broken_is_said_and_waited_out(site: Any, saved: bytes) -> None:
    (site.folder / "spool").mkdir()
    (site.folder / "spool" / "registry.json").write_bytes(saved)
    distributor = site.distributor()
    assert distributor.call("GET", "/readyz")[0] == 503
    assert "cannot be used" in "".join(distributor.log)
    distributor.register()
    assert distributor.call("GET", "/readyz")[0] == 200
    assert json.loads((site.folder / "spool" / "registry.json").read_bytes())["generation"] == 1


def test_an_analyser_that_leaves_the_registry_hands_its_packets_on(site: Any) -> None:
    distributor = site.distributor()
    slow, heir = site.analyser("slow"), site.analyser("heir")
    slow.obey(scripts.stall)
    distributor.register(entry("slow", slow.url, timeoutMs=1_000, interval_ms=60_000))
    load = site.load(distributor)
    load.reach(200)
    distributor.register(entry("heir", heir.url))
    load.more(100)
    acknowledged = load.stop()
    site.until_received(acknowledged)
    assert distributor.until_settled()["delivered"] == len(acknowledged)


def test_an_analyser_may_leave_and_return_again_and_again_under_load(site: Any) -> None:
    distributor = site.distributor()
    one, two = site.analyser("one"), site.analyser("two")
    distributor.register(entry("one", one.url), entry("two", two.url))
    load = site.load(distributor)
    for _ in range(15):
        distributor.register(entry("one", one.url, interval_ms=20))
        load.more(20)
        distributor.register(entry("one", one.url), entry("two", two.url, weight=5, interval_ms=20))
        load.more(20)
    acknowledged = load.stop()
    distributor.until_settled()
    assert sorted(one.order + two.order) == sorted(acknowledged)
    assert load.broken == load.answers[503] == 0
