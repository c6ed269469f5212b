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

import httpx
import uvicorn
import uvloop

from logdist_operator.api.app import build_app
from logdist_operator.auth import BearerFile
from logdist_operator.commit import Record
from logdist_operator.errors import LogdistError, SettingsError
from logdist_operator.fences.files import FileFence
from logdist_operator.settings import Settings, parse_settings
from logdist_operator.sources.files import FileSource
from logdist_operator.spine import Spine

log = logging.getLogger("logdist_operator")


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: one place decides when to stop, `_run`."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def main() -> None:
    """Run the operator. The console script."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)-7s %(message)s", stream=sys.stderr)
    for noisy in ("httpx", "httpcore", "watchfiles", "uvicorn.error"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    try:
        settings = parse_settings(sys.argv[1:], os.environ)
    except SettingsError as error:
        sys.stderr.write(f"logdist-operator: {error}\n")
        sys.exit(2)
    fence = FileFence(settings.state_dir)
    try:
        record = fence.open()
        with (
            _listen(settings.host, settings.api_port) as listener,
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            runner.run(_run(settings, fence, record, listener))
    except LogdistError as error:
        sys.stderr.write(f"logdist-operator: {error}\n")
        sys.exit(1)
    finally:
        fence.close()


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise LogdistError(f"cannot listen on {host} port {port}: {error.strerror}") from error


async def _run(settings: Settings, fence: FileFence, record: Record, listener: socket.socket) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    auth = BearerFile(settings.token_file) if settings.token_file else None
    # trust_env: a proxy meant for the outside world must not stand between the operator and its pods.
    async with httpx.AsyncClient(auth=auth, trust_env=False) as client:
        spine = Spine(FileSource(settings.analysers), fence, record, settings.distributors, client)
        server = _Server(uvicorn.Config(build_app(spine), log_config=None, access_log=False, lifespan="off"))
        host, port = listener.getsockname()[:2]
        log.info("watching %s, state in %s, API on http://%s:%d", settings.analysers, settings.state_dir, host, port)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(spine.run())
            serving = group.create_task(server.serve(sockets=[listener]))
            await stop.wait()
            log.info("stopping")
            running.cancel()
            server.should_exit = True
            await serving


if __name__ == "__main__":
    main()
