"""`python -m logdist_loadtest.steady URL`: send numbered packets steadily until SIGTERM, and tell what became of them.

Prints a JSON object a second, and the last one, with `"isOver": true`, when every packet is settled.
"""

import argparse
import asyncio
import json
import signal
import sys
import time

import uvloop

from logdist_loadtest.send.connection import build_target
from logdist_loadtest.steady.book import Book
from logdist_loadtest.steady.stream import Stream

REPORT_S = 1.0


def main() -> None:
    """Exit 0 when every packet was acknowledged, else 1; 2 for bad arguments."""
    parser = argparse.ArgumentParser(prog="python -m logdist_loadtest.steady", description=__doc__)
    parser.add_argument("url", metavar="URL", help="as in http://127.0.0.1:8080/v1/packets")
    parser.add_argument("--run", default="steady", help="begins every packet's id (default steady)")
    parser.add_argument("--rate", type=float, default=100.0, help="packets a second (default 100)")
    parser.add_argument("--connections", type=int, default=8, help="requests in flight at most (default 8)")
    arguments = parser.parse_args()
    if arguments.rate <= 0 or arguments.connections < 1:
        parser.error("--rate and --connections must be above 0")
    try:
        target = build_target(arguments.url)
    except ValueError as error:
        parser.error(str(error))
    book = Book(time.monotonic())
    stream = Stream(target, arguments.run, arguments.rate, book)
    uvloop.run(run(stream, arguments.connections))
    sys.exit(0 if book.acknowledged == book.begun else 1)


async def run(stream: Stream, connections: int) -> None:
    """Send and report until told to stop."""
    stopping = asyncio.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signum, stopping.set)
    reporting = asyncio.create_task(report(stream.book))
    await stream.send(connections, stopping)
    reporting.cancel()
    print(json.dumps({"isOver": True, **stream.book.report()}), flush=True)


async def report(book: Book) -> None:
    while True:
        await asyncio.sleep(REPORT_S)
        print(json.dumps({"isOver": False, **book.report()}), flush=True)


if __name__ == "__main__":
    main()
