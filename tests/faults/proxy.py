"""A TCP proxy between clients and a server that does to their connections what networks do.

Every byte goes through until a fault says otherwise. Faults hit connections that exist
(`strike`), and each is carried in a manner of its own: slowly, in slices, late.
"""

import asyncio
import random
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass, field

from maestro_tui.server.protocol import stop_accepting

__all__ = ["FAULTS", "STRAIGHT", "Manner", "Proxy"]

BLOCK = 65_536
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER with no time to linger: closing sends a RST."""


@dataclass(frozen=True)
class Manner:
    """How bytes are carried. latency: seconds, and up to as much again; slice_bytes: at most so many at once;
    rate: bytes per second."""

    latency: float = 0.0
    slice_bytes: int | None = None
    rate: float | None = None


STRAIGHT = Manner()


@dataclass(eq=False)
class Link:
    """One client's connection through the proxy."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    manner: Manner
    half_open: bool = False
    garbage: bool = False
    cut_after: int | None = None
    """How many more bytes the client gets before the end."""
    over: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the client has no part in it any more."""

    def abort(self, *, reset: bool = False) -> None:
        """End both sides at once, with a RST where asked for."""
        for writer in (self.client, self.server):
            if reset and (sock := writer.get_extra_info("socket")) is not None:
                with suppress(OSError):
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()
        self.over.set()


FAULTS = ("drop", "reset", "half_open", "garbage", "cut")
"""What `strike` can do. drop: FIN on both sides at once. reset: RST. half_open: bytes are swallowed from now
on, and nobody is told. garbage: random bytes within the stream. cut: the end comes within the next frame."""


class Proxy:
    """`async with Proxy(port_of) as proxy`: clients connect to `proxy.url`.

    port_of: the server's port at the moment, None while there is none. manner_of: how the next
    connection is carried.
    """

    def __init__(self, port_of, *, seed=1, manner_of=lambda: STRAIGHT):
        self._port_of = port_of
        self._chance = random.Random(seed)
        self._links: set[Link] = set()
        self._over = False
        self._server = None
        self.manner_of = manner_of
        self.port = 0

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._over = True
        await stop_accepting(self._server)
        self._server.close()
        for link in tuple(self._links):
            link.abort()
        await self._server.wait_closed()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def links(self):
        """The connections that still carry bytes."""
        return [link for link in self._links if not link.half_open]

    def strike(self, fault, links=None):
        """Do this to the given connections, by default to all. Returns how many were hit."""
        hit = self.links if links is None else links
        for link in hit:
            match fault:
                case "drop":
                    link.client.close()
                    link.server.close()
                    link.over.set()
                case "reset":
                    link.abort(reset=True)
                case "half_open":
                    link.half_open = True
                case "garbage":
                    link.garbage = True
                case "cut":
                    link.cut_after = self._chance.randrange(1, 400)
                case _:
                    raise ValueError(fault)
        return len(hit)

    async def _carry(self, reader, writer):
        port = self._port_of()
        try:
            there, back = await asyncio.open_connection("127.0.0.1", port or 1)
        except (OSError, asyncio.CancelledError):
            writer.transport.abort()
            return
        if self._over:  # meanwhile
            writer.transport.abort()
            back.transport.abort()
            return
        link = Link(writer, back, self.manner_of())
        self._links.add(link)
        pumps = [
            asyncio.create_task(self._pump(link, reader, back, to_client=False)),
            asyncio.create_task(self._pump(link, there, writer, to_client=True)),
        ]
        try:
            over = asyncio.create_task(link.over.wait())
            await asyncio.wait([*pumps, over], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._links.discard(link)
            link.gone.set()
            for task in (*pumps, over):
                task.cancel()
            await asyncio.gather(*pumps, over, return_exceptions=True)
            link.abort()

    async def _pump(self, link, reader, writer, *, to_client):
        with suppress(ConnectionError):
            while True:
                data = await reader.read(link.manner.slice_bytes or BLOCK)
                if link.half_open:
                    if not data:
                        if not to_client:
                            link.gone.set()
                        await asyncio.Event().wait()  # the other side is never told
                    continue
                if not data:
                    return
                await self._delay(link.manner, len(data))
                if not await self._pass(link, writer, data, to_client=to_client):
                    return

    async def _pass(self, link, writer, data, *, to_client):
        """Whether the connection goes on."""
        if to_client and link.garbage:
            data, link.garbage = self._chance.randbytes(self._chance.randrange(1, 64)) + data, False
        if to_client and link.cut_after is not None:
            data, link.cut_after = data[: link.cut_after], link.cut_after - len(data)
        writer.write(data)
        await writer.drain()
        return link.cut_after is None or link.cut_after > 0

    async def _delay(self, manner, size):
        seconds = manner.latency * (1 + self._chance.random()) if manner.latency else 0.0
        if manner.rate:
            seconds += size / manner.rate
        if seconds:
            await asyncio.sleep(seconds)
