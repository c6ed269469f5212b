"""Dead letters of all distributors: none is left out in silence, and never the wrong one is touched."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from api_harness import DistributorWithLetters, api
from operator_harness import analyser, until

pytestmark = pytest.mark.anyio
PATH = "/api/v1/dead-letters"


@pytest.fixture
async def pair(anyio_backend: str) -> AsyncIterator[list[DistributorWithLetters]]:
    fakes = [DistributorWithLetters(), DistributorWithLetters()]
    for fake in fakes:
        await fake.start()
    yield fakes
    for fake in fakes:
        await fake.stop()


@pytest.fixture
def source(folder: Path) -> Path:
    (folder / "a.yaml").write_text(analyser("a"))
    return folder


async def test_they_are_merged_newest_first(source: Path, pair: list[DistributorWithLetters]) -> None:
    one, two = pair
    for minute in range(4):
        (one, two)[minute % 2].bury(minute, minute)
    async with api(source, one, two) as (client, _):
        everything = (await client.get(PATH)).json()
        assert [letter["id"] for letter in everything["deadLetters"]] == ["m3", "m2", "m1", "m0"]
        assert (everything["total"], everything["truncated"], everything["unasked"]) == (4, False, [])
        newest = everything["deadLetters"][0]
        assert (newest["instanceId"], newest["url"], newest["key"]) == (two.instance_id, two.url, 3)
        some = (await client.get(PATH, params={"limit": 2})).json()
        assert [letter["id"] for letter in some["deadLetters"]] == ["m3", "m2"]
        assert (some["total"], some["truncated"]) == (4, True)


async def test_many_pages_are_read(source: Path, pair: list[DistributorWithLetters]) -> None:
    one, _ = pair
    for key in range(2500):
        one.bury(key, 59 if key == 2400 else 0)
    async with api(source, one) as (client, _):
        some = (await client.get(PATH, params={"limit": 1})).json()
        assert (some["total"], some["deadLetters"][0]["key"]) == (2500, 2400)


async def test_a_distributor_that_does_not_answer_is_named(source: Path, pair: list[DistributorWithLetters]) -> None:
    one, two = pair
    one.bury(1, 1)
    async with api(source, one, two) as (client, _):
        await two.stop()
        found = (await client.get(PATH)).json()
        assert [letter["id"] for letter in found["deadLetters"]] == ["m1"]
        [unasked] = found["unasked"]
        assert (unasked["url"], unasked["instanceId"]) == (two.url, two.instance_id)
        assert unasked["reason"].startswith("no answer")
        single = await client.get(f"{PATH}/{two.instance_id}/1")
        assert (single.status_code, single.json()["reason"]) == (502, "DistributorUnreachable")


async def test_a_distributor_that_refuses_the_operator_is_named(
    source: Path, pair: list[DistributorWithLetters], tmp_path: Path
) -> None:
    one, _ = pair
    one.token = "secret"
    (tmp_path / "token").write_text("secret")
    async with api(source, one, token_file=tmp_path / "token") as (client, _):
        assert (await client.get(PATH)).json()["unasked"] == []
        (tmp_path / "token").write_text("wrong")
        [unasked] = (await client.get(PATH)).json()["unasked"]
        assert unasked["reason"].startswith("401 from")
        single = await client.get(f"{PATH}/{one.instance_id}/1")
        assert (single.status_code, single.json()["reason"]) == (502, "DistributorFailed")


async def test_one_never_heard_from_is_named(source: Path) -> None:
    silent = DistributorWithLetters()
    silent._port = 1
    async with api(source) as (client, spine):
        spine._follow([silent.url])
        [unasked] = (await client.get(PATH)).json()["unasked"]
        assert (unasked["url"], unasked["instanceId"]) == (silent.url, "")


async def test_one_is_shown_with_its_packet(source: Path, pair: list[DistributorWithLetters]) -> None:
    one, _ = pair
    one.bury(7, 1)
    async with api(source, one) as (client, _):
        letter = (await client.get(f"{PATH}/{one.instance_id}/7")).json()
        assert (letter["packet"], letter["url"]) == ('{"id":"m7"}', one.url)
        for path, reason in ((f"{one.instance_id}/8", "UnknownDeadLetter"), ("other/7", "UnknownDistributor")):
            missing = await client.get(f"{PATH}/{path}")
            assert (missing.status_code, missing.json()["reason"]) == (404, reason)


async def test_one_is_replayed_or_deleted(source: Path, pair: list[DistributorWithLetters]) -> None:
    one, _ = pair
    one.bury(7, 1)
    one.bury(8, 1)
    async with api(source, one) as (client, _):
        named = {"instanceId": one.instance_id}
        replayed = await client.post(f"{PATH}/{one.instance_id}/7/replay")
        assert (replayed.status_code, replayed.json(), one.replayed) == (202, {**named, "key": 7}, [7])
        deleted = await client.delete(f"{PATH}/{one.instance_id}/8")
        assert (deleted.status_code, deleted.json(), one.letters) == (200, {**named, "key": 8}, {})
        assert (await client.delete(f"{PATH}/{one.instance_id}/8")).status_code == 404


async def test_a_key_never_reaches_another_distributor_at_the_address(
    source: Path, pair: list[DistributorWithLetters]
) -> None:
    """Before the operator has noticed: the same key names another packet there."""
    one, _ = pair
    one.bury(7, 1)
    async with api(source, one) as (client, spine):
        before = one.instance_id
        one.instance_id = "another"
        if spine.observer.seen[one.url].report.instance_id == before:  # type: ignore[union-attr]  # heard from
            for method, path in (("DELETE", "7"), ("POST", "7/replay")):
                answer = await client.request(method, f"{PATH}/{before}/{path}")
                assert (answer.status_code, answer.json()["reason"]) == (404, "UnknownDistributor")
        assert 7 in one.letters
        assert one.replayed == []
        await until(lambda: spine.observer.seen[one.url].report.instance_id == "another")  # type: ignore[union-attr]
        assert (await client.delete(f"{PATH}/another/7")).status_code == 200
