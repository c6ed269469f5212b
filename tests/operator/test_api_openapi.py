"""Requests made up from the OpenAPI document get answers that it names, and never a 500. With the real process."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
import schemathesis
from api_harness import program
from hypothesis import HealthCheck, settings
from operator_harness import analyser
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from logdist_operator.api.app import build_app
from logdist_operator.api.openapi import document_text

FILE = Path(__file__).parents[2] / "frontend/openapi.json"
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


# The stream never ends; its tests are in test_api_events.py.
document = schemathesis.openapi.from_dict(build_app(MagicMock()).openapi()).exclude(path="/api/v1/events")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("openapi") / "analysers"
    folder.mkdir()
    (folder / "a.yaml").write_text(analyser("a"))
    with program(folder, "--ingest-url", "http://127.0.0.1:1") as (_, url):
        yield url


def test_the_frontends_copy_of_the_document_is_the_document() -> None:
    assert FILE.read_text() == document_text(), f"{document_text.__module__} writes it anew"


def vague(schema: Any, place: str = "") -> Iterator[str]:
    """Where a schema says no more than that there is an object, a list, or anything."""
    if isinstance(schema, dict):
        says = schema.get("properties") or isinstance(schema.get("additionalProperties"), dict)
        if (schema.get("type") == "object" and not says) or (schema.get("type") == "array" and not schema.get("items")):
            yield place
        for key, inner in schema.items():
            yield from vague(inner, f"{place}/{key}") if inner != {} or key != "schema" else [f"{place}/{key}"]
    elif isinstance(schema, list):
        for number, inner in enumerate(schema):
            yield from vague(inner, f"{place}/{number}")


def test_every_answer_has_a_schema_to_the_last_field() -> None:
    written = build_app(MagicMock()).openapi()
    assert list(vague(written["components"])) == []
    assert list(vague({path: it for path, it in written["paths"].items() if path.startswith("/api/")})) == []


def test_the_stream_says_that_its_data_is_the_state() -> None:
    stream = build_app(MagicMock()).openapi()["paths"]["/api/v1/events"]["get"]["responses"]["200"]["content"]
    data = stream["text/event-stream"]["itemSchema"]["properties"]["data"]
    assert data["contentSchema"] == {"$ref": "#/components/schemas/State"}


@document.parametrize()
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_only_answers_that_are_documented_are_given(case: Any, url: str) -> None:
    case.call_and_validate(base_url=url, checks=CHECKS)
