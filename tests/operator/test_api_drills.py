"""Drills reach the analyser's own endpoints, and those without drills are told apart."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from api_harness import api
from operator_harness import FakeDistributor, analyser

from logdist_operator.api.reach import ApiSettings

pytestmark = pytest.mark.anyio
PATH = "/api/v1/analysers/default/a/drill"


@pytest.fixture
def sample() -> Iterator[str]:
    """Return the URL of a sample analyser."""
    command = [sys.executable, "-m", "logdist_analyser", "--port", "0", "--name", "a"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as child:
        assert child.stderr is not None
        yield next(found[1] for line in child.stderr if (found := re.search(r"running on (http://\S+)", line)))
        child.kill()


async def test_a_sample_analyser_does_as_it_is_told(folder: Path, distributor: FakeDistributor, sample: str) -> None:
    (folder / "a.yaml").write_text(analyser("a", endpoint=sample))
    async with api(folder, distributor) as (client, _):
        for drill, failing, slow_ms, rate in (
            ({"drill": "fail"}, True, 0, 0),
            ({"drill": "slow", "ms": 7}, True, 7, 0),
            ({"drill": "refuse", "rate": 0.5}, True, 7, 0.5),
            ({"drill": "begin"}, False, 0, 0),
        ):
            answer = await client.post(PATH, json=drill)
            told = {"url": sample, "failing": failing, "slowMs": slow_ms, "refuseRate": rate}
            assert (answer.status_code, answer.json()) == (200, {"endpoints": [told]})
        assert (await client.post(PATH, json={"drill": "slow"})).status_code == 422
        assert (await client.post(PATH, json={"drill": "explode"})).status_code == 422
        missing = await client.post(PATH.replace("/a/", "/b/"), json={"drill": "fail"})
        assert (missing.status_code, missing.json()["reason"]) == (404, "ObjectMissing")


async def test_an_analyser_without_drills_is_told_so(folder: Path, distributor: FakeDistributor) -> None:
    (folder / "a.yaml").write_text(analyser("a", endpoint=distributor.url))
    async with api(folder, distributor) as (client, _):
        answer = await client.post(PATH, json={"drill": "fail"})
        assert (answer.status_code, answer.json()["reason"]) == (409, "NoDrills")


async def test_an_analyser_that_does_not_answer_is_told_so(folder: Path, distributor: FakeDistributor) -> None:
    (folder / "a.yaml").write_text(analyser("a", endpoint="http://127.0.0.1:1"))
    async with api(folder, distributor) as (client, _):
        answer = await client.post(PATH, json={"drill": "fail"})
        assert (answer.status_code, answer.json()["reason"]) == (502, "AnalyserUnreachable")


async def test_a_drill_is_a_write(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret")
    async with api(folder, settings=ApiSettings(tmp_path / "token", is_read_open=True)) as (client, _):
        assert (await client.post(PATH, json={"drill": "fail"})).status_code == 401
