"""Sends what waits in the outbox: in order, one in flight, whenever the server is there."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from typing import Any

from maestro_tui.client.errors import ApiError, Unreachable
from maestro_tui.client.outbox import Command, Outbox, Refusal
from maestro_tui.client.outbox_file import OutboxFile
from maestro_tui.client.transport import Transport
from maestro_tui.telemetry.metrics import CLIENT_OUTBOX

__all__ = ["Sender"]

LOG = logging.getLogger(__name__)


class Sender:
    """Keeps an outbox, its file and the server in step.

    clock: Unix ms. delays: makes a series of seconds to wait after a failure of the server.
    on_change: called when the queue changed; on_refusal: when a command will not happen.
    """

    def __init__(
        self,
        transport: Transport,
        file: OutboxFile | None,
        *,
        clock: Callable[[], int],
        delays: Callable[[], Iterator[float]],
        on_change: Callable[[], None],
        on_refusal: Callable[[Refusal], None],
    ) -> None:
        self._transport = transport
        self._file = file
        self._clock = clock
        self._delays = delays
        self._on_change = on_change
        self._on_refusal = on_refusal
        self._online = asyncio.Event()
        self._filled = asyncio.Event()
        self.outbox = Outbox()
        if file is not None:
            self.outbox.adopt(file.load())
            CLIENT_OUTBOX.set(len(self.outbox))
            self._filled.set()

    def set_online(self, online: bool) -> None:
        """Whether the server is there."""
        if online:
            self._online.set()
        else:
            self._online.clear()

    def queue(self, command: Command) -> None:
        """Have a command sent when the server is there again. Raises LimitReached when full."""
        self.outbox.add(command)
        self._changed()
        self._filled.set()

    def drop(self, key: str) -> Command | None:
        """Take a waiting command back."""
        dropped = self.outbox.drop(key)
        self._changed()
        return dropped

    async def run(self) -> None:
        """Send for ever."""
        delays = self._delays()
        while True:
            await self._filled.wait()
            await self._online.wait()
            self._expire()
            command = self.outbox.head
            if command is None:
                self._filled.clear()
            elif await self._deliver(command):
                delays = self._delays()
            else:
                await asyncio.sleep(next(delays))

    async def send(self, command: Command) -> Any:
        """Send a command now. Raises ApiError, Unreachable."""
        return await self._transport.request(
            command.method,
            command.path,
            command.body,
            idempotency_key=command.key,
            revision=command.revision,
        )

    async def _deliver(self, command: Command) -> bool:
        """Whether the head of the queue has left it."""
        try:
            await self.send(command)
        except Unreachable as failure:
            LOG.info("'%s' waits on: %s", command.label, failure.message)
            return False
        except ApiError as failure:
            if failure.http_status >= 500 or failure.http_status == 401:
                LOG.warning("'%s' waits on: %s", command.label, failure.message)
                return False
            if not _is_gone_already(command, failure):
                self._refuse(command, failure)
                return True
        self.outbox.sent(command.key)
        self._changed()
        return True

    def _refuse(self, command: Command, failure: ApiError) -> None:
        conflict = failure.http_status in (409, 412)
        refusal = self.outbox.refused(command.key, failure.message, conflict=conflict)
        self._changed()
        if refusal is not None:
            self._on_refusal(refusal)

    def _expire(self) -> None:
        expired = self.outbox.expire(self._clock())
        if expired:
            self._changed()
        for refusal in expired:
            self._on_refusal(refusal)

    def _changed(self) -> None:
        CLIENT_OUTBOX.set(len(self.outbox))
        self._save()
        self._on_change()

    def _save(self) -> None:
        if self._file is None:
            return
        try:
            self._file.save(self.outbox.commands)
        except OSError as error:
            LOG.error("%d waiting commands are in memory only: %s", len(self.outbox), error)


def _is_gone_already(command: Command, failure: ApiError) -> bool:
    """Whether what was to be deleted is gone, by an earlier sending whose answer was lost or by another hand."""
    return command.method == "DELETE" and failure.http_status == 404
