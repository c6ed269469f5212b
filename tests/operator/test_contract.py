"""The operator speaks and understands exactly the bytes that the distributor is held to as well."""

import json
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from operator_harness import analyser

from logdist_distributor.core.registry import decode_snapshot
from logdist_operator import crd
from logdist_operator.commit import Record, next_record
from logdist_operator.compile import compile_listing
from logdist_operator.credentials import secret_names
from logdist_operator.model import AnalyserObject, Listing, Secret
from logdist_operator.sources.yamlfile import parse
from logdist_operator.wire import Delivery, Entry, Push, RegistryAnswer, Snapshot, StatusReport, digest_of

GOLDEN = Path(__file__).parents[1] / "contract" / "golden"
PEM = b"-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n"


class AnyKey(dict[str, bytes]):
    """A Secret with whatever is asked of it."""

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: str) -> bytes:
        return PEM if key in {"ca.crt", "tls.crt", "tls.key"} else b"secret"


SECRET = Secret("1", AnyKey())


def _values(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return values that the schema allows, its bounds among them."""
    if schema["type"] == "integer":
        low, high = schema["minimum"], schema["maximum"]
        return st.sampled_from([low, high]) | st.integers(low, high)
    if schema["type"] == "object":
        values = {name: _values(rule) for name, rule in schema["properties"].items()}
        required = {name: values.pop(name) for name in schema.get("required", ())}
        return st.fixed_dictionaries(required, optional=values)
    if schema["type"] == "array":
        return st.lists(_values(schema["items"]), max_size=2)
    if schema["type"] == "boolean":
        return st.booleans()
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    return st.from_regex(schema["pattern"], fullmatch=True)


def _specs() -> st.SearchStrategy[dict[str, Any]]:
    host = r"https?://([a-z0-9.-]{1,20}|\[::1\])(:[1-9][0-9]{1,4})?"
    hosts = st.from_regex(host, fullmatch=True) | st.from_regex(host + "[!-~]{0,20}", fullmatch=True)
    rules = {name: _values(rule) for name, rule in crd.spec_schema()["properties"].items()}
    del rules["serviceRef"], rules["endpoint"]
    return st.fixed_dictionaries({"endpoint": hosts}, optional=rules)


@settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(st.lists(_specs(), min_size=1, max_size=3))
def test_whatever_the_operator_accepts_the_distributor_takes(specs: list[dict[str, Any]]) -> None:
    """One entry that the distributors refuse would keep every later change from all of them."""
    filled = [crd.with_defaults(spec) for spec in specs]
    objects = [
        AnalyserObject(f"default/{number}", str(number), "default", spec, crd.faults_of(spec))
        for number, spec in enumerate(filled)
    ]
    secrets = {("default", name): SECRET for item in objects if not item.faults for name in secret_names(item.spec)}
    compiled = compile_listing(Listing(tuple(objects), secrets=secrets), {})
    record = next_record(Record(), compiled, is_settled=True, now_ms=0)
    credentials = {uid: held.credentials for uid, held in compiled.held.items() if held.credentials}
    push = Push(record.generation, record.digest, record.allow_shrink, record.entries, credentials)
    taken = decode_snapshot(msgspec.json.encode(push))
    assert taken.credentials.keys() == {entry.uid for entry in taken.analysers if entry.credentials}
    assert taken.digest == record.digest
    assert len(taken.analysers) == len(record.entries)


def golden(name: str) -> Any:
    return json.loads((GOLDEN / name).read_text(encoding="utf-8"))


def test_the_golden_registry_is_what_the_compiler_makes_of_these_objects() -> None:
    """`traffic` has two endpoints there, as a Service has; with files an analyser has one."""
    text = "---\n".join(
        (
            analyser("legacy", endpoint="http://127.0.0.1:8003", weight=2, protocol="packet"),
            analyser("traffic", endpoint="http://127.0.0.1:8002", weight=3, suspend="true"),
            analyser("errors", endpoint="http://127.0.0.1:8001/"),
        )
    )
    listing = Listing(tuple(parse("a.yaml", text.encode()).objects))
    record = next_record(Record(generation=6), compile_listing(listing, {}), is_settled=True, now_ms=0)
    made = json.loads(msgspec.json.encode(record.snapshot))
    expected = golden("registry.json")
    expected["analysers"][2]["endpoints"] = ["http://127.0.0.1:8002"]
    expected["digest"] = made["digest"]
    assert made == expected
    assert json.dumps(made) == json.dumps(expected)  # the order of fields, too


def test_the_golden_digest_is_the_digest() -> None:
    registry = golden("registry.json")
    assert digest_of(msgspec.convert(registry["analysers"], tuple[Entry, ...])) == registry["digest"]
    snapshot = msgspec.convert(registry, Snapshot)
    assert json.loads(msgspec.json.encode(snapshot)) == registry


def test_the_answers_to_a_push_are_understood() -> None:
    ack = msgspec.convert(golden("registry_ack.json"), RegistryAnswer)
    assert (ack.generation, ack.instance_id) == (7, "6f1d2c8e9b3a4f50")
    assert msgspec.convert(golden("registry_conflict.json"), RegistryAnswer).generation == 9
    refused = msgspec.convert(golden("registry_refused.json"), RegistryAnswer)
    assert refused.reasons == ("drops 5 of 6 analysers without allowShrink",)


def test_the_status_report_is_understood() -> None:
    report = msgspec.convert(golden("status.json"), StatusReport)
    assert report.ready
    ledger, [mine] = report.ledger, report.analysers
    assert ledger.accepted + ledger.restored == ledger.delivered + ledger.queued + ledger.in_flight + ledger.dead
    assert (mine.uid, mine.standing, mine.share.got, mine.in_flight, mine.waiting) == (
        "default/errors",
        "admitted",
        16.64,
        8,
        3,
    )
    assert mine.endpoints[0].last_error == "500 from /v1/packets"
    assert (ledger.messages, mine.endpoints[0].failures) == (4000, 1)
    assert mine.delivery == Delivery(requests=20, p50_seconds=0.0021, p99_seconds=0.024)
