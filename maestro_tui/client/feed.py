"""The wire as one thing: documents, commands and the state of the connection."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from maestro_tui.client.address import Locate
from maestro_tui.client.api import ApiClient
from maestro_tui.client.connection import Connection, Phase
from maestro_tui.client.errors import Unreachable
from maestro_tui.client.events import EventStream, Timing
from maestro_tui.client.items import Item
from maestro_tui.client.listeners import Listeners
from maestro_tui.client.mirror import Mirror, MirrorChange
from maestro_tui.client.outbox import Command, Done, Outbox, Queued, Refusal
from maestro_tui.client.outbox_file import OutboxFile
from maestro_tui.client.reconnect import delays_for
from maestro_tui.client.sender import Sender
from maestro_tui.domain.order import Order

__all__ = ["Feed"]

LOG = logging.getLogger(__name__)
Unsubscribe = Callable[[], None]

SESSION_TOKEN = "mst_"  # noqa: S105 - how the tokens of sessions begin
"""A session's agent is told of its own project only."""


class Feed:
    """One server as a cockpit or a runner sees it: `async with Feed(url, token) as feed`.

    runner_id: marks the connection as a runner's. state: the directory that keeps commands
    given while offline; without one they live as long as the feed. locate: finds the server
    again when it comes back with another port or token (`address.discovered`). clock: Unix ms.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        runner_id: str | None = None,
        state: Path | None = None,
        locate: Locate | None = None,
        delays: Callable[[], Iterator[float]] | None = None,
        timing: Timing | None = None,
        clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self.api = ApiClient(url, token)
        self.mirror = Mirror()
        self._state = state
        self._delays = delays or delays_for(url)
        self._clock = clock
        self._items = Listeners[tuple[Item, tuple[MirrorChange, ...]]]()
        self._orders = Listeners[Order]()
        self._connections = Listeners[Connection]()
        self._refusals = Listeners[Refusal]()
        self._progress = asyncio.Event()
        self._stream = EventStream(
            self.api,
            on_connection=self._on_connection,
            runner_id=runner_id,
            filtered=token.startswith(SESSION_TOKEN),
            locate=locate,
            delays=self._delays,
            timing=timing,
        )
        self._sender = self._make_sender(None)
        self._resources = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.api.aclose)
            if self._state is not None:
                file = OutboxFile(self._state)
                stack.callback(file.close)
                self._sender = self._make_sender(file)
            for task in (
                asyncio.create_task(self._follow(), name="feed"),
                asyncio.create_task(self._sender.run(), name="outbox"),
            ):
                task.add_done_callback(self._on_end)
                stack.push_async_callback(_cancel, task)
            self._resources = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._resources.aclose()

    # -- reading -------------------------------------------------------------------------

    @property
    def connection(self) -> Connection:
        """Where the connection stands at this moment."""
        return replace(self._stream.connection, queued=len(self._sender.outbox))

    @property
    def outbox(self) -> Outbox:
        """What waits for the server, and what it refused."""
        return self._sender.outbox

    def subscribe(self, callback: Callable[[Item, tuple[MirrorChange, ...]], None]) -> Unsubscribe:
        """Be told of every item, after the mirror took it in, with what it changed there."""
        return self._items.add(lambda told: callback(*told))

    def watch_orders(self, callback: Callable[[Order], None]) -> Unsubscribe:
        """Be told of every order to this runner, of some more than once."""
        return self._orders.add(callback)

    def watch_connection(self, callback: Callable[[Connection], None]) -> Unsubscribe:
        """Be told of every change of the connection or the queue."""
        return self._connections.add(callback)

    def watch_refusals(self, callback: Callable[[Refusal], None]) -> Unsubscribe:
        """Be told of every queued command that will not happen."""
        return self._refusals.add(callback)

    async def until(self, condition: Callable[["Feed"], bool], seconds: float = 10.0) -> None:
        """Wait until the condition holds; it is looked at after every change. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not condition(self):
                self._progress.clear()
                await self._progress.wait()

    async def ready(self, seconds: float = 10.0) -> None:
        """Wait until the mirror holds the server's state. Raises TimeoutError."""
        await self.until(lambda feed: feed.connection.is_online, seconds)

    async def caught_up(self, seconds: float = 10.0) -> None:
        """Wait until the mirror shows all that our own answered writes did. Raises TimeoutError."""
        position = self.api.position or 0
        await self.until(lambda feed: feed.mirror.seq >= position, seconds)

    # -- acting --------------------------------------------------------------------------

    def retry_now(self) -> None:
        """Connect now, whatever was planned; also after the server refused us."""
        self._stream.retry_now()

    async def submit(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        label: str,
        revision: int | None = None,
        idempotency_key: str | None = None,
    ) -> Done | Queued:
        """Send a command now, or queue it when the server is out of reach or others wait before it.

        label: what it does, in the person's words. Raises ApiError when the server refuses,
        LimitReached when the queue is full.
        """
        command = Command(
            key=idempotency_key or uuid4().hex,
            method=method,
            path=path,
            label=label,
            created_at=self._clock(),
            body=None if body is None else dict(body),
            revision=revision,
        )
        if self.connection.is_online and not self.outbox.commands:
            try:
                return Done(await self._sender.send(command))
            except Unreachable as failure:
                LOG.info("'%s' is queued: %s", label, failure.message)
        self._sender.queue(command)
        return Queued(command)

    def drop(self, key: str) -> Command | None:
        """Take back a command that waits."""
        return self._sender.drop(key)

    # -- running -------------------------------------------------------------------------

    async def _follow(self) -> None:
        async for item in self._stream:
            if isinstance(item, Order):
                self._orders.tell(item)
                continue
            changes = self.mirror.apply(item)
            self._items.tell((item, changes))
            self._progress.set()

    def _make_sender(self, file: OutboxFile | None) -> Sender:
        return Sender(
            self.api,
            file,
            clock=self._clock,
            delays=self._delays,
            on_change=lambda: self._on_connection(self._stream.connection),
            on_refusal=self._refusals.tell,
        )

    def _on_connection(self, connection: Connection) -> None:
        self._sender.set_online(connection.phase is Phase.ONLINE)
        self._connections.tell(self.connection)
        self._progress.set()

    def _on_end(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (error := task.exception()):
            LOG.critical("The %s stopped: this is a defect", task.get_name(), exc_info=error)


async def _cancel(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
