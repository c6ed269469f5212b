"""What distributors tell of failures is seen in the API: as errors of the analyser, and as problems with advice."""

from pathlib import Path
from typing import Any

import pytest
from api_harness import api
from operator_harness import FakeDistributor, analyser, until

pytestmark = pytest.mark.anyio


class FailingDistributor(FakeDistributor):
    failures = 0

    def _status(self) -> dict[str, Any]:
        told = super()._status()
        for one in told["analysers"]:
            end = {"url": "http://e", "standing": self.standing, "failures": self.failures, "lastError": "500 from /x"}
            one["endpoints"] = [end]
        return told


async def test_a_failing_analyser_is_told_with_its_errors_and_with_advice(folder: Path) -> None:
    (folder / "a.yaml").write_text(analyser("a"))
    distributor = FailingDistributor()
    await distributor.start()
    async with api(folder, distributor) as (client, spine):
        assert (await client.get("/api/v1/problems")).json() == {"problems": []}
        distributor.failures, distributor.standing = 3, "ejected"
        await until(lambda: spine.sampler.journal.of("default/a"))
        one = (await client.get("/api/v1/analysers/default/a")).json()
        [error] = one["errors"]
        assert (error["kind"], error["message"], error["count"]) == ("delivery", "500 from /x", 3)
        problems = (await client.get("/api/v1/problems")).json()["problems"]
        assert [problem["kind"] for problem in problems] == ["system", "analyser"]
        assert "500 from /x" in problems[1]["text"]
        assert (await client.get("/api/v1/state")).json()["problems"] == problems
    await distributor.stop()
