"""The Analyser's rules, read from crd.yaml: the schema a source validates against, and the defaults it fills in.

The API server and this module read the same file. Where the server's rules differ from JSON Schema's, this follows the
server: null means absent, 1.0 is 1, unknown fields are errors (as `kubectl apply` has it), patterns end where the text
ends.
"""

import re
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from importlib.resources import files
from typing import Any, Final, cast

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from ruamel.yaml import YAML

from logdist_operator.model import Fault

GROUP: Final = "logdist.io"
VERSION: Final = "v1alpha1"
KIND: Final = "Analyser"
API_VERSION: Final = f"{GROUP}/{VERSION}"


def api_path(namespace: str = "", name: str = "", subresource: str = "") -> str:
    """Return where the API server has the analysers of all namespaces, of one, or one of them."""
    scope = f"/namespaces/{namespace}" if namespace else ""
    rest = "".join(f"/{part}" for part in (name, subresource) if part)
    return f"/apis/{API_VERSION}{scope}/analysers{rest}"


def crd_text() -> str:
    """Return the CustomResourceDefinition as `kubectl apply` takes it."""
    return files(__package__).joinpath("crd.yaml").read_text(encoding="utf-8")


@cache
def spec_schema() -> dict[str, Any]:
    """Return the schema of an Analyser's `spec`."""
    crd = YAML(typ="safe", pure=True).load(crd_text())
    spec: dict[str, Any] = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    return spec


def with_defaults(spec: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of `spec` as the API server would store it: nulls dropped, 1.0 made 1, defaults filled in."""
    filled: dict[str, Any] = _fill(deepcopy(spec), spec_schema())
    return filled


def faults_of(spec: Any) -> tuple[Fault, ...]:
    """Say what is wrong with `spec` (defaults filled in) by the schema. CEL rules are compile.py's."""
    errors = sorted(_validator().iter_errors(spec), key=lambda error: [str(part) for part in error.absolute_path])
    return tuple(fault for error in errors for fault in _faults(error))


def _fill(value: Any, schema: dict[str, Any]) -> Any:
    if isinstance(value, float) and value.is_integer() and schema.get("type") == "integer":
        return int(value)
    if isinstance(value, list) and "items" in schema:
        return [_fill(item, schema["items"]) for item in value]
    if not isinstance(value, dict):
        return value
    for name, rule in schema.get("properties", {}).items():
        if value.get(name) is None:
            value.pop(name, None)
            if "default" not in rule:
                continue
            value[name] = deepcopy(rule["default"])
        value[name] = _fill(value[name], rule)
    return value


def _faults(error: ValidationError) -> Iterator[Fault]:
    path = ["spec", *map(str, error.absolute_path)]
    if error.validator == "additionalProperties":
        known = error.schema["properties"] if isinstance(error.schema, dict) else {}
        for name in cast("dict[str, Any]", error.instance):
            if name not in known:
                yield Fault(".".join([*path, str(name)]), "unknown field")
    elif error.validator == "pattern":
        yield Fault(".".join(path), f"{error.instance!r} does not match {error.validator_value}")
    else:
        yield Fault(".".join(path), error.message)


@cache
def _validator() -> Validator:
    types = Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)
    build = extend(Draft202012Validator, {"pattern": _pattern}, type_checker=types)  # type: ignore[no-untyped-call]
    return cast("Validator", build(_closed(spec_schema())))


def _pattern(_: Validator, pattern: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    # Python's `$` also matches before a closing newline, the API server's does not: "/x\n" must not become a path.
    if isinstance(instance, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), instance):
        yield ValidationError(f"{instance!r} does not match {pattern}")


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    """Return `schema` with unknown fields forbidden, as strict field validation does at the API server."""
    if "items" in schema:
        return {**schema, "items": _closed(schema["items"])}
    if schema.get("type") != "object":
        return schema
    properties = {name: _closed(rule) for name, rule in schema["properties"].items()}
    return {**schema, "properties": properties, "additionalProperties": False}
