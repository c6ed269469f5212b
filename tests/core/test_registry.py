"""Which snapshots a distributor takes."""

import json
from typing import Any

import pytest
from harness import engine, entry, registry
from hypothesis import given
from hypothesis import strategies as st

from logdist_distributor.core.registry import decode_snapshot, digest_of
from logdist_distributor.errors import RegistryRefused, StaleGeneration

ENTRY = {"uid": "d/a", "name": "a", "namespace": "d", "endpoints": ["http://h:1"], "weight": 1}


def snapshot(*entries: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"generation": 1, "digest": digest_of(list(entries)), "analysers": list(entries)} | more).encode()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"weight": 1001}, "weight"),
        ({"weight": 1.5}, "weight"),
        ({"endpoints": ["ftp://h"]}, "endpoints"),
        ({"endpoints": ["http://user@h"]}, "endpoints"),
        ({"endpoints": ["http://h", "http://h"]}, "an endpoint occurs twice"),
        ({"protocol": "smoke signals"}, "protocol"),
        ({"colour": "red"}, "colour"),
        ({"maxInFlight": 0}, "maxInFlight"),
    ],
)
def test_a_bad_entry_refuses_the_whole_snapshot_and_says_why(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(RegistryRefused, match=reason):
        decode_snapshot(snapshot(ENTRY | change))


def test_a_wrong_digest_or_a_uid_twice_is_refused() -> None:
    with pytest.raises(RegistryRefused, match="digest"):
        decode_snapshot(snapshot(ENTRY, digest="0"))
    with pytest.raises(RegistryRefused, match="occurs twice"):
        decode_snapshot(snapshot(ENTRY, ENTRY))


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_decoder(data: bytes) -> None:
    with pytest.raises(RegistryRefused):
        decode_snapshot(data)


def test_an_older_generation_changes_nothing() -> None:
    core = engine()
    core.apply(registry(5, entry("a")), 0)
    with pytest.raises(StaleGeneration):
        core.apply(registry(4, entry("b")), 0)
    assert [*core.fleet.analysers] == ["a"]


def test_the_same_snapshot_again_is_welcome() -> None:
    core = engine()
    for _ in range(2):
        core.apply(registry(5, entry("a")), 0)


@given(st.integers(1, 12), st.integers(0, 12))
def test_more_than_half_of_four_or_more_go_only_when_allowed(before: int, kept: int) -> None:
    kept = min(kept, before)
    core = engine()
    core.apply(registry(1, *(entry(str(n)) for n in range(before))), 0)
    smaller = [entry(str(n)) for n in range(kept)]
    if before >= 4 and (before - kept) * 2 > before:
        with pytest.raises(RegistryRefused, match="allowShrink"):
            core.apply(registry(2, *smaller), 0)
        core.apply(registry(2, *smaller, allow_shrink=True), 0)
    else:
        core.apply(registry(2, *smaller), 0)
    assert len(core.fleet.analysers) == kept
