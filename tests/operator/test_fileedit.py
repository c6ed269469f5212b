"""The API edits files that people wrote: they find their comments, their order and their other objects again."""

import asyncio
import contextlib
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from operator_harness import analyser

from logdist_operator.errors import EditForbidden, EditRefused, EditUnavailable, ObjectExists, ObjectMissing
from logdist_operator.sources import fileedit
from logdist_operator.sources.fileedit import FileEditor
from logdist_operator.sources.files import FileSource, _is_ours
from logdist_operator.sources.yamledit import parse_text
from logdist_operator.sources.yamlfile import parse

ENDPOINT = "http://127.0.0.1:8001"
FIELDS = st.fixed_dictionaries({}, optional={"weight": st.integers(0, 1000), "suspend": st.booleans()})


@pytest.fixture
def editor(folder: Path) -> FileEditor:
    return FileEditor(folder, _is_ours)


# --- properties: any file, any edit


@st.composite
def specs(draw: st.DrawFn, number: int) -> list[str]:
    """The lines of a spec, in one of the ways people write it."""
    weight = draw(st.sampled_from(["", "1", '"1"', "0x10", "!!int '3'", "", "~"]))
    fields = [f"endpoint: {ENDPOINT}", "batch: {maxPackets: 10}", "protocol: 'packets'"]
    if weight:
        fields.append(f"weight: {weight}")
    if draw(st.booleans()):
        fields.append("suspend: false")
    fields = draw(st.permutations(fields))
    if draw(st.booleans()):
        return [f"spec: {{{', '.join(fields)}}}  # flow {number}"]
    lines = ["spec:" + draw(st.sampled_from(["", f"  # spec {number}"]))]
    for n, field in enumerate(fields):
        if draw(st.booleans()):
            lines.append(f"  # before {number}.{n}")
        lines.append(f"  {field}" + draw(st.sampled_from(["", f"   # after {number}.{n}"])))
    lines += draw(st.sampled_from([[], ["  healthCheck:", "    path: |-", "      /heartbeat"], ["  # last"]]))
    return lines


@st.composite
def objects(draw: st.DrawFn, number: int) -> list[str]:
    if draw(st.integers(0, 5)) == 0:
        return ["apiVersion: v1", "kind: ConfigMap", f"metadata: {{name: c{number}}}", f"data: {{a: '# {number}'}}"]
    metadata = draw(st.sampled_from([["metadata:", f"  name: a{number}"], [f"metadata: {{name: a{number}}}"]]))
    head = [f"apiVersion: logdist.io/v1alpha1  # api {number}", "kind: Analyser", *metadata]
    return head + draw(specs(number))


@st.composite
def files(draw: st.DrawFn) -> str:
    """A file of up to four documents, some of them lists, with comments between everything."""
    numbers = iter(range(100))
    lines = draw(st.sampled_from([[], ["# header", ""], ["---"], ["# licence", "---"]]))
    for n in range(draw(st.integers(1, 4))):
        if n:
            lines.append(draw(st.sampled_from(["---", f"---  # document {n}"])))
        if draw(st.booleans()):
            lines += draw(objects(next(numbers)))
        else:
            indent = draw(st.sampled_from(["", "  "]))
            lines += ["apiVersion: v1", "kind: List", f"items:  # items {n}"]
            for _ in range(draw(st.integers(1, 3))):
                number = next(numbers)
                lines += [f"{indent}# above {number}"] if draw(st.booleans()) else []
                first, *others = draw(objects(number))
                lines += [f"{indent}- {first}", *(f"{indent}  {line}" for line in others)]
                lines += draw(st.sampled_from([[], ["", f"{indent}# below {number}", ""]]))
        lines += draw(st.sampled_from([[], ["", f"# end {n}"]]))
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    return newline.join(lines) + draw(st.sampled_from(["", newline]))


def held_by(text: str) -> dict[str, Any]:
    parsed = parse("f.yaml", text.encode())
    assert parsed.is_complete
    return {item.uid: dict(item.spec) for item in parsed.objects}


@settings(deadline=None, max_examples=60)
@given(files(), FIELDS)
def test_a_change_alters_one_field_and_not_a_character_besides(text: str, fields: dict[str, Any]) -> None:
    before, held = parse_text(text), held_by(text)
    assert before
    for uid in held:
        [place] = before.places(*uid.split("/"))
        after = before.changed(place, fields)
        assert held_by(after.text) == {**held, uid: {**held[uid], **fields}}
        assert comments(after.text) == comments(text)
        kept = [line for line in text.splitlines() if not any(word in line for word in (*fields, "spec: {"))]
        assert is_subsequence(kept, after.text.splitlines())


@settings(deadline=None, max_examples=60)
@given(files())
def test_a_deletion_leaves_every_other_object_and_the_comments_that_are_not_its_own(text: str) -> None:
    before = parse_text(text)
    assert before
    for uid in held_by(text):
        [place] = before.places(*uid.split("/"))
        after = before.without(place)
        assert before.text == text
        if after.is_empty:
            continue
        others = {key: value for key, value in held_by(text).items() if key != uid}
        assert held_by(after.text) == others
        assert after.text.count("ConfigMap") == text.count("ConfigMap")
        assert is_subsequence(after.text.splitlines(), text.splitlines())
        if len(place) > 1 and after.text.count("kind: List") == text.count("kind: List"):
            number = uid.removeprefix("default/a")
            lost = set(comments(text)) - set(comments(after.text))
            own = ("above", "api", "spec", "flow", "before", "after", "last")
            assert all(said.split()[1] in own for said in lost)
            assert all(said.split()[-1].split(".")[0] in {number, "last"} for said in lost)


def comments(text: str) -> list[str]:
    return sorted("# " + line.partition("# ")[2].rstrip() for line in text.splitlines() if "# " in line)


def is_subsequence(some: list[str], of: list[str]) -> bool:
    rest: Iterator[str] = iter(of)
    return all(line in rest for line in some)


# --- examples: what is too clever for a small cut


@pytest.mark.parametrize(
    "spec",
    [
        "spec: *shared",
        "spec:\n  endpoint: http://x\n  weight: *one",
        "spec: &mine\n  endpoint: http://x\n  weight: 1\nstatus: *mine",
    ],
)
def test_what_an_alias_shares_is_left_to_people(spec: str) -> None:
    text = (
        "apiVersion: logdist.io/v1alpha1\nkind: Analyser\n"
        f"metadata:\n  name: a\n  annotations: &shared {{weight: &one 1, endpoint: http://y}}\n{spec}\n"
    )
    before = parse_text(text)
    assert before
    with pytest.raises(EditRefused, match="by hand"):
        before.changed((0,), {"weight": 5})


def test_a_merged_field_is_overridden_where_the_object_stands() -> None:
    text = (
        "apiVersion: logdist.io/v1alpha1\nkind: Analyser\nmetadata: {name: a, labels: &base {weight: 1}}\n"
        "spec:\n  <<: *base\n  endpoint: http://x\n"
    )
    before = parse_text(text)
    assert before
    after = before.changed((0,), {"weight": 5})
    assert held_by(after.text)["default/a"]["weight"] == 5
    assert "labels: &base {weight: 1}" in after.text


def test_json_stays_json() -> None:
    text = (
        '{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "logdist.io/v1alpha1", "kind": "Analyser",'
        ' "metadata": {"name": "a"}, "spec": {"endpoint": "http://x"}}, {"kind": "Pod", "apiVersion": "v1"}]}'
    )
    before = parse_text(text)
    assert before
    assert '"spec": {"weight": 5, "endpoint": "http://x"}' in before.changed((0, "items", 0), {"weight": 5}).text
    assert before.without((0, "items", 0)).text.endswith('"items": [{"kind": "Pod", "apiVersion": "v1"}]}')


# --- files


def test_a_created_object_is_read_back(folder: Path, editor: FileEditor) -> None:
    editor.create("logs", "errors", {"endpoint": ENDPOINT, "weight": 3})
    [file] = folder.iterdir()
    assert file.name == "logs-errors.yaml"
    [item] = parse(file.name, file.read_bytes()).objects
    assert (item.uid, item.spec["weight"], item.faults) == ("logs/errors", 3, ())
    assert stat.S_IMODE(file.stat().st_mode) & 0o444


def test_a_file_in_the_way_is_never_overwritten(folder: Path, editor: FileEditor) -> None:
    (folder / "a-b-c.yaml").write_text(analyser("other"))
    editor.create("a-b", "c", {"endpoint": ENDPOINT})
    editor.create("a", "b-c", {"endpoint": ENDPOINT})
    assert (folder / "a-b-c.yaml").read_text() == analyser("other")
    assert {file.name for file in folder.iterdir()} == {"a-b-c.yaml", "a-b-c-2.yaml", "a-b-c-3.yaml"}


def test_an_object_that_exists_in_any_file_is_not_created_again(folder: Path, editor: FileEditor) -> None:
    (folder / "others.yaml").write_text(analyser("x") + "---\n" + analyser("a"))
    with pytest.raises(ObjectExists, match=r"default/a is there already, in others\.yaml:8"):
        editor.create("default", "a", {"endpoint": ENDPOINT})


@pytest.mark.parametrize(
    ("name", "spec", "said"),
    [
        ("../x", {"endpoint": ENDPOINT}, r"metadata\.name"),
        ("a", {"endpoint": ENDPOINT, "wieght": 1}, r"spec\.wieght: unknown field"),
        ("a", {"serviceRef": {"name": "a", "port": 1}}, r"spec\.serviceRef: needs Kubernetes"),
    ],
)
def test_what_would_be_invalid_is_not_written(
    folder: Path, editor: FileEditor, name: str, spec: dict[str, Any], said: str
) -> None:
    with pytest.raises(EditRefused, match=said):
        editor.create("default", name, spec)
    assert not list(folder.iterdir())


def test_the_mode_and_the_mark_of_a_file_stay(folder: Path, editor: FileEditor) -> None:
    file = folder / "a.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + analyser("a").encode())
    file.chmod(0o640)
    editor.change("default", "a", {"weight": 5})
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert file.read_bytes().startswith(b"\xef\xbb\xbfapiVersion")


def test_a_linked_file_stays_a_link(folder: Path, editor: FileEditor) -> None:
    elsewhere = folder.parent / "a.yaml"
    elsewhere.write_text(analyser("a"))
    (folder / "a.yaml").symlink_to(elsewhere)
    editor.change("default", "a", {"suspend": True})
    assert (folder / "a.yaml").is_symlink()
    assert "suspend: true" in elsewhere.read_text()


def test_deleting_leaves_an_empty_list_in_the_last_file(folder: Path, editor: FileEditor) -> None:
    (folder / "a.yaml").write_text(analyser("a"))
    (folder / "b.yaml").write_text(analyser("b"))
    editor.delete("default", "a")
    assert [file.name for file in folder.iterdir()] == ["b.yaml"]
    editor.delete("default", "b")
    parsed = parse("b.yaml", (folder / "b.yaml").read_bytes())
    assert (parsed.objects, parsed.problems, parsed.is_complete) == ([], [], True)


def test_a_file_changed_in_between_is_left_as_it_is(
    folder: Path, editor: FileEditor, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = folder / "a.yaml"
    file.write_text(analyser("a"))

    def interfere(handle: int) -> None:
        file.write_text(analyser("a", weight=9))

    monkeypatch.setattr(fileedit.os, "fsync", interfere)
    with pytest.raises(EditUnavailable, match="at the same moment"):
        editor.change("default", "a", {"weight": 5})
    assert file.read_text() == analyser("a", weight=9)
    assert os.listdir(folder) == ["a.yaml"]  # noqa: PTH208


def test_a_file_that_is_being_written_is_not_cut_short(folder: Path, editor: FileEditor) -> None:
    file, whole = folder / "a.yaml", analyser("a") + "---\n" + analyser("b")
    file.write_text(analyser("a"))  # an editor has written half of it,
    threading.Timer(0.01, file.write_text, [whole]).start()  # and writes the rest
    with contextlib.suppress(EditUnavailable):
        editor.change("default", "a", {"weight": 5})
    assert held_by(file.read_text()).keys() == {"default/a", "default/b"}


def test_an_object_that_is_not_there_is_missing(folder: Path, editor: FileEditor) -> None:
    (folder / "a.yaml").write_text(analyser("a"))
    for edit in (lambda: editor.change("logs", "a", {"weight": 1}), lambda: editor.delete("default", "b")):
        with pytest.raises(ObjectMissing):
            edit()


def test_a_broken_file_may_hold_the_object(folder: Path, editor: FileEditor) -> None:
    (folder / "a.yaml").write_text(analyser("a"))
    (folder / "b.yaml").write_text("{")
    editor.change("default", "a", {"weight": 5})
    with pytest.raises(EditUnavailable, match=r"b\.yaml cannot be read"):
        editor.create("default", "b", {"endpoint": ENDPOINT})


def test_an_object_that_stands_twice_is_left_to_people(folder: Path, editor: FileEditor) -> None:
    (folder / "a.yaml").write_text(analyser("a"))
    (folder / "old.yaml").write_text(analyser("a"))
    with pytest.raises(EditRefused, match=r"a\.yaml:1 and old\.yaml:1"):
        editor.delete("default", "a")


@pytest.mark.parametrize("number", [13, 30])  # EACCES, EROFS: root, who runs tests, is refused nothing
def test_a_folder_that_is_read_only_is_said_to_be(
    folder: Path, editor: FileEditor, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    (folder / "a.yaml").write_text(analyser("a"))

    def refuse(**_: Any) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fileedit.tempfile, "mkstemp", refuse)
    with pytest.raises(EditForbidden, match="cannot write"):
        editor.change("default", "a", {"weight": 5})
    with pytest.raises(EditForbidden, match="cannot write"):
        editor.create("default", "b", {"endpoint": ENDPOINT})
    assert os.listdir(folder) == ["a.yaml"]  # noqa: PTH208


@pytest.mark.anyio
async def test_edits_at_the_same_moment_all_count(folder: Path) -> None:
    text = "---\n".join(analyser(f"a{n}") for n in range(8))
    (folder / "all.yaml").write_text(text)
    source = FileSource(folder)
    await asyncio.gather(*(source.change("default", f"a{n}", {"weight": n}) for n in range(8)))
    listing = await source.read()
    assert {item.name: item.spec["weight"] for item in listing.objects} == {f"a{n}": n for n in range(8)}
