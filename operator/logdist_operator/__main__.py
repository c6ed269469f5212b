"""`logdist-operator`: puts the parts together, runs them until a signal comes, and ends with exit code 0.

Exit codes: 1 cannot start or broke down, 2 bad settings.
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import httpx
import uvicorn
import uvloop

from logdist_operator.api.app import build_app
from logdist_operator.api.reach import ApiSettings
from logdist_operator.auth import BearerFile
from logdist_operator.commit import Record
from logdist_operator.errors import LogdistError, SettingsError
from logdist_operator.fences import Fence
from logdist_operator.fences.files import FileFence
from logdist_operator.settings import Cluster, Folder, Settings, parse_settings
from logdist_operator.sources import Source
from logdist_operator.sources.files import FileSource
from logdist_operator.spine import Spine

GRACE_S: Final = 2  # for requests under way when a signal comes

log = logging.getLogger("logdist_operator")


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: one place decides when to stop, `_run`."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def main() -> None:
    """Run the operator. The console script."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)-7s %(message)s", stream=sys.stderr)
    for noisy in ("httpx", "httpcore", "watchfiles", "uvicorn.error", "kopf", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger("kopf._core.reactor.running").setLevel(logging.ERROR)  # warns that signals are not its own
    try:
        settings = parse_settings(sys.argv[1:], os.environ)
    except SettingsError as error:
        sys.stderr.write(f"logdist-operator: {error}\n")
        sys.exit(2)
    try:
        with (
            _parts(settings.source) as parts,
            _listen(settings.host, settings.api_port) as listener,
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            runner.run(_run(settings, parts, listener))
    except LogdistError as error:
        sys.stderr.write(f"logdist-operator: {error}\n")
        sys.exit(1)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What differs between a folder and a cluster."""

    source: Source
    fence: Fence
    record: Record  # committed last


@contextlib.contextmanager
def _parts(where: Folder | Cluster) -> Iterator[_Parts]:
    if isinstance(where, Folder):
        fence = FileFence(where.state_dir)
        try:
            yield _Parts(FileSource(where.path), fence, fence.open())
        finally:
            fence.close()
    else:
        yield _cluster_parts(where)


def _cluster_parts(where: Cluster) -> _Parts:
    # Imported here, for kopf and the client take two seconds and 60 MB that a folder does not need.
    from logdist_operator.fences.configmap import ConfigMapFence  # noqa: PLC0415
    from logdist_operator.kube import Kube  # noqa: PLC0415
    from logdist_operator.sources.kubernetes import KubernetesSource  # noqa: PLC0415

    kube = Kube()
    namespace = "" if where.is_clusterwide else where.namespace or kube.namespace
    source = KubernetesSource(kube, namespace, where.service)
    source.check()
    fence = ConfigMapFence(kube, where.configmap)
    return _Parts(source, fence, fence.read())


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise LogdistError(f"cannot listen on {host} port {port}: {error.strerror}") from error


async def _run(settings: Settings, parts: _Parts, listener: socket.socket) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    auth = BearerFile(settings.token_file) if settings.token_file else None
    # trust_env: a proxy meant for the outside world must not stand between the operator and its pods.
    async with httpx.AsyncClient(auth=auth, trust_env=False) as client:
        spine = Spine(parts.source, parts.fence, parts.record, settings.distributors, client)
        app = build_app(spine, ApiSettings(settings.api_token_file, settings.is_api_read_open, settings.ingest_url))
        server = _Server(
            uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=GRACE_S)
        )
        host, port = listener.getsockname()[:2]
        log.info("watching %s, API on http://%s:%d", parts.source.location, host, port)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(spine.run())
            serving = group.create_task(server.serve(sockets=[listener]))
            await stop.wait()
            log.info("stopping")
            running.cancel()
            app.state.reach.feed.close()
            server.should_exit = True
            await serving


if __name__ == "__main__":
    main()
