"""The way in: takes connections on the host's loopback and carries them to the same port inside the node.

python -m lab.gate LISTENING_FD NODE_PID     ends when the node does
"""

import asyncio
import os
import socket
import sys

from lab import netns


async def serve(listener: socket.socket, node_pid: int) -> None:
    port = listener.getsockname()[1]
    node = os.pidfd_open(node_pid)
    netns.enter(node_pid)  # the listener stays where it was made
    is_over = asyncio.Event()
    asyncio.get_running_loop().add_reader(node, is_over.set)  # a pidfd is readable once its process has ended

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.close()  # the API server is away for now
            return
        await asyncio.gather(pump(reader, inner_writer), pump(inner_reader, writer))
        writer.close()
        inner_writer.close()

    async with await asyncio.start_server(carry, sock=listener):
        await is_over.wait()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except OSError:
        writer.close()


if __name__ == "__main__":
    asyncio.run(serve(socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2])))
