"""One run: a fresh distributor, one counting analyser of a protocol, so many requests of 1,000 records."""

import asyncio
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from logdist_loadtest.bench.contenders import SAFE, Place
from logdist_loadtest.bench.control import Control, build_registry
from logdist_loadtest.bench.measure import START_S, settle
from logdist_loadtest.bench.process import is_listening, running
from logdist_loadtest.bench.receivers import CountingSinks
from logdist_loadtest.bench.sinks import listening_sinks
from logdist_loadtest.protocols.bodies import ONE_PACKET, OTLP, PACKETS, RECORDS, SENDERS, Sender

CONNECTIONS: Final = 4
PATHS: Final = {"packets": "/v1/packets", "otlp": "/v1/logs", "ndjson": "/"}


@dataclass(frozen=True, slots=True)
class Cell:
    """Which client sends, and which protocol the analyser speaks."""

    sender: Sender
    out: str


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one run. CPU is the distributor's, from the first request until the analyser has all."""

    sender: str
    out: str
    messages_per_s: float  # acknowledged, while the load lasted
    cpu_us: float  # a message
    faults: tuple[str, ...]


CELLS: Final = (
    *(Cell(sender, "packets") for sender in SENDERS),
    *(Cell(sender, "otlp") for sender in (OTLP, ONE_PACKET, PACKETS)),
    *(Cell(sender, "ndjson") for sender in (OTLP, ONE_PACKET)),
)


def measure(cell: Cell, requests: int, work: Path) -> Cost:
    """Send so many requests and wait until all is delivered. Raises StartError, httpx.HTTPError."""
    bodies = [cell.sender.body(number) for number in range(requests)]
    with listening_sinks(1) as sinks:
        place = Place.build(work / uuid.uuid4().hex, sinks.ports, (1,))
        with running(SAFE.command(place), place.work / "server.log") as child:
            control = Control(place.control_port)
            child.wait_ready(control.is_alive, START_S)
            control.put_registry(build_registry(place.sink_ports, (1,), protocol=cell.out, path=PATHS[cell.out]))
            child.wait_ready(control.is_dealing, START_S)
            child.wait_ready(lambda: is_listening(place.port), START_S)
            asyncio.run(_send(place.port, cell.sender, bodies[: CONNECTIONS * 2]))  # warm-up
            settle(CountingSinks(sinks).packets, [control])
            before, cpu_s = control.ledger(), child.cpu_s()
            refused, took_s = asyncio.run(_send(place.port, cell.sender, bodies[CONNECTIONS * 2 :]))
            is_settled = settle(CountingSinks(sinks).packets, [control])
            after, used_s = control.ledger(), child.cpu_s() - cpu_s
    messages = (requests - CONNECTIONS * 2) * RECORDS
    faults = _faults(refused, is_settled, after["messages"] - before["messages"], messages, after)
    return Cost(cell.sender.title, cell.out, messages / took_s, used_s * 1e6 / messages, faults)


def _faults(refused: int, is_settled: bool, counted: int, messages: int, ledger: dict[str, Any]) -> tuple[str, ...]:
    found = {
        f"{refused} requests refused": refused,
        "not all delivered": not is_settled,
        f"{counted} messages counted of {messages}": counted != messages,
        f"{ledger['dead']} dead letters": ledger["dead"],
        f"{ledger['repeats']} repeats": ledger["repeats"],
    }
    return tuple(fault for fault, is_there in found.items() if is_there)


async def _send(port: int, sender: Sender, bodies: list[bytes]) -> tuple[int, float]:
    """Requests that were refused, and the seconds it took."""
    loop = asyncio.get_running_loop()
    waiting = iter(bodies)
    started_s = loop.time()
    refused = await asyncio.gather(*(_converse(port, sender, waiting) for _ in range(CONNECTIONS)))
    return sum(refused), loop.time() - started_s


async def _converse(port: int, sender: Sender, waiting: Any) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    refused = 0
    head = f"POST {sender.path} HTTP/1.1\r\nhost: bench\r\ncontent-type: {sender.content_type}\r\ncontent-length: "
    for body in waiting:
        writer.write(f"{head}{len(body)}\r\n\r\n".encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = next((line for line in answer.lower().split(b"\r\n") if line.startswith(b"content-length:")), b":0")
        await reader.readexactly(int(length.partition(b":")[2]))
        refused += answer[9:10] != b"2"
    writer.close()
    return refused
