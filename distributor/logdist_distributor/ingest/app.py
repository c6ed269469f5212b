"""The senders' app: every protocol's routes behind one door, and the same answers to whatever is none of them."""

from typing import Final

from fastapi import APIRouter, Depends, FastAPI, Request, Security
from fastapi.security import HTTPBearer
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from logdist_distributor.errors import LogdistError
from logdist_distributor.ingest import elasticsearch, hec, loki, otlp, packets, replies, sinks
from logdist_distributor.ingest.acks import Channels
from logdist_distributor.ingest.intake import Intake
from logdist_distributor.ingest.receive import finish, intake_of
from logdist_distributor.problems import install_problems
from logdist_distributor.tokens import Tokens, authorise

BEARER: Final = HTTPBearer(auto_error=False)  # a field for the token on /docs; `authorise` decides
PROTOCOLS: Final = (packets.router, sinks.router, otlp.router, loki.router, hec.router, elasticsearch.router)
probe = APIRouter()


@probe.get("/health")
async def health() -> dict[str, str]:
    """The process answers. Whether it should get traffic is /readyz on the control port."""
    return {"status": "ok"}


def build_app(intake: Intake, tokens: Tokens | None = None) -> FastAPI:
    """The app senders reach. With `tokens`, packets are taken from those only who show one."""
    app = FastAPI(
        title="Log Distributor",
        description="Send packets of log messages, or logs in the protocols of other systems.",
        version="v1",
        redirect_slashes=False,  # a redirect would lead to whatever Host the request names
    )
    app.state.intake = intake
    app.state.tokens = tokens
    app.state.channels = Channels()
    app.include_router(probe)
    app.include_router(hec.health)
    for router in PROTOCOLS:
        app.include_router(router, dependencies=[Depends(authorise), Security(BEARER)] if tokens else [])
    install_problems(app)

    @app.exception_handler(LogdistError)
    async def refuse(request: Request, error: LogdistError) -> Response:
        intake = await intake_of(request)
        return finish(intake, replies.refusal(error), error)

    @app.exception_handler(ClientDisconnect)
    async def hung_up(_: Request, __: Exception) -> Response:
        """A sender that leaves in the middle of its request hears nothing and is no news for the log."""
        return Response(status_code=400)

    return app
