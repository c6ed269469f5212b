"""A folder of YAML files drives the registry. Real files, really watched, pushed over real HTTP."""

import os
import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest
import watchfiles
from operator_harness import FakeDistributor, analyser, operating, until

from logdist_operator.api.app import build_app
from logdist_operator.spine import Spine

pytestmark = pytest.mark.anyio


async def state_of(spine: Spine) -> dict:
    transport = httpx.ASGITransport(app=build_app(spine))
    async with httpx.AsyncClient(transport=transport, base_url="http://operator") as client:
        return (await client.get("/api/v1/state")).json()


async def test_an_edited_weight_reaches_the_distributor(folder: Path, distributor: FakeDistributor) -> None:
    (folder / "a.yaml").write_text(analyser("a", weight=1))
    async with operating(folder, distributor):
        await until(lambda: distributor.weights == {"a": 1})
        (folder / "a.yaml").write_text(analyser("a", weight=7))
        await until(lambda: distributor.weights == {"a": 7})


async def test_a_file_replaced_as_editors_do_it_counts(folder: Path, distributor: FakeDistributor) -> None:
    (folder / "a.yaml").write_text(analyser("a", weight=1))
    async with operating(folder, distributor):
        await until(lambda: distributor.weights == {"a": 1})
        fresh = folder / ".a.yaml.swp"
        fresh.write_text(analyser("a", weight=7))
        fresh.replace(folder / "a.yaml")
        await until(lambda: distributor.weights == {"a": 7})
    assert all(len(snapshot["analysers"]) == 1 for snapshot in distributor.pushed)


async def test_files_mounted_from_a_configmap_count(folder: Path, distributor: FakeDistributor) -> None:
    """A ConfigMap volume holds links through `..data`, which is renamed: the files that are read see no event."""
    for version, weight in (("..1", 1), ("..2", 2)):
        (folder / version).mkdir()
        (folder / version / "a.yaml").write_text(analyser("a", weight=weight))
    (folder / "..data").symlink_to("..1")
    (folder / "a.yaml").symlink_to("..data/a.yaml")
    async with operating(folder, distributor):
        await until(lambda: distributor.weights == {"a": 1})
        (folder / "..data_tmp").symlink_to("..2")
        (folder / "..data_tmp").replace(folder / "..data")
        await until(lambda: distributor.weights == {"a": 2})


async def test_a_broken_file_is_shown_with_line_and_keeps_what_it_held(
    folder: Path, distributor: FakeDistributor
) -> None:
    (folder / "a.yaml").write_text(analyser("a", weight=5))
    (folder / "b.yaml").write_text(analyser("b", weight=1))
    async with operating(folder, distributor) as spine:
        await until(lambda: distributor.weights == {"a": 5, "b": 1})
        (folder / "a.yaml").write_text("apiVersion: logdist.io/v1alpha1\nkind: [Analyser\n")
        (folder / "b.yaml").write_text(analyser("b", weight=2))
        await until(lambda: distributor.weights == {"a": 5, "b": 2})
        state = await state_of(spine)
        [problem] = state["source"]["problems"]
        assert (problem["file"], problem["line"]) == ("a.yaml", 3)
        [a, _] = state["analysers"]
        assert a["conditions"][0]["reason"] == "FileHasErrors"
        assert a["weight"] == 5
    async with operating(folder, distributor) as spine:  # and still after a restart
        await until(lambda: spine.controller.list_age_s() is not None)
        assert distributor.weights == {"a": 5, "b": 2}
        (folder / "a.yaml").write_text(analyser("a", weight=6))
        await until(lambda: distributor.weights == {"a": 6, "b": 2})
        await until(lambda: spine.controller.problems == ())


async def test_an_invalid_object_is_shown_with_line_and_field_and_keeps_its_last_valid_version(
    folder: Path, distributor: FakeDistributor
) -> None:
    (folder / "a.yaml").write_text(analyser("a", weight=5))
    async with operating(folder, distributor) as spine:
        await until(lambda: distributor.weights == {"a": 5})
        text = analyser("a", weight=5000) + "---\n" + analyser("b")
        (folder / "a.yaml").write_text(text)
        await until(lambda: distributor.weights == {"a": 5, "b": 1})
        state = await state_of(spine)
        [problem] = state["source"]["problems"]
        assert (problem["file"], problem["line"], problem["field"]) == ("a.yaml", 7, "spec.weight")
        conditions = {condition["type"]: condition for condition in state["analysers"][0]["conditions"]}
        assert conditions["Accepted"]["status"] == "False"
        assert "last valid version stays" in conditions["Accepted"]["message"]


@pytest.mark.parametrize("accident", ["emptied", "deleted", "files gone"])
async def test_an_accident_to_the_folder_wipes_nothing(
    folder: Path, distributor: FakeDistributor, accident: str
) -> None:
    (folder / "a.yaml").write_text(analyser("a"))
    async with operating(folder, distributor) as spine:
        await until(lambda: distributor.weights == {"a": 1})
        if accident == "emptied":
            (folder / "a.yaml").write_text("")
        elif accident == "deleted":
            shutil.rmtree(folder)
        else:
            (folder / "a.yaml").unlink()
        await until(lambda: spine.controller.problems)
        assert distributor.weights == {"a": 1}
        os.makedirs(folder, exist_ok=True)  # noqa: PTH103  nothing to wait for
        (folder / "a.yaml").write_text(analyser("a", weight=2))
        await until(lambda: distributor.weights == {"a": 2})
        await until(lambda: not spine.controller.problems)


async def test_an_operator_started_on_an_unmounted_folder_serves_what_it_committed(
    folder: Path, distributor: FakeDistributor
) -> None:
    (folder / "a.yaml").write_text(analyser("a"))
    async with operating(folder, distributor):
        await until(lambda: distributor.weights == {"a": 1})
    (folder / "a.yaml").unlink()
    await distributor.restart(is_empty=True)
    async with operating(folder, distributor) as spine:
        await until(lambda: distributor.weights == {"a": 1})
        state = await state_of(spine)
        assert state["analysers"][0]["conditions"][0]["reason"] == "NotListed"


async def test_deleting_most_files_is_deliberate_and_passes_the_shrink_brake(
    folder: Path, distributor: FakeDistributor
) -> None:
    for number in range(6):
        (folder / f"{number}.yaml").write_text(analyser(f"a{number}"))
    async with operating(folder, distributor) as spine:
        await until(lambda: len(distributor.weights) == 6)
        for number in range(5):
            (folder / f"{number}.yaml").unlink()
        await until(lambda: distributor.weights == {"a5": 1})
        await until(spine.publisher.is_settled)
        (folder / "5.yaml").write_text(analyser("a5", weight=2))
        await until(lambda: distributor.weights == {"a5": 2})
        assert distributor.pushed[-1]["allowShrink"] is False  # used up


async def test_one_that_slept_through_the_removal_may_still_shrink(folder: Path, distributor: FakeDistributor) -> None:
    for number in range(6):
        (folder / f"{number}.yaml").write_text(analyser(f"a{number}"))
    async with operating(folder, distributor) as spine:
        await until(lambda: len(distributor.weights) == 6)
        await distributor.stop()
        for number in range(5):
            (folder / f"{number}.yaml").unlink()
        await until(lambda: spine.controller.record.generation == 2)
        (folder / "5.yaml").write_text(analyser("a5", weight=2))
        await until(lambda: spine.controller.record.generation == 3)
        await distributor.start()
        await until(lambda: distributor.weights == {"a5": 2})


async def test_an_operator_without_memory_never_lifts_the_brake(folder: Path, distributor: FakeDistributor) -> None:
    held = [{"uid": f"default/a{number}", "name": f"a{number}", "weight": 1} for number in range(6)]
    distributor.held = {"generation": 9, "digest": "of another life", "analysers": held}
    (folder / "a.yaml").write_text(analyser("a0"))
    async with operating(folder, distributor) as spine:
        await until(lambda: spine.publisher.pods[0].state == "refused")
        assert len(distributor.weights) == 6
        assert spine.controller.record.generation == 10


async def test_an_empty_list_removes_every_analyser(folder: Path, distributor: FakeDistributor) -> None:
    (folder / "a.yaml").write_text(analyser("a"))
    async with operating(folder, distributor):
        await until(lambda: distributor.weights == {"a": 1})
        (folder / "none.yaml").write_text("apiVersion: v1\nkind: List\nitems: []\n")
        (folder / "a.yaml").unlink()
        await until(lambda: distributor.held["analysers"] == [])


async def test_a_restart_on_unchanged_files_keeps_the_generation(folder: Path, distributor: FakeDistributor) -> None:
    (folder / "a.yaml").write_text(analyser("a"))
    for _ in range(2):
        async with operating(folder, distributor) as spine:
            await until(lambda: spine.controller.list_age_s() is not None)
            await until(spine.publisher.is_settled)
            assert spine.controller.record.generation == 1


async def test_a_touched_file_publishes_nothing(folder: Path, distributor: FakeDistributor) -> None:
    (folder / "a.yaml").write_text(analyser("a"))
    async with operating(folder, distributor) as spine:
        await until(spine.publisher.is_settled)
        before_s = spine.controller.listed_at_s
        os.utime(folder / "a.yaml")
        await until(lambda: spine.controller.listed_at_s != before_s)
        assert spine.controller.record.generation == 1
        assert len(distributor.pushed) == 1


async def test_a_system_without_file_events_is_polled(
    folder: Path, distributor: FakeDistributor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_events(*paths: Path, force_polling: bool | None, **options: Any) -> Any:
        if not force_polling:
            raise OSError(28, "OS file watch limit reached")
        return watchfiles.awatch(*paths, force_polling=True, **options)

    monkeypatch.setattr("logdist_operator.sources.files.awatch", without_events)
    (folder / "a.yaml").write_text(analyser("a"))
    async with operating(folder, distributor):
        await until(lambda: distributor.weights == {"a": 1})
        (folder / "a.yaml").write_text(analyser("a", weight=2))
        await until(lambda: distributor.weights == {"a": 2})


async def test_the_folder_watched_stays_clean(folder: Path, distributor: FakeDistributor) -> None:
    (folder / "a.yaml").write_text(analyser("a"))
    async with operating(folder, distributor) as spine:
        await until(spine.publisher.is_settled)
    assert os.listdir(folder) == ["a.yaml"]  # noqa: PTH208
