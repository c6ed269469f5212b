"""The API over a real socket, in front of an operator's parts and of distributors that have dead letters."""

import asyncio
import contextlib
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from operator_harness import FakeDistributor, _Server, operating, until

from logdist_operator.api.app import build_app
from logdist_operator.api.reach import ApiSettings
from logdist_operator.spine import Spine


class DistributorWithLetters(FakeDistributor):
    """Has dead letters, and takes packets at the same port, for a test has no use for two."""

    def __init__(self, token: str = "") -> None:
        super().__init__(token)
        self.letters: dict[int, dict[str, Any]] = {}
        self.replayed: list[int] = []
        self.packets: list[tuple[bytes, str | None]] = []  # body, and the authorization that came with it
        self.packet_answer: tuple[int, dict[str, Any], dict[str, str]] = (202, {"accepted": 1}, {})

    def bury(self, key: int, minute: int) -> None:
        at = f"2026-11-24T23:{minute:02}:00.000+00:00"
        self.letters[key] = {
            "key": key,
            "id": f"m{key}",
            "analyser": "default/a",
            "error": "422: no",
            "bytes": 9,
            "at": at,
            "packet": f'{{"id":"m{key}"}}',
        }

    def _app(self) -> FastAPI:
        app = super()._app()
        missing = JSONResponse({"error": "no dead letter", "reason": "UnknownDeadLetter"}, 404)

        @app.get("/control/v1/dead-letters")
        async def letters(after: int, limit: int) -> dict[str, Any]:
            found = [letter for key, letter in sorted(self.letters.items()) if key > after][:limit]
            shown = [{key: value for key, value in letter.items() if key != "packet"} for letter in found]
            return {"total": len(self.letters), "deadLetters": shown}

        @app.get("/control/v1/dead-letters/{key}", response_model=None)
        async def letter(key: int) -> Any:
            return self.letters.get(key, missing)

        @app.post("/control/v1/dead-letters/{key}/replay", response_model=None)
        async def replay(key: int) -> Any:
            self.replayed.append(key)
            return JSONResponse({"key": key}, 202) if self.letters.pop(key, None) else missing

        @app.delete("/control/v1/dead-letters/{key}", response_model=None)
        async def delete(key: int) -> Any:
            return {"key": key} if self.letters.pop(key, None) else missing

        @app.post("/distributor/packet")
        async def packet(request: Request) -> JSONResponse:
            self.packets.append((await request.body(), request.headers.get("authorization")))
            status, body, headers = self.packet_answer
            return JSONResponse(body, status, headers)

        return app


@contextlib.asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[str]:
    """Serve it as the program does; give its URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = _Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    await until(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        app.state.reach.feed.close()
        server.should_exit = True
        await task


@contextlib.asynccontextmanager
async def api(
    folder: Path, *distributors: FakeDistributor, settings: ApiSettings | None = None, token_file: Path | None = None
) -> AsyncIterator[tuple[httpx.AsyncClient, Spine]]:
    """Run an operator on the folder; give a client of its API."""
    async with (
        operating(folder, *distributors, token_file=token_file) as spine,
        serving(build_app(spine, settings)) as url,
        httpx.AsyncClient(base_url=url, trust_env=False) as client,
    ):
        if distributors and os.listdir(folder):  # noqa: PTH208
            await until(spine.publisher.is_settled)
            await until(lambda: all(seen.report for seen in spine.observer.seen.values()))
        yield client, spine


@contextlib.contextmanager
def program(folder: Path, *flags: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the operator as a process of its own, with a distributor that never answers; give its URL."""
    arguments = ["--analysers", str(folder), "--state-dir", str(folder.parent / "state"), "--api-port", "0"]
    command = [sys.executable, "-m", "logdist_operator", "--distributor", "http://127.0.0.1:1", *arguments, *flags]
    with (folder.parent / "log").open("w") as log:
        child = subprocess.Popen(command, stdout=log, stderr=log, text=True)
    try:
        while not (found := re.search(r"API on (http://\S+)", (folder.parent / "log").read_text())):
            assert child.poll() is None
            time.sleep(0.01)
        yield child, found.group(1)
    finally:
        child.kill()
        child.wait()
