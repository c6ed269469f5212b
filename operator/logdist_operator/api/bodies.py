"""Refuses bodies above a limit while they come in, whether they say their length or not.

FastAPI's own `max_body_size` answers some of them in plain text, so its errors would not all be of one form.
"""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_BYTES_MAX: Final = 1 << 20


class BodyLimit:
    """ASGI middleware. The route that reads too much gets an HTTPException, which problems.py answers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        taken_bytes = 0

        async def limited() -> Message:
            nonlocal taken_bytes
            message = await receive()
            taken_bytes += len(message.get("body", b""))
            if taken_bytes > BODY_BYTES_MAX:
                raise HTTPException(413)
            return message

        await self._app(scope, limited, send)
