"""Changes one Analyser in the text of a YAML file, and not a character besides. Pure; fileedit.py reads and writes.

Only the place of the change is cut out or filled in, so comments, order, quotes and line ends stay by themselves.
Every result is parsed again and compared with what it must be; where YAML is too clever for a small cut (an alias, an
anchor that others use), nothing is changed and a person is asked to.
"""

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import DocumentStartEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.tokens import BlockEntryToken

from logdist_operator import crd
from logdist_operator.errors import EditRefused

NAMESPACE_DEFAULT: Final = "default"
Place = tuple[str | int, ...]  # number of the document, then "items" and an index for every list around the object


@dataclass(frozen=True)
class Text:
    """A file's text, and the documents it stands for."""

    text: str
    documents: tuple[Any, ...]

    @property
    def is_empty(self) -> bool:
        return all(document is None for document in self.documents)

    def places(self, namespace: str, name: str) -> list[Place]:
        """Return where the object stands: nowhere, once, or by mistake more often."""
        found = (pair for n, document in enumerate(self.documents) for pair in _places(document, (n,)))
        return [place for place, metadata in found if _key(metadata) == (namespace, name)]

    def line_of(self, place: Place) -> int:
        return int(self._node(place).start_mark.line) + 1

    def changed(self, place: Place, fields: Mapping[str, Any]) -> "Text":
        """Return the text with these fields in the object's `spec`. Raises EditRefused."""
        result = self
        for key, value in fields.items():
            result = result._with_field(place, key, value)
        return result

    def without(self, place: Place) -> "Text":
        """Return the text without the object, and without lists that held nothing else. Raises EditRefused.

        Comments inside of it and directly above it go, too.
        """
        while len(place) > 1 and len(self._data(place[:-1])) == 1:
            place = place[:-2]
        expected = list(deepcopy(self.documents))
        if len(place) == 1:
            del expected[place[0]]  # type: ignore[arg-type]  # the first part is a number
            return self._cut(self._document_span(int(place[0])), "", expected)
        del _at(expected, place[:-1])[place[-1]]
        parent = self._node(place[:-1])
        span = (_flow_span if parent.flow_style else self._block_span)(parent, int(place[-1]))
        return self._cut(span, "", expected)

    def _with_field(self, place: Place, key: str, value: Any) -> "Text":
        if not isinstance(self._data(place).get("spec"), dict):
            raise EditRefused("spec: is not a mapping")
        expected = list(deepcopy(self.documents))
        _at(expected, place)["spec"][key] = value
        holder = self._node(place)
        spec_key, spec = next((pair for pair in holder.value if pair[0].value == "spec"), (None, None))
        if spec_key is None or not isinstance(spec, MappingNode):
            raise EditRefused("spec: is not written out where the object stands; edit the file by hand")
        for known, old in spec.value:
            if known.value == key:
                span = (old.start_mark.index, old.end_mark.index)
                return self._cut(span, json.dumps(value) if span[0] < span[1] else f" {json.dumps(value)}", expected)
        if spec.flow_style:
            start, comma = spec.start_mark.index + 1, ", " if spec.value else ""
            quote = '"' if self.text[start:].lstrip().startswith('"') else ""
            return self._cut((start, start), f"{quote}{key}{quote}: {json.dumps(value)}{comma}", expected)
        start = self.text.find("\n", spec_key.end_mark.index) + 1
        newline = "\r\n" if self.text[:start].endswith("\r\n") else "\n"
        return self._cut((start, start), f"{' ' * spec.start_mark.column}{key}: {json.dumps(value)}{newline}", expected)

    def _cut(self, span: tuple[int, int], filling: str, expected: list[Any]) -> "Text":
        start, end = span
        result = parse_text(self.text[:start] + filling + self.text[end:]) if start <= end else None
        if result is None or [part for part in result.documents if part is not None] != [
            part for part in expected if part is not None
        ]:
            raise EditRefused("the file is written in a way that cannot be changed safely; edit it by hand")
        return result

    def _data(self, place: Place) -> Any:
        return _at(self.documents, place)

    def _node(self, place: Place) -> Any:
        node: Any = list(_safe().compose_all(self.text))[int(place[0])]
        for part in place[1:]:
            if isinstance(part, int):
                node = node.value[part]
            else:
                node = next(value for key, value in node.value if key.value == part)
        return node

    def _document_span(self, number: int) -> tuple[int, int]:
        """From the document's `---` to the next one. Without a `---`, from the comment directly above it."""
        starts = [event for event in _safe().parse(self.text) if isinstance(event, DocumentStartEvent)]
        mine = starts[number].start_mark.index
        start = mine if starts[number].explicit else self._with_comment_above(mine)
        return start, starts[number + 1].start_mark.index if number + 1 < len(starts) else len(self.text)

    def _block_span(self, parent: SequenceNode, index: int) -> tuple[int, int]:
        """From the item's dash, or the comment directly above it, to the end of the item's last line."""
        item: Node = parent.value[index]
        dashes = [token.start_mark.index for token in _safe().scan(self.text) if isinstance(token, BlockEntryToken)]
        start = max(dash for dash in dashes if dash < item.start_mark.index)
        end = _end(item)
        if end and self.text[end - 1] != "\n":
            end = self.text.find("\n", end) + 1 or len(self.text)
        return self._with_comment_above(start), end

    def _with_comment_above(self, position: int) -> int:
        """Go up to the beginning of the line, and over the comment lines that touch it."""
        start = self.text.rfind("\n", 0, position) + 1
        if self.text[start:position].strip():
            return position
        while start:
            above = self.text.rfind("\n", 0, start - 1) + 1
            if not self.text[above:start].lstrip().startswith("#"):
                break
            start = above
        return start


def parse_text(text: str) -> Text | None:
    """Return the documents of a text, or None where it is not YAML."""
    try:
        return Text(text, tuple(_unshared(document) for document in _safe().load_all(text)))
    except (YAMLError, ValueError, RecursionError, TypeError):  # TypeError: a mapping as a key
        return None


def _unshared(value: Any) -> Any:
    """Copy what an alias refers to, so that a change at one place is seen to be one at the other, too."""
    if isinstance(value, dict):
        return {key: _unshared(item) for key, item in value.items()}
    return [_unshared(item) for item in value] if isinstance(value, list) else value


def _safe() -> Any:
    return YAML(typ="safe", pure=True)


def _places(value: Any, place: Place) -> Iterator[tuple[Place, Any]]:
    """Find every Analyser, inside of lists as well. What counts as one is yamlfile.py's."""
    if not isinstance(value, dict):
        return
    kind, api_version = value.get("kind"), value.get("apiVersion")
    if kind == "List" or (kind == f"{crd.KIND}List" and api_version == crd.API_VERSION):
        items = value.get("items")
        for n, item in enumerate(items if isinstance(items, list) else ()):
            yield from _places(item, (*place, "items", n))
    elif kind == crd.KIND and api_version == crd.API_VERSION:
        yield place, value.get("metadata")


def _key(metadata: Any) -> tuple[Any, Any]:
    if not isinstance(metadata, dict):
        return None, None
    return metadata.get("namespace") or NAMESPACE_DEFAULT, metadata.get("name")


def _at(value: Any, place: Place) -> Any:
    for part in place:
        value = value[part]
    return value


def _flow_span(parent: SequenceNode, index: int) -> tuple[int, int]:
    """With the comma after the item, or the one before the last."""
    items = parent.value
    if index + 1 < len(items):
        return items[index].start_mark.index, items[index + 1].start_mark.index
    return items[index - 1].end_mark.index, items[index].end_mark.index


def _end(node: Any) -> int:
    """Return where the last thing written in a node ends: a block's own mark is where the next thing begins."""
    if isinstance(node, ScalarNode) or node.flow_style or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(last[1] if isinstance(last, tuple) else last)
