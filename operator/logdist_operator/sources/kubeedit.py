"""Changes Analyser objects at the API server, by server-side apply: one more manager beside kubectl or Argo."""

from collections.abc import Mapping
from typing import Any, Final

from logdist_operator import crd
from logdist_operator.errors import EditForbidden, EditRefused, EditUnavailable, ObjectExists, ObjectMissing
from logdist_operator.kube import Json, Kube, KubeError

MANAGER: Final = "logdist-api"  # owner of the fields that people change through the API


def create(kube: Kube, namespace: str, name: str, spec: Mapping[str, Any]) -> None:
    """Make the object. Raises ObjectExists or EditRefused.

    Not by an apply, which would take over an object that is there.
    """
    try:
        body = _body({"name": name, "namespace": namespace}, spec)
        kube.create(crd.api_path(namespace), body, fieldManager=MANAGER, fieldValidation="Strict")
    except KubeError as error:
        raise _refusal(error, conflict=ObjectExists) from error


def change(kube: Kube, namespace: str, name: str, fields: Mapping[str, Any]) -> None:
    """Set `fields` and keep what this manager applied before, for what an apply leaves out is given up."""
    item = _get(kube, namespace, name)
    # With the uid, an object deleted in between is not made anew.
    identity = {"name": name, "namespace": namespace, "uid": item["metadata"]["uid"]}
    try:
        kube.apply(crd.api_path(namespace, name), _body(identity, {**_applied(item), **fields}), manager=MANAGER)
    except KubeError as error:
        raise _refusal(error, conflict=ObjectMissing) from error


def delete(kube: Kube, namespace: str, name: str) -> None:
    """Raises ObjectMissing."""
    try:
        kube.delete(crd.api_path(namespace, name))
    except KubeError as error:
        raise _refusal(error) from error


def _get(kube: Kube, namespace: str, name: str) -> Json:
    try:
        return kube.get(crd.api_path(namespace, name))
    except KubeError as error:
        raise _refusal(error) from error


def _body(metadata: Json, spec: Mapping[str, Any]) -> Json:
    return {"apiVersion": crd.API_VERSION, "kind": crd.KIND, "metadata": metadata, "spec": dict(spec)}


def _applied(item: Json) -> Json:
    """Return the part of `spec` that this manager applied before."""
    for entry in item["metadata"].get("managedFields", ()):
        if entry.get("manager") == MANAGER and entry.get("operation") == "Apply":
            owned: Json = _owned(item["spec"], entry.get("fieldsV1", {}).get("f:spec", {}))
            return owned
    return {}


def _owned(value: Any, fields: Json) -> Any:
    """Return what `fields` (the API's FieldsV1: `f:` before each name, nothing below a leaf) names of `value`."""
    names = [key.removeprefix("f:") for key in fields if key.startswith("f:")]
    if not names or not isinstance(value, dict):
        return value if fields.keys() <= {"."} else {}
    return {name: _owned(value[name], fields[f"f:{name}"]) for name in names if name in value}


def _refusal(error: KubeError, *, conflict: type[EditRefused] = EditRefused) -> EditRefused:
    kinds: dict[int, type[EditRefused]] = {403: EditForbidden, 404: ObjectMissing, 409: conflict}
    if error.status in kinds:
        return kinds[error.status](str(error))
    return EditRefused(str(error)) if 400 <= error.status < 500 else EditUnavailable(str(error))
