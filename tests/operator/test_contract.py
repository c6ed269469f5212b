"""The operator speaks and understands exactly the bytes that the distributor is held to as well."""

import json
from pathlib import Path
from typing import Any

import msgspec
from logdist_operator.commit import Record, next_record
from logdist_operator.compile import compile_listing
from logdist_operator.model import Listing
from logdist_operator.sources.yamlfile import parse
from logdist_operator.wire import Entry, RegistryAnswer, Snapshot, StatusReport, digest_of
from operator_harness import analyser

GOLDEN = Path(__file__).parents[1] / "contract" / "golden"


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
    record = next_record(Record(generation=6), compile_listing(listing, {}), is_settled=True)
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
