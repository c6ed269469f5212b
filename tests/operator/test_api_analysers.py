"""Analysers are looked at, made, changed and deleted over HTTP. Always the object; the registry follows."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from api_harness import api
from operator_harness import FakeDistributor, analyser, until

pytestmark = pytest.mark.anyio
ENDPOINT = "http://127.0.0.1:8001"
NEW = {"name": "b", "spec": {"endpoint": ENDPOINT, "weight": 3}}


async def test_a_created_analyser_reaches_the_distributor(folder: Path, distributor: FakeDistributor) -> None:
    (folder / "a.yaml").write_text(analyser("a"))
    async with api(folder, distributor) as (client, _):
        answer = await client.post("/api/v1/analysers", json=NEW)
        assert answer.status_code == 201
        assert answer.headers["location"] == "/api/v1/analysers/default/b"
        written = answer.json()
        assert (written["namespace"], written["spec"]["weight"], written["spec"]["timeoutSeconds"]) == ("default", 3, 5)
        await until(lambda: distributor.weights == {"a": 1, "b": 3})
        again = await client.post("/api/v1/analysers", json=NEW)
        assert (again.status_code, again.json()["reason"]) == (409, "ObjectExists")


async def test_the_first_analyser_can_be_made_in_an_empty_folder(folder: Path, distributor: FakeDistributor) -> None:
    async with api(folder, distributor) as (client, _):
        assert (await client.post("/api/v1/analysers", json=NEW)).status_code == 201
        await until(lambda: distributor.weights == {"b": 3})


async def test_weight_and_suspend_are_changed_and_the_comments_stay(folder: Path, distributor: FakeDistributor) -> None:
    file = folder / "a.yaml"
    file.write_text("# Of the billing team.\n" + analyser("a", weight="1  # not more"))
    async with api(folder, distributor) as (client, _):
        answer = await client.patch("/api/v1/analysers/default/a", json={"weight": 7, "suspend": True})
        assert answer.status_code == 200
        assert answer.json()["spec"] == {**answer.json()["spec"], "weight": 7, "suspend": True, "endpoint": ENDPOINT}
        await until(lambda: distributor.weights == {"a": 7})
        assert distributor.held["analysers"][0]["suspend"] is True
    assert file.read_text() == (
        "# Of the billing team.\n"
        + analyser("a", weight="7  # not more").replace("spec:\n", "spec:\n  suspend: true\n")
    )


async def test_a_deleted_analyser_leaves_the_registry(folder: Path, distributor: FakeDistributor) -> None:
    (folder / "a.yaml").write_text(analyser("a"))
    async with api(folder, distributor) as (client, _):
        answer = await client.delete("/api/v1/analysers/default/a")
        assert (answer.status_code, answer.json()) == (200, {"namespace": "default", "name": "a"})
        await until(lambda: distributor.weights == {})
        again = await client.delete("/api/v1/analysers/default/a")
        assert (again.status_code, again.json()["reason"]) == (404, "ObjectMissing")


async def test_one_is_shown_with_its_spec_its_faults_and_what_the_state_has_of_it(
    folder: Path, distributor: FakeDistributor
) -> None:
    file = folder / "a.yaml"
    file.write_text(analyser("a", weight=2))
    async with api(folder, distributor) as (client, spine):
        file.write_text(analyser("a", weight=5000))
        await until(lambda: spine.controller.problems)
        one = (await client.get("/api/v1/analysers/default/a")).json()
        assert (one["weight"], one["spec"]["weight"]) == (2, 5000)
        assert one["faults"] == [
            {"field": "spec.weight", "message": "5000 is greater than the maximum of 1000"},
        ]
        everything = (await client.get("/api/v1/state")).json()["analysers"][0]
        assert everything.items() <= one.items()
        assert (await client.get("/api/v1/analysers")).json()["analysers"][0].keys() == one.keys()
        missing = await client.get("/api/v1/analysers/default/b")
        assert (missing.status_code, missing.json()["reason"]) == (404, "ObjectMissing")


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({}, "spec"),
        ({"endpoint": "x"}, "spec.endpoint"),
        ({"endpoint": "http://h?x"}, "spec.endpoint"),
        ({"endpoint": ENDPOINT, "weight": 5000}, "spec.weight"),
        ({"endpoint": ENDPOINT, "wieght": 1}, "spec.wieght"),
        ({"endpoint": ENDPOINT, "batch": {"maxPackets": 0}}, "spec.batch.maxPackets"),
        ({"endpoint": ENDPOINT, "\ud800": 1}, "spec.\ud800"),
    ],
)
async def test_what_is_invalid_is_refused_with_its_field(folder: Path, spec: dict[str, Any], field: str) -> None:
    (folder / "a.yaml").write_text(analyser("a"))
    async with api(folder) as (client, _):
        body = json.dumps({"name": "b", "spec": spec})
        answer = await client.post("/api/v1/analysers", content=body, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["reason"], answer.json()["field"]) == (422, "InvalidAnalyser", field)
        assert answer.json()["faults"][0]["field"] == field
    assert os.listdir(folder) == ["a.yaml"]  # noqa: PTH208


async def test_a_service_needs_kubernetes(folder: Path) -> None:
    (folder / "a.yaml").write_text(analyser("a"))
    async with api(folder) as (client, _):
        spec = {"serviceRef": {"name": "x", "port": 1}}
        answer = await client.post("/api/v1/analysers", json={"name": "b", "spec": spec})
        assert (answer.status_code, answer.json()["reason"]) == (422, "EditRefused")
        assert "spec.serviceRef" in answer.json()["error"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, ""),
        ({"weight": 1001}, "weight"),
        ({"weight": -1}, "weight"),
        ({"weight": "1"}, "weight"),
        ({"weight": None}, "weight"),
        ({"weight": True}, "weight"),
        ({"suspend": 1}, "suspend"),
        ({"suspend": True, "endpoint": ENDPOINT}, "endpoint"),
    ],
)
async def test_a_patch_takes_weight_and_suspend_within_bounds_and_no_more(
    folder: Path, body: dict[str, Any], field: str
) -> None:
    (folder / "a.yaml").write_text(analyser("a"))
    async with api(folder) as (client, _):
        answer = await client.patch("/api/v1/analysers/default/a", json=body)
        assert (answer.status_code, answer.json()["reason"], answer.json()["field"]) == (422, "InvalidBody", field)
    assert (folder / "a.yaml").read_text() == analyser("a")


@pytest.mark.parametrize("name", ["A", "a_b", "a%3Fx", "..", "a" * 254])
async def test_a_name_that_kubernetes_would_refuse_is_refused(folder: Path, name: str) -> None:
    (folder / "a.yaml").write_text(analyser("a"))
    async with api(folder) as (client, _):
        made = await client.post("/api/v1/analysers", json={**NEW, "name": name})
        assert (made.status_code, made.json()["reason"], made.json()["field"]) == (422, "InvalidBody", "name")
        if name != "..":  # which the client itself resolves
            changed = await client.patch(f"/api/v1/analysers/default/{name}", json={"weight": 1})
            assert (changed.status_code, changed.json()["field"]) == (422, "path.name")


async def test_generations_tell_what_changed(folder: Path, distributor: FakeDistributor) -> None:
    (folder / "a.yaml").write_text(analyser("a"))
    async with api(folder, distributor) as (client, _):
        await client.patch("/api/v1/analysers/default/a", json={"weight": 7})
        await until(lambda: distributor.weights == {"a": 7})
        [newest, first] = (await client.get("/api/v1/generations")).json()["generations"]
        assert (newest["generation"], newest["changed"], first["generation"], first["added"]) == (2, 1, 1, 1)
        assert newest["at"] > first["at"]
        detail = (await client.get("/api/v1/generations/2")).json()
        [difference] = detail["differences"]
        assert (difference["before"], difference["after"]) == ({"weight": 1}, {"weight": 7})
        unknown = await client.get("/api/v1/generations/3")
        assert unknown.status_code == 404
        assert unknown.json() == {"error": "no generation 3: known are 1 to 2", "reason": "UnknownGeneration"}
