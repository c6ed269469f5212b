"""The history over a real socket: columns that fit together, gaps where nobody answered, no call to anybody else."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from api_harness import api
from operator_harness import FakeDistributor, analyser, until

pytestmark = pytest.mark.anyio
NAMES = ("a", "b", "c")


async def test_what_is_delivered_shows_up_a_second_later(folder: Path, distributor: FakeDistributor) -> None:
    for name in NAMES:
        (folder / f"{name}.yaml").write_text(analyser(name))
    async with api(folder, distributor) as (client, spine):

        def counted() -> bool:
            distributor.delivered += 10
            rates = spine.sampler.rates
            return rates is not None and rates.delivered > 0 and rates.analysers["default/a"] > 0

        await until(counted)
        whole = (await client.get("/api/v1/history", params={"seconds": 60, "top": 2})).json()
        assert whole["stepSeconds"] == 1
        assert {len(column) for column in whole["fleet"].values()} == {60}
        assert whole["fleet"]["delivered"][-1] > 0
        assert whole["fleet"]["distributors"][-1] == 1
        assert whole["fleet"]["accepted"][0] is None  # before the operator started
        assert [one["name"] for one in whole["analysers"]] == ["a", "b"]
        assert whole["others"]["count"] == 1
        assert whole["others"]["delivered"][-1] == pytest.approx(whole["analysers"][0]["delivered"][-1], abs=0.05)
        one = (await client.get("/api/v1/analysers/default/c/history", params={"step": 5})).json()
        assert {len(column) for column in one["analyser"].values() if isinstance(column, list)} <= {12, 13}
        assert one["standings"][one["analyser"]["standing"][-1]] == "admitted"
        state = (await client.get("/api/v1/state")).json()
        assert state["rates"]["delivered"] >= 0
        assert state["analysers"][0]["deliveredPerSecond"] >= 0


async def test_while_no_distributor_answers_there_is_a_gap(folder: Path, distributor: FakeDistributor) -> None:
    (folder / "a.yaml").write_text(analyser("a"))
    async with api(folder, distributor) as (_, spine):
        await until(lambda: spine.sampler.rates)
        await distributor.stop()
        await until(lambda: spine.sampler.rates is None)
        spine.board.refresh(datetime.now(UTC))
        spine.sampler.look(spine.sampler.history.window(1, 1).first + 1)
        window = spine.sampler.history.window(1, 1)
        assert {tuple(column) for column in spine.sampler.history.fleet(window).values()} == {(None,), (0,)}
        assert {tuple(column) for column in spine.sampler.history.analyser("default/a", window).values()} == {(None,)}


async def test_an_analyser_that_is_not_there_has_no_history(folder: Path) -> None:
    async with api(folder) as (client, _):
        assert (await client.get("/api/v1/analysers/default/a/history")).status_code == 404
        assert (await client.get("/api/v1/history", params={"seconds": 901})).status_code == 422
        assert (await client.get("/api/v1/history")).json()["analysers"] == []
