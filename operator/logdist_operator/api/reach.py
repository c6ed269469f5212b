"""What the routes reach, and what the API is told at start."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request

from logdist_operator.api.events import Feed
from logdist_operator.spine import Spine


@dataclass(frozen=True, slots=True)
class ApiSettings:
    token_file: Path | None = None  # None: only this machine is answered
    is_read_open: bool = False  # reads need no token, wherever they come from
    ingest_url: str = ""  # where the distributors take packets; empty: the API cannot send any
    ingest_token_file: Path | None = None  # what they ask of senders
    ingest_ca_file: Path | None = None  # who signed their certificate; None: an authority of the system
    ui: Path | None = None  # folder with the built web UI; None: none is served


@dataclass(frozen=True, slots=True)
class Reach:
    spine: Spine
    settings: ApiSettings
    feed: Feed


async def reach_of(request: Request) -> Reach:
    reach: Reach = request.app.state.reach
    return reach


ReachDep = Annotated[Reach, Depends(reach_of)]
