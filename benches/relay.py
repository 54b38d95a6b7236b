"""A network between a client and a server: every byte takes half of DELAY each way, and a connection SETUP before it.

usage: relay.py UPSTREAM_PORT DELAY_MS SETUP_MS      (the benchmarks start it)

TCP needs a round trip for a new connection, so SETUP is the same as DELAY, but where requests are counted; what TLS
adds comes by itself, because its bytes are delayed like any. The first line of standard output is the port; then comes
a line for every connection that was opened.
"""

import asyncio
import selectors
import sys


async def carry(reader, writer, earliest, half):
    """Carries bytes one way, each piece `half` after it came and in order, and the end of the stream after them."""
    loop, due = asyncio.get_running_loop(), earliest
    try:
        while piece := await reader.read(1 << 16):
            due = max(due + 1e-6, loop.time() + half)
            loop.call_at(due, writer.write, piece)
    except ConnectionError:
        pass
    loop.call_at(max(due + 1e-6, loop.time() + half), writer.close)


async def serve(upstream, delay, setup):
    loop = asyncio.get_running_loop()

    async def connection(reader, writer):
        opened = loop.time()
        print("connection", flush=True)
        there, back = await asyncio.open_connection("127.0.0.1", upstream)
        await asyncio.gather(
            carry(reader, back, opened + setup + delay / 2, delay / 2), carry(there, writer, 0, delay / 2)
        )

    server = await asyncio.start_server(connection, "127.0.0.1", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main():
    # epoll would round every wait up to a millisecond.
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())) as runner:
        runner.run(serve(int(sys.argv[1]), *(float(word) / 1000 for word in sys.argv[2:])))


main()
