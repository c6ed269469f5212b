"""Whatever stands in a file is understood, or said to be wrong with its line; nothing is lost in silence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from operator_harness import analyser

from logdist_operator.compile import compile_listing
from logdist_operator.model import Listing
from logdist_operator.sources.yamlfile import parse

HEAD = "apiVersion: logdist.io/v1alpha1\nkind: Analyser\n"


def test_several_documents_and_lists_are_read() -> None:
    indented = analyser("c").replace("\n", "\n    ").rstrip()
    text = f"{analyser('a')}---\n{analyser('b')}---\napiVersion: v1\nkind: List\nitems:\n  - {indented}\n"
    parsed = parse("a.yaml", text.encode())
    assert [item.uid for item in parsed.objects] == ["default/a", "default/b", "default/c"]
    assert parsed.is_complete
    assert [item.line_of("spec.endpoint") for item in parsed.objects] == [6, 13, 23]


def test_what_kubectl_get_writes_is_read() -> None:
    text = HEAD + (
        "metadata:\n  creationTimestamp: 2026-01-01T00:00:00Z\n  name: a\n  namespace: logs\n  uid: x\n"
        "spec: {endpoint: 'http://a'}\nstatus: {conditions: []}\n"
    )
    [item] = parse("a.yaml", text.encode()).objects
    assert (item.uid, item.faults) == ("logs/a", ())


def test_other_kinds_are_ignored_with_a_note() -> None:
    parsed = parse("a.yaml", b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\n" + analyser("a").encode())
    [note] = parsed.problems
    assert note.is_note
    assert "ConfigMap" in note.message
    assert parsed.is_complete
    assert len(parsed.objects) == 1


@pytest.mark.parametrize(
    ("text", "line", "field"),
    [
        (HEAD + "metadata: {}\nspec: {}\n", 3, "metadata.name"),
        (HEAD + "spec: {}\n", 1, "metadata.name"),
        (HEAD + "metadata:\n  name: Errors\n", 4, "metadata.name"),
        (HEAD + "metadata:\n  name: 7\n", 4, "metadata.name"),
        (HEAD + "metadata:\n  name: a\n  namespace: a.b\n", 5, "metadata.namespace"),
        ("apiVersion: logdist.io/v1alpha1\nkind: Analyzer\n", 2, "kind"),
        ("apiVersion: logdist.io/v2\nkind: Analyser\n", 1, "apiVersion"),
        ("kind: Analyser\n", 1, "apiVersion"),
        ("apiVersion: v1\nkind: List\nitems: 3\n", 3, "items"),
        ("apiVersion: logdist.io/v1alpha1\nkind: Analyser\nkind: Analyser\n", 3, ""),
        ("a: [1\nb: 2\n", 2, ""),
        ("just text\n", 1, ""),
        ("", 0, ""),
        ("# only a comment\n", 0, ""),
    ],
)
def test_what_cannot_be_identified_is_shown_and_makes_the_file_incomplete(text: str, line: int, field: str) -> None:
    parsed = parse("a.yaml", text.encode())
    assert [(problem.file, problem.line, problem.field) for problem in parsed.problems] == [("a.yaml", line, field)]
    assert not parsed.is_complete
    assert parsed.objects == []


def test_an_unknown_field_beside_spec_is_an_error_of_that_object() -> None:
    [item] = parse("a.yaml", (analyser("a") + "weight: 3\n").encode()).objects
    assert [fault.field for fault in item.faults] == ["weight"]
    assert item.line_of("weight") == 7


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_content_breaks_the_reader(content: bytes) -> None:
    parsed = parse("a.yaml", content)
    assert parsed.objects or parsed.problems


@given(st.integers(0, 250))
def test_a_file_cut_short_removes_nothing_unless_it_is_whole_in_itself(length: int) -> None:
    """Half-written files are never silent: either nothing is removed, or what is there is a valid file."""
    content = (analyser("errors", weight=3) + "---\n" + analyser("traffic")).encode()
    before = compile_listing(Listing(tuple(parse("a.yaml", content).objects)), {}).held
    parsed = parse("a.yaml", content[:length])
    incomplete = frozenset() if parsed.is_complete else frozenset({"a.yaml"})
    compiled = compile_listing(Listing(tuple(parsed.objects), tuple(parsed.problems), incomplete), before)
    assert set(compiled.held) >= set(before) or not compiled.problems
    assert "default/errors" in compiled.held
