"""Requests made up from the OpenAPI document get answers that it names, and never a 500. With the real process."""

from collections.abc import Iterator
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


@document.parametrize()
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_only_answers_that_are_documented_are_given(case: Any, url: str) -> None:
    case.call_and_validate(base_url=url, checks=CHECKS)
