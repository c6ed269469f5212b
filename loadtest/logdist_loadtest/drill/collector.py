"""`python -m logdist_loadtest.drill.collector FILE`: runs in a pod of drills, and writes down each line it is sent.

Analysers of a drill send it the ids of what they take (data/recording_analyser.py), for they die and it does not.
"""

import asyncio
import sys
from pathlib import Path
from typing import BinaryIO, Final

PORT: Final = 9000
CHUNK_BYTES: Final = 65_536


async def collect(file: BinaryIO, port: int = PORT) -> None:
    """Until it is ended. A line that is cut off is not written: its packet was not answered either."""

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        rest = b""
        while chunk := await reader.read(CHUNK_BYTES):
            whole, _, rest = (rest + chunk).rpartition(b"\n")
            if whole:
                file.write(whole + b"\n")
        writer.close()

    async with await asyncio.start_server(take, "", port) as server:
        await server.serve_forever()


if __name__ == "__main__":
    with Path(sys.argv[1]).open("ab", buffering=0) as output:
        asyncio.run(collect(output))
