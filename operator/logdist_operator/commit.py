"""What is published under which number: the committed record, and the rules by which one follows another. Pure.

    the generation grows by one exactly when the digest changes, so a restart on unchanged objects keeps it
    the entries stay with it, so that the last good entry of a broken object outlives the operator
    `allow_shrink` is set by a deliberate removal, and stays until every distributor has taken it

fences/ makes a record durable before any distributor sees it.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from logdist_operator.compile import Compiled, Held
from logdist_operator.wire import Entry, Snapshot, digest_of

HISTORY_MAX: Final = 32  # generations told of, fewer where they would not fit:
HISTORY_BYTES_MAX: Final = 64 * 1024  # as JSON; the whole record must fit into a ConfigMap
NAMING: Final = frozenset({"uid", "name", "namespace"})  # fields of an entry that say which analyser it is
DETAILS_MAX: Final = 20  # analysers told of in one generation


class Difference(msgspec.Struct, frozen=True, rename="camel"):
    """What became of one analyser. `before` and `after` hold the fields that differ; empty: it was not there."""

    uid: str
    name: str
    namespace: str
    before: Mapping[str, Any] = {}
    after: Mapping[str, Any] = {}


class Change(msgspec.Struct, frozen=True, rename="camel"):
    """One generation, told by what differs from the one before. Counts are complete, `differences` the first few."""

    generation: int
    at_ms: int  # since the epoch
    analysers: int  # in the registry from then on
    added: int
    changed: int
    removed: int
    differences: tuple[Difference, ...] = ()


class Record(msgspec.Struct, frozen=True, rename="camel"):
    """What is committed. Generation 0 is the state before the first commit; it is never published."""

    generation: int = 0
    digest: str = ""
    allow_shrink: bool = False
    entries: tuple[Entry, ...] = ()
    origins: Mapping[str, str] = {}  # uid -> file its object came from
    changed: Mapping[str, int] = {}  # uid -> generation in which its entry last changed
    history: tuple[Change, ...] = ()  # newest last

    @property
    def held(self) -> dict[str, Held]:
        return {entry.uid: Held(entry, self.origins.get(entry.uid, "")) for entry in self.entries}

    @property
    def snapshot(self) -> Snapshot:
        return Snapshot(self.generation, self.digest, self.allow_shrink, self.entries)


def next_record(record: Record, compiled: Compiled, *, is_settled: bool, now_ms: int) -> Record:
    """Return what to commit after `record`; equal to it when nothing changed.

    `is_settled`: every distributor holds `record`, so an allowance to shrink that it carried has been used up.
    """
    entries = compiled.entries
    origins = {uid: held.origin for uid, held in compiled.held.items()}
    digest = digest_of(entries)
    if digest == record.digest:
        return msgspec.structs.replace(record, origins=origins)
    generation = record.generation + 1
    before = {entry.uid: entry for entry in record.entries}
    changed = {
        entry.uid: record.changed.get(entry.uid, generation) if before.get(entry.uid) == entry else generation
        for entry in entries
    }
    allow_shrink = bool(compiled.removed) or (record.allow_shrink and not is_settled)
    history = _bounded((*record.history, change_of(generation, now_ms, record.entries, entries)))
    return Record(generation, digest, allow_shrink, entries, origins, changed, history)


def raised_above(record: Record, generation: int) -> Record:
    """Return `record` under a generation above the one a distributor holds: this operator had lost its own count.

    Whatever distributors hold under earlier numbers is not ours, so every entry counts as changed now.
    """
    fresh = max(record.generation, generation + 1)
    changed = {entry.uid: fresh for entry in record.entries}
    return msgspec.structs.replace(record, generation=fresh, changed=changed)


def change_of(generation: int, at_ms: int, before: tuple[Entry, ...], after: tuple[Entry, ...]) -> Change:
    """Tell what differs between the entries of two generations."""
    old, new = ({entry.uid: entry for entry in entries} for entries in (before, after))
    both = {**old, **new}
    uids = sorted(uid for uid in both if old.get(uid) != new.get(uid))
    return Change(
        generation=generation,
        at_ms=at_ms,
        analysers=len(new),
        added=sum(uid not in old for uid in uids),
        changed=sum(uid in old and uid in new for uid in uids),
        removed=sum(uid not in new for uid in uids),
        differences=tuple(_difference(both[uid], old.get(uid), new.get(uid)) for uid in uids[:DETAILS_MAX]),
    )


def _bounded(history: tuple[Change, ...]) -> tuple[Change, ...]:
    """Return the newest that fit."""
    history = history[-HISTORY_MAX:]
    while len(history) > 1 and len(msgspec.json.encode(history)) > HISTORY_BYTES_MAX:
        history = history[1:]
    return history


def _difference(entry: Entry, before: Entry | None, after: Entry | None) -> Difference:
    old, new = (dict(_fields(item)) for item in (before, after))
    same = {key for key in old.keys() & new.keys() if old[key] == new[key]}
    old, new = ({key: value for key, value in fields.items() if key not in same} for fields in (old, new))
    return Difference(entry.uid, entry.name, entry.namespace, old, new)


def _fields(entry: Entry | None) -> Iterator[tuple[str, Any]]:
    """Give the fields as JSON has them, without those that name the analyser."""
    plain = msgspec.json.decode(msgspec.json.encode(entry)) if entry else {}
    return ((key, value) for key, value in plain.items() if key not in NAMING)
