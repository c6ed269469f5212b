"""Every answer that is not 2xx has one form, and the OpenAPI document names every answer there is."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_harness import api
from operator_harness import analyser, operating

from logdist_operator.api.app import build_app

JSON = {"content-type": "application/json"}


@pytest.fixture
async def client(anyio_backend: str, folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    (folder / "a.yaml").write_text(analyser("a"))
    async with api(folder) as (client, _):
        yield client


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("request_", "status", "reason"),
    [
        (("GET", "/nowhere"), 404, "NotFound"),
        (("GET", "/api/v1/nowhere"), 404, "NotFound"),
        (("GET", "/api/v1/analysers/default/a/b"), 404, "NotFound"),
        (("PUT", "/api/v1/state"), 405, "MethodNotAllowed"),
        (("POST", "/api/v1/analysers", "{"), 400, "MalformedRequest"),
        (("POST", "/api/v1/analysers", b"\xff"), 400, "MalformedRequest"),
        (("POST", "/api/v1/analysers", "[" * 100_000), 400, "MalformedRequest"),
        (("POST", "/api/v1/analysers", " " * (1 << 21)), 413, "BodyTooLarge"),
        (("POST", "/api/v1/analysers", "{}"), 415, "UnsupportedMediaType"),
        (("PATCH", "/api/v1/analysers/default/a", '{"weight":2}'), 415, "UnsupportedMediaType"),
        (("POST", "/api/v1/analysers", "[]"), 422, "InvalidBody"),
        (("POST", "/api/v1/analysers"), 422, "InvalidBody"),
        (("GET", "/api/v1/dead-letters?limit=0"), 422, "BadParameter"),
        (("GET", "/api/v1/generations/x"), 422, "BadParameter"),
        (("GET", "/api/v1/dead-letters/none/1"), 404, "UnknownDistributor"),
    ],
)
async def test_every_refusal_has_one_form(
    client: httpx.AsyncClient, request_: tuple[Any, ...], status: int, reason: str
) -> None:
    method, path, *content = request_
    headers = JSON if status != 415 else {"content-type": "text/plain"}  # what a page of another site may send
    answer = await client.request(method, path, content=content[0] if content else None, headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (status, reason)
    assert answer.json()["error"]
    if reason == "BadParameter":
        assert answer.json()["field"] in {"query.limit", "path.generation"}


@pytest.mark.anyio
async def test_a_fault_of_the_operator_is_told_in_the_same_form(folder: Path) -> None:
    (folder / "a.yaml").write_text(analyser("a"))
    async with operating(folder) as spine:
        app = build_app(spine)

        @app.get("/broken")
        async def broken() -> None:
            raise RuntimeError

        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            answer = await client.get("/broken")
        assert (answer.status_code, answer.json()["reason"]) == (500, "InternalError")


@pytest.mark.anyio
async def test_the_document_is_complete(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    tags = {tag["name"] for tag in document["tags"]}
    assert document["components"]["securitySchemes"]["HTTPBearer"]["scheme"] == "bearer"
    for path, methods in document["paths"].items():
        for method, route in methods.items():
            assert set(route["tags"]) <= tags, (method, path)
            assert route["summary"], (method, path)
            assert route["description"], (method, path)
            if path.startswith("/api/"):
                assert route["security"] == [{"HTTPBearer": []}], (method, path)
                assert {"401", "403"} <= set(route["responses"]), (method, path)
            for status, answer in route["responses"].items():
                if path.startswith("/api/") and status[0] in "45":
                    schema = answer["content"]["application/json"]["schema"]
                    assert schema == {"$ref": "#/components/schemas/Refusal"}, (method, path, status)
    assert "HTTPValidationError" not in json.dumps(document)
    schemas = document["components"]["schemas"]
    assert schemas["NewAnalyser"]["properties"]["spec"]["$ref"] == "#/components/schemas/AnalyserSpec"
    spec = schemas["AnalyserSpec"]
    assert spec["properties"]["weight"]["maximum"] == 1000
