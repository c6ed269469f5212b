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
from collections.abc import Iterable, Iterator
from typing import Final

import uvicorn
import uvloop

from logdist_operator.api.app import build_app
from logdist_operator.api.reach import ApiSettings
from logdist_operator.auth import TokenFile
from logdist_operator.errors import LogdistError, SettingsError
from logdist_operator.http import Client
from logdist_operator.parts import Parts, open_parts
from logdist_operator.settings import Settings, parse_settings
from logdist_operator.spine import Spine

GRACE_S: Final = 2  # for requests under way when a signal comes
QUIETER: Final = {
    **dict.fromkeys(("watchfiles", "uvicorn.error"), logging.WARNING),
    # It logs every attempt of every request, and the traceback of what ends it: the controller says once that the API
    # is away, and once that it is back, and the source says what ended the watch.
    "kopf": logging.CRITICAL,
    "urllib3": logging.ERROR,
}

log = logging.getLogger("logdist_operator")


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: one place decides when to stop, `_run`."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def main() -> None:
    """Run the operator. The console script."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)-7s %(message)s", stream=sys.stderr)
    for name, level in QUIETER.items():
        logging.getLogger(name).setLevel(level)
    try:
        settings = parse_settings(sys.argv[1:], os.environ)
    except SettingsError as error:
        sys.stderr.write(f"logdist-operator: {error}\n")
        sys.exit(2)
    why: tuple[BaseException, ...] = ()
    try:
        with (
            open_parts(settings.source) as parts,
            _listen(settings.host, settings.api_port) as listener,
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            runner.run(_run(settings, parts, listener))
    except* LogdistError as failed:
        why = failed.exceptions
    for reason in _leaves(why):
        sys.stderr.write(f"logdist-operator: {reason}\n")
    sys.exit(1 if why else 0)


def _leaves(errors: Iterable[BaseException]) -> Iterator[BaseException]:
    """Tasks of groups of groups break in groups of groups."""
    for error in errors:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error.exceptions)
        else:
            yield error


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise LogdistError(f"cannot listen on {host} port {port}: {error.strerror}") from error


async def _run(settings: Settings, parts: Parts, listener: socket.socket) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with Client(TokenFile(settings.token_file) if settings.token_file else None) as client:
        spine = Spine(parts.source, parts.fence, parts.record, settings.distributors, client)
        app = build_app(spine, _api_settings(settings))
        server = _Server(
            uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=GRACE_S)
        )
        host, port = listener.getsockname()[:2]
        log.info("watching %s, API on http://%s:%d", parts.source.location, host, port)
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(work) for work in (spine.run(), parts.companion(spine))]
            serving = group.create_task(server.serve(sockets=[listener]))
            await stop.wait()
            log.info("stopping")
            for task in running:
                task.cancel()
            app.state.reach.feed.close()
            server.should_exit = True
            await serving


def _api_settings(settings: Settings) -> ApiSettings:
    return ApiSettings(
        token_file=settings.api_token_file,
        is_read_open=settings.is_api_read_open,
        ingest_url=settings.ingest_url,
        ingest_token_file=settings.ingest_token_file,
        ingest_ca_file=settings.ingest_ca_file,
        ui=settings.ui,
    )


if __name__ == "__main__":
    main()
