"""One YAML file -> Analyser objects, each field with its line. Pure; files.py reads the folder.

Takes what `kubectl apply -f` takes: several documents in a file, `kind: List`, objects of other kinds (skipped with a
note). The name and the namespace are checked as the API server checks them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from logdist_operator import crd
from logdist_operator.model import AnalyserObject, Fault, Problem

NAMESPACE_DEFAULT: Final = "default"
NAMESPACE: Final = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\Z")
NAME: Final = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\Z", re.DOTALL)
TOP_FIELDS: Final = frozenset({"apiVersion", "kind", "metadata", "spec", "status"})


@dataclass
class Parsed:
    """What one file holds. Not complete: something in it may be an analyser that could not be identified."""

    objects: list[AnalyserObject] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    is_complete: bool = True

    def blame(self, problem: Problem) -> None:
        self.problems.append(problem)
        self.is_complete = False


def parse(file: str, content: bytes) -> Parsed:
    """Read a file's content. Never raises: what cannot be read is a problem, and the file is not complete."""
    parsed = Parsed()
    try:
        documents = list(YAML(typ="rt", pure=True).load_all(content.decode("utf-8-sig")))
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        said = " ".join(str(error.problem or error.context or "not YAML").split())
        parsed.blame(Problem(f"cannot be read as YAML: {said}", file, line))
        return parsed
    except (YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        said = " ".join(str(error).split())
        parsed.blame(Problem(f"cannot be read as YAML: {said}", file))
        return parsed
    present = [document for document in documents if document is not None]
    if not present:
        # A file caught between truncation and writing looks like this, too.
        parsed.blame(Problem("is empty; to remove its analysers, delete the file", file))
    for document in present:
        _add(parsed, file, document, line=1)
    return parsed


def _add(parsed: Parsed, file: str, document: Any, line: int) -> None:
    if not isinstance(document, CommentedMap):
        parsed.blame(Problem("is not an object", file, line))
        return
    line = document.lc.line + 1
    kind, api_version = document.get("kind"), document.get("apiVersion")
    if kind == "List" or (kind == f"{crd.KIND}List" and api_version == crd.API_VERSION):
        items = document.get("items")
        if not isinstance(items, CommentedSeq):
            parsed.blame(Problem("must be a list", file, _lines(document).get("items", line), "items"))
            return
        for item in items:
            _add(parsed, file, item, line)
    elif kind == crd.KIND and api_version == crd.API_VERSION:
        _add_analyser(parsed, file, document)
    elif kind == crd.KIND or kind is None or api_version is None or str(api_version).startswith(f"{crd.GROUP}/"):
        field_name = "kind" if api_version == crd.API_VERSION else "apiVersion"
        message = f"must be apiVersion: {crd.API_VERSION} and kind: {crd.KIND}"
        parsed.blame(Problem(message, file, _lines(document).get(field_name, line), field_name))
    else:
        parsed.problems.append(Problem(f"ignored: kind {kind} is not {crd.KIND}", file, line, "kind", is_note=True))


def _add_analyser(parsed: Parsed, file: str, document: CommentedMap) -> None:
    lines = _lines(document)
    plain = _plain(document)
    metadata = plain.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    name: Any = metadata.get("name")
    namespace: Any = metadata.get("namespace") or NAMESPACE_DEFAULT
    bad = [*_name_faults("metadata.name", NAME, name), *_name_faults("metadata.namespace", NAMESPACE, namespace)]
    if bad:
        for fault in bad:
            line = lines.get(fault.field, lines.get("metadata", lines[""]))
            parsed.blame(Problem(fault.message, file, line, fault.field))
        return
    raw = plain.get("spec")
    spec = crd.with_defaults(raw) if isinstance(raw, dict) else raw
    unknown = tuple(Fault(str(key), "unknown field") for key in plain if key not in TOP_FIELDS)
    missing = () if raw is not None else (Fault("spec", "is missing"),)
    faults = (*unknown, *(missing or crd.faults_of(spec)))
    item = AnalyserObject(
        uid=f"{namespace}/{name}",
        name=name,
        namespace=namespace,
        spec=spec if isinstance(spec, dict) else {},
        faults=faults,
        origin=file,
        lines=lines,
    )
    parsed.objects.append(item)


def _name_faults(dotted: str, pattern: re.Pattern[str], value: Any) -> Iterator[Fault]:
    if value is None:
        yield Fault(dotted, "is missing")
    elif not isinstance(value, str) or not pattern.match(value):
        yield Fault(dotted, f"{value!r} must be lower-case letters, digits and '-', as Kubernetes has it")


def _lines(document: CommentedMap) -> dict[str, int]:
    """Map every dotted field to its line, counted from 1. The object itself is the empty field."""
    lines = {"": document.lc.line + 1}

    def walk(node: Any, prefix: str) -> None:
        if isinstance(node, CommentedMap):
            for key, value in node.items():
                dotted = f"{prefix}{key}"
                if key in (node.lc.data or {}):  # keys merged in by `<<` have no line of their own
                    lines[dotted] = node.lc.key(key)[0] + 1
                walk(value, f"{dotted}.")
        elif isinstance(node, CommentedSeq):
            for index, value in enumerate(node):
                lines[f"{prefix}{index}"] = node.lc.item(index)[0] + 1
                walk(value, f"{prefix}{index}.")

    walk(document, "")
    return lines


def _plain(node: Any) -> Any:
    """Turn ruamel's own kinds of values into Python's, so that the schema sees the JSON the API server would see."""
    if isinstance(node, dict):
        return {str(key): _plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(value) for value in node]
    for kind in (bool, int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return None if node is None else str(node)
