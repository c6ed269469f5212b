"""The CRD is the one place of the rules: what it says in schema and in CEL is what a folder of files is held to."""

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from logdist_operator import crd
from logdist_operator.compile import WRITTEN_HEADERS, compile_listing
from logdist_operator.credentials import secret_names
from logdist_operator.model import AnalyserObject, Listing, Problem
from logdist_operator.sources.yamlfile import parse

MANIFESTS = Path(__file__).parents[2] / "manifests"
SAMPLES = MANIFESTS / "samples"
OBJECT = "apiVersion: logdist.io/v1alpha1\nkind: Analyser\nmetadata: {name: a}\nspec: "


def problems_of(spec: str) -> list[Problem]:
    parsed = parse("a.yaml", (OBJECT + spec).encode())
    return [*parsed.problems, *compile_listing(Listing(tuple(parsed.objects)), {}).problems]


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://a",
        "https://errors.logs.svc:8000",
        "http://127.0.0.1:65535/base",
        "http://[::1]:8000/",
    ],
)
def test_good_endpoints_are_accepted(endpoint: str) -> None:
    assert problems_of(f'{{endpoint: "{endpoint}"}}') == []


@pytest.mark.parametrize(
    ("endpoint", "message"),
    [
        ("ftp://a", "must start with http:// or https://"),
        ("HTTP://a", "must start with http:// or https://"),
        ("a:8000", "must start with http:// or https://"),
        ("http://", "must be a URL with a host"),
        ("http:///path", "must be a URL with a host"),
        ("http://:80", "must be a URL with a host"),
        ("http://[::1", "must be a URL with a host"),
        ("http://user@a", "must not contain @, hence no user name or password"),
        ("http://user:secret@a", "must not contain @, hence no user name or password"),
        ("http://a/at@path", "must not contain @, hence no user name or password"),
        ("http://a/?q=1", "must not carry a query"),
        ("http://a/#part", "must not carry a query"),
        ("http://a:0", "must have a port from 1 to 65535"),
        ("http://a:65536", "must have a port from 1 to 65535"),
        ("http://a:b", "must be a URL with a host"),
        ("http://a:99999999999999999999", "must have a port from 1 to 65535"),
        ("http://::1", "must be a URL with a host"),
        ("http://[1.2.3.4]", "must be a URL with a host"),
        ("http://[::1]x", "must be a URL with a host"),
        ("http://a!b", "must be a URL with a host"),
        ("http://a%20b", "must be a URL with a host"),
        ("http://a/%zz", "must be a URL with a host"),
        ("http://a b", "does not match"),
        ("http://a\\r\\nX-Evil: 1", "does not match"),
        ("http://a\\n", "does not match"),
        ("", "should be non-empty"),
    ],
)
def test_bad_endpoints_are_refused_with_field_and_line(endpoint: str, message: str) -> None:
    problems = problems_of(f'\n  endpoint: "{endpoint}"\n')
    assert any(message in problem.message for problem in problems)
    assert {(problem.field, problem.line) for problem in problems} == {("spec.endpoint", 5)}


@pytest.mark.parametrize(
    ("spec", "field", "message"),
    [
        ("{}", "spec", "exactly one of endpoint and serviceRef"),
        ("{endpoint: http://a, serviceRef: {name: a, port: 1}}", "spec", "exactly one of endpoint and serviceRef"),
        ("{endpoint: http://a, weight: 1001}", "spec.weight", "maximum"),
        ("{endpoint: http://a, weight: -1}", "spec.weight", "minimum"),
        ("{endpoint: http://a, weight: 1.5}", "spec.weight", "integer"),
        ("{endpoint: http://a, weight: true}", "spec.weight", "integer"),
        ("{endpoint: http://a, weight: '1'}", "spec.weight", "integer"),
        ("{endpoint: http://a, weigth: 1}", "spec.weigth", "unknown field"),
        ("{endpoint: http://a, batch: {max: 1}}", "spec.batch.max", "unknown field"),
        ("{endpoint: http://a, batch: {maxPackets: 0}}", "spec.batch.maxPackets", "minimum"),
        ("{endpoint: http://a, protocol: grpc}", "spec.protocol", "not one of"),
        ("{endpoint: http://a, compression: zstd}", "spec.compression", "not one of"),
        ("{endpoint: http://a, compression: gzip}", "spec", "compression needs protocol otlp or ndjson"),
        ("{endpoint: http://a, path: analyse}", "spec.path", "does not match"),
        ('{endpoint: http://a, path: "/x\\n"}', "spec.path", "does not match"),
        ("{endpoint: http://a, suspend: 'no'}", "spec.suspend", "boolean"),
        ("{endpoint: http://a, timeoutSeconds: 61}", "spec.timeoutSeconds", "maximum"),
        ("{endpoint: http://a, maxInFlight: 65}", "spec.maxInFlight", "maximum"),
        ("{endpoint: http://a, healthCheck: {path: x}}", "spec.healthCheck.path", "does not match"),
        ("{serviceRef: {name: a}}", "spec.serviceRef", "'port' is a required"),
        ("{endpoint: http://a, tls: {}}", "spec", "tls needs an https endpoint"),
        ("{endpoint: http://a, headers: [{name: host, value: b}]}", "spec.headers.0.name", "itself writes"),
        ("{endpoint: http://a, headers: [{name: a, value: b, c: d}]}", "spec.headers.0.c", "unknown field"),
        ('{endpoint: http://a, headers: [{name: a, value: "b\\r\\nc: d"}]}', "spec.headers.0.value", "does not match"),
        ("{endpoint: http://a, headersFrom: [{name: a}]}", "spec.headersFrom.0", "'secretKeyRef' is a required"),
        ("[]", "spec", "not of type 'object'"),
        ("", "spec", "is missing"),
    ],
)
def test_every_other_rule_names_its_field(spec: str, field: str, message: str) -> None:
    problems = problems_of(spec)
    assert [(problem.field, problem.line) for problem in problems] == [(field, 4)]
    assert message in problems[0].message


def test_defaults_come_from_the_schema_and_null_means_absent() -> None:
    spec = crd.with_defaults({"endpoint": "http://a", "weight": None, "batch": {"maxPackets": 5.0}})
    assert spec == {
        "endpoint": "http://a",
        "weight": 1,
        "protocol": "packets",
        "compression": "none",
        "suspend": False,
        "timeoutSeconds": 5,
        "maxInFlight": 2,
        "batch": {"maxPackets": 5, "maxBytes": 1048576},
        "healthCheck": {
            "path": "/heartbeat",
            "intervalSeconds": 2,
            "unhealthyThreshold": 3,
            "healthyThreshold": 2,
            "slowStartSeconds": 10,
        },
    }
    assert type(spec["batch"]["maxPackets"]) is int
    assert crd.with_defaults(spec) == spec


def test_what_kubectl_installs_is_what_the_operator_reads() -> None:
    same = "cp operator/logdist_operator/crd.yaml manifests/crd.yaml"
    assert (MANIFESTS / "crd.yaml").read_text(encoding="utf-8") == crd.crd_text(), same


def test_every_cel_rule_is_said_again_by_the_compiler_in_the_same_words() -> None:
    messages = re.findall(r"^ +message: (.+)$", crd.crd_text(), re.MULTILINE)
    said = set()
    for endpoint in ("x", "http://", "http://u@a", "http://a?", "http://a:0"):
        item = AnalyserObject("default/a", "a", "default", crd.with_defaults({"endpoint": endpoint}))
        said |= {problem.message for problem in compile_listing(Listing((item,)), {}).problems}
    written = "{endpoint: http://a, headers: [{name: Host, value: b}]}"
    for spec in ("{}", "{endpoint: http://a, compression: gzip}", "{endpoint: http://a, tls: {}}", written):
        said |= {problem.message for problem in problems_of(spec)}
    assert said == set(messages)
    reserved = crd.spec_schema()["properties"]["headers"]["items"]["properties"]["name"]["x-kubernetes-validations"]
    assert set(re.findall("'([a-z-]+)'", reserved[0]["rule"])) == WRITTEN_HEADERS
    assert len(messages) == crd.crd_text().count("- rule:")


def test_the_schema_is_structural_bounded_and_described() -> None:
    """What the API server demands of a schema that CEL runs over, and what `kubectl explain` shows."""

    def walk(schema: dict[str, Any], path: str) -> None:
        assert "type" in schema, path
        assert not {"$ref", "oneOf", "anyOf", "allOf", "not", "additionalProperties"} & set(schema), path
        if schema["type"] == "array":
            assert "maxItems" in schema, path
            walk(schema["items"], f"{path}[]")
        if schema["type"] == "string" and "enum" not in schema:
            assert "maxLength" in schema, path
        if schema["type"] == "integer":
            assert {"minimum", "maximum"} <= set(schema), path
        if schema["type"] == "number":
            raise AssertionError(f"{path}: no floats")
        for name, inner in schema.get("properties", {}).items():
            assert "description" in inner, f"{path}.{name}"
            walk(inner, f"{path}.{name}")

    walk(crd.spec_schema(), "spec")


def test_the_definition_carries_what_kubectl_shows() -> None:
    definition = YAML(typ="safe", pure=True).load(crd.crd_text())
    assert definition["metadata"]["name"] == "analysers.logdist.io"
    assert definition["spec"]["names"]["shortNames"] == ["anl"]
    [version] = definition["spec"]["versions"]
    assert version["subresources"] == {"status": {}}
    columns = {column["name"]: column.get("priority", 0) for column in version["additionalPrinterColumns"]}
    first = {"Weight": 0, "Share": 0, "Got": 0, "Healthy": 0, "Ready": 0, "Age": 0}
    assert columns == {**first, "Endpoints": 1, "Reason": 1}


def test_the_samples_are_valid_and_weigh_one_two_and_three() -> None:
    weights, ports = [], []
    for path in SAMPLES.glob("*.yaml"):
        parsed = parse(path.name, path.read_bytes())
        assert parsed.problems == []
        [entry] = compile_listing(Listing(tuple(parsed.objects)), {}).entries
        weights.append(entry.weight)
        ports.append(entry.endpoints[0].rpartition(":")[2])
    assert sorted(zip(weights, ports, strict=True)) == [(1, "8001"), (2, "8002"), (3, "8003")]


def test_the_example_of_the_documents_is_valid() -> None:
    page = (MANIFESTS.parent / "docs" / "operations.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```yaml\n(apiVersion: logdist.*?)```", page, re.DOTALL)
    parsed = parse("a.yaml", example.encode())
    assert [problem.message for problem in parsed.problems if not problem.is_note] == []
    [item] = parsed.objects
    assert secret_names(item.spec) == {"errors-token", "errors-ca", "distributor-client"}
