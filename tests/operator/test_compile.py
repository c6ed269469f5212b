"""Objects become entries by rule, and an entry never leaves because something broke."""

import json
from dataclasses import replace

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from logdist_operator import crd
from logdist_operator.commit import HISTORY_BYTES_MAX, Record, change_of, next_record, raised_above
from logdist_operator.compile import Held, build_entry, compile_listing
from logdist_operator.model import AnalyserObject, Fault, Listing
from logdist_operator.wire import digest_of

names = st.text("abcé-0", min_size=1, max_size=4)
specs = st.fixed_dictionaries(
    {"endpoint": st.sampled_from(["http://a:1", "https://b/base/", "http://[::1]:8000"])},
    optional={
        "weight": st.integers(0, 1000),
        "protocol": st.sampled_from(["packets", "packet", "otlp", "ndjson"]),
        "path": st.just("/own"),
        "suspend": st.booleans(),
        "timeoutSeconds": st.integers(1, 60),
        "batch": st.fixed_dictionaries({}, optional={"maxPackets": st.integers(1, 10)}),
    },
)


def build(name: str, spec: dict, origin: str = "a.yaml") -> AnalyserObject:
    return AnalyserObject(f"default/{name}", name, "default", crd.with_defaults(spec), origin=origin, lines={"": 1})


objects = st.builds(build, names, specs, st.sampled_from(["a.yaml", "b.yaml", "c.yaml"]))
broken = objects.map(lambda item: replace(item, faults=(Fault("spec.weight", "is wrong"),)))
listings = st.builds(
    lambda items, incomplete: Listing(tuple(items), incomplete=frozenset(incomplete)),
    st.lists(objects | broken, max_size=8),
    st.sets(st.sampled_from(["a.yaml", "b.yaml"])),
)


@given(listings, st.randoms())
def test_the_order_of_objects_does_not_matter(listing: Listing, random) -> None:
    unique = {(item.uid, item.origin): item for item in listing.objects}
    items = list(unique.values())
    first = compile_listing(replace(listing, objects=tuple(items)), {})
    random.shuffle(items)
    second = compile_listing(replace(listing, objects=tuple(items)), {})
    assert first.entries == second.entries
    assert first.verdicts == second.verdicts
    assert digest_of(first.entries) == digest_of(second.entries)
    assert [entry.uid for entry in first.entries] == sorted(entry.uid for entry in first.entries)


@given(listings, listings)
def test_an_entry_leaves_only_when_its_object_is_known_to_be_gone(earlier: Listing, later: Listing) -> None:
    before = compile_listing(earlier, {}).held
    after = compile_listing(later, before)
    listed = {item.uid for item in later.objects}
    erring = later.incomplete | {problem.file for problem in after.problems if problem.field != "metadata.name"}
    for uid, last in before.items():
        if uid in listed or last.origin in erring:
            assert uid in after.held
        else:
            assert uid in after.removed
    assert after.removed.isdisjoint(after.held)


@given(objects)
def test_an_object_that_becomes_invalid_keeps_its_entry_untouched(item: AnalyserObject) -> None:
    before = {item.uid: Held(build_entry(item), item.origin)}
    for fault in (
        replace(item, faults=(Fault("spec", "no"),)),
        replace(item, spec={**item.spec, "endpoint": "ftp://x"}),
    ):
        compiled = compile_listing(Listing((fault,)), before)
        assert compiled.held == before
        [verdict] = compiled.verdicts
        assert (verdict.is_accepted, verdict.is_held) == (False, True)


@given(objects)
def test_what_goes_over_the_wire_is_whole_numbers_and_text(item: AnalyserObject) -> None:
    def check(value: object) -> None:
        assert not isinstance(value, float)
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ():
            check(inner)

    import msgspec

    entry = build_entry(item)
    check(msgspec.to_builtins(entry))
    assert entry.batch.max_packets == 1 or entry.protocol != "packet"
    assert not entry.endpoints[0].endswith("/")


def test_a_copy_beside_the_original_does_not_take_over() -> None:
    original = build("a", {"endpoint": "http://a", "weight": 1}, "errors.yaml")
    copy = build("a", {"endpoint": "http://a", "weight": 9}, "errors-old.yaml")
    before = compile_listing(Listing((original,)), {}).held
    both = compile_listing(Listing((copy, original)), before)
    assert both.entries[0].weight == 1
    [problem] = both.problems
    assert (problem.file, problem.field) == ("errors-old.yaml", "metadata.name")
    assert "errors.yaml" in problem.message
    alone = compile_listing(Listing((copy,)), both.held)
    assert alone.entries[0].weight == 9


def test_an_object_that_moves_and_breaks_is_held_for_the_file_it_is_in_now() -> None:
    item = build("a", {"endpoint": "http://a"}, "old.yaml")
    before = compile_listing(Listing((item,)), {}).held
    moved = compile_listing(Listing((replace(item, origin="new.yaml", faults=(Fault("spec", "no"),)),)), before)
    unread = compile_listing(Listing((), incomplete=frozenset({"new.yaml"})), moved.held)
    assert unread.entries == (before["default/a"].entry,)


def test_a_service_reference_without_kubernetes_says_so() -> None:
    item = build("a", {"serviceRef": {"name": "a", "port": 80}})
    [verdict] = compile_listing(Listing((item,)), {}).verdicts
    assert verdict.reason == "ServiceRefNeedsKubernetes"
    resolved = replace(item, addresses=("http://10.0.0.2:80", "http://10.0.0.1:80"))
    [entry] = compile_listing(Listing((resolved,)), {}).entries
    assert entry.endpoints == ("http://10.0.0.1:80", "http://10.0.0.2:80")


@given(st.lists(listings, max_size=6), st.booleans())
def test_generations_grow_by_one_exactly_when_the_digest_changes(steps: list[Listing], is_settled: bool) -> None:
    record = Record()
    for listing in steps:
        compiled = compile_listing(listing, record.held)
        after = next_record(record, compiled, is_settled=is_settled, now_ms=0)
        assert (after.generation == record.generation) == (after.digest == record.digest)
        assert after.generation - record.generation in {0, 1}
        assert after.digest == digest_of(after.entries)
        assert after.held == compiled.held
        assert set(after.changed) == {entry.uid for entry in after.entries}
        assert all(1 <= changed <= after.generation for changed in after.changed.values())
        told = after.history[-1:] if after.generation != record.generation else ()
        assert [(change.generation, change.analysers) for change in told] == [
            (after.generation, len(after.entries))
        ] * len(told)
        assert after.history == (*record.history, *told)
        again = next_record(after, compile_listing(listing, after.held), is_settled=is_settled, now_ms=0)
        assert again == after
        record = after


@given(listings, listings)
def test_the_history_tells_exactly_what_differs(first: Listing, second: Listing) -> None:
    before, after = (compile_listing(listing, {}).entries for listing in (first, second))
    old, new = ({entry.uid: entry for entry in entries} for entries in (before, after))
    change = change_of(7, 0, before, after)
    told = {difference.uid: difference for difference in change.differences}
    assert set(told) == {uid for uid in {**old, **new} if old.get(uid) != new.get(uid)}
    assert change.added + change.changed + change.removed == len(told)
    for uid, difference in told.items():
        if uid in old and uid in new:
            as_told, as_is = (json.loads(msgspec.json.encode(entries[uid])) for entries in (old, new))
            assert {**as_told, **difference.after} == as_is
            assert difference.before.keys() == difference.after.keys()
        else:
            assert bool(difference.before) == (uid in old)


def test_the_history_stays_small_however_much_changes() -> None:
    record = Record()
    for round_ in range(60):
        objects = tuple(build(f"{round_}-{number}", {"endpoint": "http://" + "h" * 200}) for number in range(30))
        record = next_record(record, compile_listing(Listing(objects), record.held), is_settled=True, now_ms=0)
        assert record.history[-1].generation == record.generation
    assert len(record.history) > 1
    assert len(msgspec.json.encode(record.history)) <= HISTORY_BYTES_MAX


@given(listings, listings)
def test_the_brake_is_lifted_by_removals_until_all_have_taken_them(first: Listing, second: Listing) -> None:
    record = next_record(Record(), compile_listing(first, {}), is_settled=False, now_ms=0)
    assert not record.allow_shrink
    compiled = compile_listing(second, record.held)
    after = next_record(record, compiled, is_settled=True, now_ms=0)
    if after.generation != record.generation:
        assert after.allow_shrink == bool(compiled.removed)
        changed = compile_listing(Listing((build("new", {"endpoint": "http://n"}),)), {}).held
        third = replace(compiled, held={**after.held, **changed}, removed=frozenset())
        assert next_record(after, third, is_settled=False, now_ms=0).allow_shrink == after.allow_shrink
        assert not next_record(after, third, is_settled=True, now_ms=0).allow_shrink


@given(listings, st.integers(0, 100))
def test_a_lost_count_is_made_up_above_what_was_found(listing: Listing, found: int) -> None:
    record = next_record(Record(), compile_listing(listing, {}), is_settled=False, now_ms=0)
    raised = raised_above(record, found)
    assert raised.generation > found
    assert raised.generation >= record.generation
    assert (raised.digest, raised.entries) == (record.digest, record.entries)
