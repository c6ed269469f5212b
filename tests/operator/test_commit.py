"""What was published under which number survives the operator, and no second operator gets between."""

from pathlib import Path

import pytest
from operator_harness import analyser

from logdist_operator.commit import Record, next_record
from logdist_operator.compile import compile_listing
from logdist_operator.errors import CommitFailed, StateLocked
from logdist_operator.fences.files import FileFence
from logdist_operator.model import Listing
from logdist_operator.sources.yamlfile import parse


def a_record() -> Record:
    objects = parse("a.yaml", analyser("a").encode()).objects
    return next_record(Record(), compile_listing(Listing(tuple(objects)), {}), is_settled=False, now_ms=0)


def test_a_record_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    fence = FileFence(tmp_path / "deep" / "state")
    assert fence.open() == Record()
    fence.commit(a_record())
    fence.close()
    assert FileFence(tmp_path / "deep" / "state").open() == a_record()


def test_a_second_operator_is_kept_out_while_the_first_lives(tmp_path: Path) -> None:
    first, second = FileFence(tmp_path), FileFence(tmp_path)
    first.open()
    with pytest.raises(StateLocked, match="another operator"):
        second.open()
    first.close()
    second.open()


def test_a_commit_that_fails_leaves_the_last_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fence = FileFence(tmp_path)
    fence.open()
    fence.commit(a_record())

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(CommitFailed, match="No space left"):
        fence.commit(Record(generation=9))
    fence.close()
    assert FileFence(tmp_path).open() == a_record()


def test_a_damaged_record_is_not_taken_for_none(tmp_path: Path) -> None:
    (tmp_path / "registry.json").write_text('{"generation": ')
    with pytest.raises(CommitFailed, match="delete it to start afresh"):
        FileFence(tmp_path).open()


def test_a_state_directory_that_cannot_be_made_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CommitFailed, match="cannot use the state directory"):
        FileFence(tmp_path / "file" / "state").open()
