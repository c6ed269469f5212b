"""The stream of states: at once, on every change, never faster than once a second, and no burden to anybody."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_harness import api, program, serving
from operator_harness import FakeDistributor, analyser, operating, until

from logdist_operator.api import events
from logdist_operator.api.app import build_app
from logdist_operator.api.events import Feed
from logdist_operator.api.models import Source, State
from logdist_operator.api.reach import ApiSettings

pytestmark = pytest.mark.anyio
PATH = "/api/v1/events"


async def states(response: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    """Parse as a browser does."""
    fields: dict[str, str] = {}
    number = 0
    async for line in response.aiter_lines():
        if line:
            key, _, value = line.partition(": ")
            fields[key] = value
        else:
            if "data" in fields:
                assert fields["event"] == "state"
                assert fields["retry"] == "2000"
                assert int(fields["id"]) == (number := number + 1)
                yield json.loads(fields["data"])
            fields = {}


async def test_the_whole_state_comes_at_once_and_after_a_change(folder: Path, distributor: FakeDistributor) -> None:
    (folder / "a.yaml").write_text(analyser("a"))
    async with api(folder, distributor) as (client, _), client.stream("GET", PATH) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        stream = states(response)
        assert response.headers["cache-control"] == "no-cache"
        assert response.headers["x-accel-buffering"] == "no"  # else nginx would hold events back
        first = await anext(stream)
        assert first.keys() == (await client.get("/api/v1/state")).json().keys()
        assert first["analysers"][0]["weight"] == 1
        await client.patch("/api/v1/analysers/default/a", json={"weight": 7})
        async for state in stream:
            if state["analysers"][0]["weight"] == 7 and state["pods"][0]["acked"]:
                break


async def test_a_token_opens_the_stream(folder: Path, tmp_path: Path) -> None:
    (folder / "a.yaml").write_text(analyser("a"))
    (tmp_path / "token").write_text("secret")
    async with api(folder, settings=ApiSettings(tmp_path / "token")) as (client, _):
        assert (await client.get(PATH)).status_code == 401
        async with client.stream("GET", PATH, headers={"authorization": "Bearer secret"}) as response:
            assert "analysers" in await anext(states(response))


async def test_who_comes_later_has_the_state_at_once_too(folder: Path, distributor: FakeDistributor) -> None:
    (folder / "a.yaml").write_text(analyser("a"))
    async with api(folder, distributor) as (client, _):
        for _ in range(2):
            async with client.stream("GET", PATH) as one, client.stream("GET", PATH) as two:
                for response in (one, two):
                    assert (await anext(states(response)))["generation"] == 1


async def test_who_is_gone_is_forgotten(folder: Path) -> None:
    (folder / "a.yaml").write_text(analyser("a"))
    async with operating(folder) as spine:
        app = build_app(spine)
        async with serving(app) as url, httpx.AsyncClient(base_url=url, trust_env=False) as client:
            async with client.stream("GET", PATH) as response:
                await anext(states(response))
                assert app.state.reach.feed._watchers == 1
            await until(lambda: app.state.reach.feed._watchers == 0)


async def test_a_comment_keeps_an_idle_stream_up(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fastapi.routing._PING_INTERVAL", 0.05)
    (folder / "a.yaml").write_text(analyser("a"))
    async with api(folder) as (client, _), client.stream("GET", PATH) as response:
        async for line in response.aiter_lines():
            if line.startswith(":"):
                break


def state(generation: int = 1, age_s: float = 0.0) -> State:
    source = Source(location="", list_age_seconds=age_s, problems=[])
    return State(
        generation=generation,
        digest="",
        allow_shrink=False,
        source=source,
        rates=None,
        analysers=[],
        pods=[],
        problems=[],
    )


async def test_the_age_of_the_listing_alone_is_no_news(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "PERIOD_S", 0.001)
    built = 0

    def build() -> State:
        nonlocal built
        built += 1
        return state(generation=1 + built // 50, age_s=built)

    seen = []
    async for text in Feed(build).watch():
        seen.append(json.loads(text)["generation"])
        if len(seen) == 3:
            break
    assert seen == [1, 2, 3]


async def test_a_slow_watcher_skips_to_the_latest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "PERIOD_S", 0.001)
    generation = 0

    def build() -> State:
        nonlocal generation
        generation += 1
        return state(generation)

    watcher = Feed(build).watch()
    assert json.loads(await anext(watcher))["generation"] == 1
    await until(lambda: generation > 20)
    assert json.loads(await anext(watcher))["generation"] > 20


async def test_nothing_is_built_when_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "PERIOD_S", 0.001)
    built = 0

    def build() -> State:
        nonlocal built
        built += 1
        return state(built)

    feed = Feed(build)
    one, two = feed.watch(), feed.watch()
    await anext(one)
    await anext(two)
    await one.aclose()
    before = built
    await until(lambda: built > before)
    await two.aclose()
    await asyncio.sleep(0.01)
    before = built
    await asyncio.sleep(0.05)
    assert built == before


async def test_a_state_that_cannot_be_built_ends_no_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "PERIOD_S", 0.001)
    built = 0

    def build() -> State:
        nonlocal built
        built += 1
        if 1 < built < 5:
            raise RuntimeError
        return state(built)

    watcher = Feed(build).watch()
    await anext(watcher)
    assert json.loads(await anext(watcher))["generation"] == 5


async def test_closing_ends_every_stream(folder: Path) -> None:
    feed = Feed(state)
    watcher = feed.watch()
    await anext(watcher)
    waiting = asyncio.ensure_future(anext(watcher, None))
    await asyncio.sleep(0.01)
    feed.close()
    assert await waiting is None
    assert [text async for text in feed.watch()] == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_open_streams_do_not_hold_up_a_stop(folder: Path, number: int) -> None:
    (folder / "a.yaml").write_text(analyser("a"))
    with (
        program(folder) as (child, url),
        httpx.Client(base_url=url, trust_env=False) as client,
        client.stream("GET", PATH) as read,
        client.stream("GET", PATH),  # which nobody reads
    ):
        lines = read.iter_lines()
        assert next(lines) == "event: state"
        child.send_signal(number)
        assert child.wait(20) == 0
        assert all(line.startswith((":", "event", "data", "id", "retry")) for line in lines if line)
    log = (folder.parent / "log").read_text()
    assert "Traceback" not in log
    assert "Cancel" not in log
