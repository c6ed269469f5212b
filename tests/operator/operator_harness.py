"""A distributor's control port without a distributor behind it, and the operator's parts in this process."""

import asyncio
import contextlib
import itertools
import socket
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from logdist_operator.auth import TokenFile
from logdist_operator.fences.files import FileFence
from logdist_operator.http import Client
from logdist_operator.sources.files import FileSource
from logdist_operator.spine import Spine

LIMIT_S = 20.0
_instances = itertools.count(1)


async def until(condition: Callable[[], Any], limit_s: float = LIMIT_S) -> None:
    """Wait for a condition. The limit only ends a test that has failed anyway."""
    give_up_s = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < give_up_s, "the condition never came true"
        await asyncio.sleep(0.01)


def analyser(name: str, **spec: Any) -> str:
    """Return an Analyser object as YAML."""
    fields = {"endpoint": "http://127.0.0.1:8001", **spec}
    lines = "".join(f"  {key}: {value}\n" for key, value in fields.items())
    return f"apiVersion: logdist.io/v1alpha1\nkind: Analyser\nmetadata:\n  name: {name}\nspec:\n{lines}"


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield


class FakeDistributor:
    """Answers as DESIGN has it: 200, 409 to an older generation, 422 with `refusals` or to a shrinking snapshot."""

    def __init__(self, token: str = "", host: str = "127.0.0.1", port: int = 0) -> None:
        self.token = token
        self._host = host
        self.held: dict[str, Any] = {"generation": 0, "digest": "", "analysers": []}
        self.pushed: list[dict[str, Any]] = []  # every snapshot offered to it, in order
        self.taken: list[int] = []  # the generations it took, in order
        self.refusals: list[str] = []
        self.delay_s = 0.0
        self.delivered = 0
        self.standing = "admitted"
        self.instance_id = ""
        self._port = port
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://{self._host}:{self._port}"

    @property
    def weights(self) -> dict[str, int]:
        return {entry["name"]: entry["weight"] for entry in self.held["analysers"]}

    async def start(self) -> None:
        """Come up, at the same address as before, as a new process."""
        self.instance_id = f"instance-{next(_instances)}"
        listener = socket.create_server((self._host, self._port))
        self._port = listener.getsockname()[1]
        self._server = _Server(uvicorn.Config(self._app(), log_level="critical", lifespan="off"))
        self._task = asyncio.create_task(self._server.serve(sockets=[listener]))
        await until(lambda: self._server and self._server.started)

    async def stop(self) -> None:
        if self._server and self._task:
            self._server.should_exit = self._server.force_exit = True
            await self._task
            self._server = None

    async def restart(self, *, is_empty: bool = False) -> None:
        """Restart as a new process, which has its saved registry unless `is_empty`."""
        await self.stop()
        if is_empty:
            self.held = {"generation": 0, "digest": "", "analysers": []}
            self.taken = []
        await self.start()

    def take(self, snapshot: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Judge a snapshot."""
        self.pushed.append(snapshot)
        mine = self._about()
        held, offered = self.held["analysers"], {entry["uid"] for entry in snapshot["analysers"]}
        gone = [entry for entry in held if entry["uid"] not in offered]
        reasons = list(self.refusals)
        if len(held) >= 4 and 2 * len(gone) > len(held) and not snapshot["allowShrink"]:
            reasons.append(f"drops {len(gone)} of {len(held)} analysers without allowShrink")
        is_other = snapshot["digest"] != self.held["digest"]
        if snapshot["generation"] < self.held["generation"] + is_other:
            return 409, {"error": "the registry held is newer", "reason": "StaleGeneration", **mine}
        if reasons:
            return 422, {"error": "registry refused", "reason": "RegistryRefused", "reasons": reasons, **mine}
        self.held = snapshot
        self.taken.append(snapshot["generation"])
        return 200, self._about()

    def _about(self) -> dict[str, Any]:
        return {
            "generation": self.held["generation"],
            "digest": self.held["digest"],
            "instanceId": self.instance_id,
        }

    def _status(self) -> dict[str, Any]:
        analysers = [
            {
                "uid": entry["uid"],
                "name": entry["name"],
                "namespace": entry["namespace"],
                "standing": self.standing,
                "share": {"wanted": 100.0, "got": 100.0},
                "delivered": self.delivered,
                "somethingNew": True,
            }
            for entry in self.held["analysers"]
        ]
        registry = {"generation": self.held["generation"], "digest": self.held["digest"]}
        ledger = {"accepted": self.delivered, "delivered": self.delivered}
        mine = {"instanceId": self.instance_id, "ready": True, "registry": registry}
        return {**mine, "ledger": ledger, "analysers": analysers}

    def _app(self) -> FastAPI:
        app = FastAPI()

        @app.middleware("http")
        async def check(request: Request, call_next: Any) -> Any:
            await asyncio.sleep(self.delay_s)
            if self.token and request.headers.get("authorization") != f"Bearer {self.token}":
                return JSONResponse({"error": "no"}, 401)
            return await call_next(request)

        @app.put("/control/v1/registry")
        async def put(request: Request) -> JSONResponse:
            status, answer = self.take(await request.json())
            return JSONResponse(answer, status)

        @app.get("/control/v1/registry")
        async def get() -> dict[str, Any]:
            return {**self.held, **self._about()}

        @app.get("/control/v1/status")
        async def status() -> dict[str, Any]:
            return self._status()

        return app


@contextlib.asynccontextmanager
async def operating(
    folder: Path, *distributors: FakeDistributor, token_file: Path | None = None
) -> AsyncIterator[Spine]:
    """Run the operator's parts on a folder; its state is kept beside the folder, so that the next one finds it."""
    fence = FileFence(folder.parent / "state")
    async with Client(TokenFile(token_file) if token_file else None) as client:
        urls = [distributor.url for distributor in distributors]
        spine = Spine(FileSource(folder), fence, fence.open(), urls, client)
        task = asyncio.create_task(spine.run())
        try:
            yield spine
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            fence.close()
