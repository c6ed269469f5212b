"""Where a packet went is asked of every distributor; what one cannot tell is said."""

from pathlib import Path
from typing import Any

import pytest
from api_harness import api
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from operator_harness import FakeDistributor, analyser

pytestmark = pytest.mark.anyio


class KnowingDistributor(FakeDistributor):
    def _app(self) -> FastAPI:
        app = super()._app()

        @app.get("/control/v1/packets", response_model=None)
        async def packet(id: str) -> Any:  # noqa: A002
            if id != "a/1 ?&x":
                return JSONResponse({"error": "no packet", "reason": "UnknownPacket"}, 404)
            return {"id": id, "place": "delivered", "analyser": "default/a", "endpoint": "http://e"}

        return app


async def test_every_distributor_is_asked(folder: Path) -> None:
    (folder / "a.yaml").write_text(analyser("a"))
    one, two = KnowingDistributor(), KnowingDistributor()
    await one.start()
    await two.start()
    async with api(folder, one, two) as (client, _):
        await two.stop()
        answer = (await client.get("/api/v1/packets", params={"id": "a/1 ?&x"})).json()
        place = {"place": "delivered", "analyser": "default/a", "endpoint": "http://e", "url": one.url}
        assert answer["found"] == [place]
        assert [item["url"] for item in answer["unasked"]] == [two.url]
        assert (await client.get("/api/v1/packets", params={"id": "b"})).json()["found"] == []
        assert (await client.get("/api/v1/packets")).status_code == 422
    await one.stop()
