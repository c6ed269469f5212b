"""Requests made up from both OpenAPI documents get answers that they name, and never a 500. With the real process."""

from typing import Any
from unittest.mock import MagicMock

import schemathesis
from hypothesis import HealthCheck, settings
from protocols_site import ProtocolSite
from schemathesis.specs.openapi.checks import status_code_conformance

from logdist_distributor.control.app import build_control_app
from logdist_distributor.ingest.app import build_app


@schemathesis.serializer("application/x-ndjson", "application/x-protobuf")
def as_it_is(_: Any, value: Any) -> bytes:
    """Bodies that are no JSON documents: whatever was made up, in bytes."""
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


senders = schemathesis.openapi.from_dict(build_app(MagicMock()).openapi())
control = schemathesis.openapi.from_dict(build_control_app(MagicMock()).openapi())


@senders.parametrize()
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_senders_get_answers_that_are_documented(case: Any, served: ProtocolSite) -> None:
    case.call_and_validate(base_url=str(served.http.base_url), checks=[status_code_conformance])


@control.parametrize()
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_control_port_never_fails(case: Any, served: ProtocolSite) -> None:
    assert case.call(base_url=served.distributors[0].control).status_code != 500
