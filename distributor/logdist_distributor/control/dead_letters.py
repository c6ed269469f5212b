"""Dead letters over HTTP: look, send again, delete."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request

from logdist_distributor.core.commits import DeadLetter
from logdist_distributor.formats.outgoing import as_packet
from logdist_distributor.spool.writer import Writer

router = APIRouter(prefix="/control/v1/dead-letters", tags=["dead letters"])


async def writer_of(request: Request) -> Writer:
    writer: Writer = request.app.state.writer
    return writer


KEY_MAX: Final = (1 << 63) - 1
Key = Annotated[int, Path(ge=0, le=KEY_MAX)]
WriterDep = Annotated[Writer, Depends(writer_of)]


@router.get("")
async def list_dead_letters(
    writer: WriterDep,
    after: Annotated[int, Query(ge=-1, le=KEY_MAX)] = -1,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    """Dead letters in order of their key; give the last key as `after` for the next page."""
    letters = await writer.dead_letters(after, limit)
    return {"total": writer.dead_total(), "deadLetters": [_show(letter) for letter in letters]}


@router.get("/{key}")
async def get_dead_letter(key: Key, writer: WriterDep) -> dict[str, Any]:
    """One dead letter with its packet, as JSON whatever it came in."""
    letter = await writer.dead_letter(key)
    return _show(letter) | {"packet": as_packet(letter.body).decode()}


@router.post("/{key}/replay", status_code=202)
async def replay_dead_letter(key: Key, writer: WriterDep) -> dict[str, int]:
    """Deal the packet again, as if it had just been accepted."""
    await writer.replay(key)
    return {"key": key}


@router.delete("/{key}")
async def delete_dead_letter(key: Key, writer: WriterDep) -> dict[str, int]:
    """Give the packet up for good. The ledger goes on counting it as dead."""
    await writer.discard(key)
    return {"key": key}


def _show(letter: DeadLetter) -> dict[str, Any]:
    return {
        "key": letter.key,
        "id": letter.id,
        "analyser": letter.analyser,
        "error": letter.error,
        "bytes": len(letter.body),
        "at": datetime.fromtimestamp(letter.died_ms / 1000, UTC).isoformat(timespec="milliseconds"),
    }
