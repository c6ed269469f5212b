"""Keeps the record in a ConfigMap. The API server is the fence: of two operators that commit, the second conflicts.

`registry.json` in it is the snapshot as distributors take it: they mount it, to start from while the operator is away.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from logdist_operator.commit import Change, Record
from logdist_operator.errors import CommitConflict, CommitFailed
from logdist_operator.kube import Json, Kube, KubeError
from logdist_operator.wire import Snapshot

SNAPSHOT: Final = "registry.json"
BOOKS: Final = "operator.json"


class Books(msgspec.Struct, frozen=True, rename="camel"):
    """What the operator keeps beside the snapshot."""

    changed: Mapping[str, int] = {}
    history: tuple[Change, ...] = ()


class ConfigMapFence:
    """One ConfigMap in the operator's own namespace. Made when it is missing."""

    def __init__(self, kube: Kube, name: str) -> None:
        self._kube, self._name = kube, name
        self._all = f"/api/v1/namespaces/{kube.namespace}/configmaps"
        self._found: Json | None = None  # the object as last read or written

    def read(self) -> Record:
        try:
            self._found = self._kube.get(f"{self._all}/{self._name}")
        except KubeError as error:
            if error.status != 404:
                raise CommitFailed(f"cannot read the ConfigMap {self._name}: {error}") from error
            self._found = None
            return Record()
        return self._decode(self._found.get("data") or {})

    def commit(self, record: Record) -> None:
        try:
            if self._found is None:
                self._found = self._kube.create(self._all, self._body({"name": self._name}, {}, record))
            else:
                body = self._body(self._found["metadata"], self._found.get("data") or {}, record)
                self._found = self._kube.replace(f"{self._all}/{self._name}", body)
        except KubeError as error:
            if error.status == 409:
                raise CommitConflict(f"generation {record.generation} was not committed: {error}") from error
            raise CommitFailed(f"cannot write the ConfigMap {self._name}: {error}") from error

    def _decode(self, data: Mapping[str, str]) -> Record:
        if SNAPSHOT not in data:
            return Record()
        try:
            snapshot = msgspec.json.decode(data[SNAPSHOT], type=Snapshot)
            books = msgspec.json.decode(data.get(BOOKS, "{}"), type=Books)
        except msgspec.DecodeError as error:
            message = f"cannot read the ConfigMap {self._name} ({error}); delete it to start afresh"
            raise CommitFailed(message) from error
        return Record(
            generation=snapshot.generation,
            digest=snapshot.digest,
            allow_shrink=snapshot.allow_shrink,
            entries=snapshot.analysers,
            origins={entry.uid: "" for entry in snapshot.analysers},
            changed=books.changed,
            history=books.history,
        )

    def _body(self, metadata: Mapping[str, Any], data: Mapping[str, str], record: Record) -> Json:
        kept = {key: value for key, value in metadata.items() if key != "managedFields"}
        books = Books(record.changed, record.history)
        return {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": kept,  # with its resourceVersion, and whatever labels others put there
            "data": {
                **data,
                SNAPSHOT: msgspec.json.encode(record.snapshot).decode(),
                BOOKS: msgspec.json.encode(books).decode(),
            },
        }
