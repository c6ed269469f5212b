"""Listening sockets, and the uvicorn server on each: the same for both ports, but for what TLS adds."""

import asyncio
import contextlib
import functools
import math
import socket
from collections.abc import Iterator
from typing import Any, Final

import uvicorn
from fastapi import FastAPI

from logdist_distributor.ingest.door import IDLE_S
from logdist_distributor.ingest.tls import GOODBYE_S, HANDSHAKE_S, Certificate

BACKLOG: Final = 2048  # connections the kernel may hold before they are accepted


class AppServer(uvicorn.Server):
    """uvicorn without its signal handlers: this program has two servers and one way to stop.

    `finish_s` is what requests in flight get when it stops.
    """

    def __init__(self, app: FastAPI, finish_s: float, certificate: Certificate | None = None, **more: Any) -> None:
        super().__init__(config(app, finish_s, **more))
        self.certificate = certificate

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, which knows no bounds for the beginning and the end of TLS."""
        if self.certificate is None:
            await super().startup(sockets)
            return
        protocol: Any = self.config.http_protocol_class
        build = functools.partial(
            protocol,
            config=self.config,
            server_state=self.server_state,
            app_state={},
            _loop=None,
        )
        loop = asyncio.get_running_loop()
        self.servers = [
            await loop.create_server(
                build,
                sock=bound,
                backlog=BACKLOG,
                ssl=self.certificate.context,
                ssl_handshake_timeout=HANDSHAKE_S,
                ssl_shutdown_timeout=GOODBYE_S,
            )
            for bound in sockets or []
        ]
        self.started = True


def listen(host: str, port: int, *, is_shared: bool) -> socket.socket:
    """A listening socket. With `is_shared`, the kernel spreads connections over all processes that listen on the port.

    It listens at once, for two processes may bind one port as long as neither listens.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    bound = socket.socket(family, kind, protocol)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if is_shared:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        bound.bind(address)
        bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        raise OSError(error.errno, f"cannot listen on {host}:{port}: {error.strerror}") from error
    return bound


def config(app: FastAPI, finish_s: float, **more: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=math.ceil(finish_s),
        backlog=BACKLOG,
        **more,
    )
