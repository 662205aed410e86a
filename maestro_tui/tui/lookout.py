"""What the cockpit looks for by itself: trouble at the server, hosts nobody knows, what happened meanwhile."""

import asyncio
import logging
from collections.abc import Iterable
from contextlib import suppress
from typing import Protocol

from textual.notifications import SeverityLevel

from maestro_tui.tui import meanwhile
from maestro_tui.tui.context import Context
from maestro_tui.tui.findings import Finding, findings_of, told
from maestro_tui.tui.memory import Memory
from maestro_tui.tui.ports import Hosts
from maestro_tui.tui.problems import PROBLEMS
from maestro_tui.tui.screens.board import BoardScreen

__all__ = ["Lookout"]

LOG = logging.getLogger(__name__)

LOOK_SECONDS = 15.0
"""How often it looks."""


class Tell(Protocol):
    """Shows a toast."""

    def __call__(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
    ) -> None: ...


class Lookout:
    """Tells the person what needs a look, each thing once, and keeps the board's marks of it current."""

    def __init__(self, context: Context, memory: Memory, board: BoardScreen, tell: Tell) -> None:
        self._context = context
        self._memory = memory
        self._board = board
        self._tell = tell
        self._online = asyncio.Event()
        self._again = asyncio.Event()
        self._unknown: set[str] = set()
        self._orphans: set[str] = set()

    def follow(self, *, online: bool) -> None:
        """The server is there, or gone: nothing is asked of one that is gone."""
        if online:
            self._online.set()
        else:
            self._online.clear()

    def look_again(self) -> None:
        """Something may be wrong now: do not wait for the next look."""
        self._again.set()

    async def run(self) -> None:
        """Look now and then, until cancelled."""
        known: tuple[Finding, ...] = ()
        while True:
            await self._online.wait()
            await self._ask_spawning()
            if self._context.hosts is not None:
                await self._look_at_hosts(self._context.hosts)
            known = await self._ask_findings(known)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._again.wait(), LOOK_SECONDS)
            self._again.clear()

    async def look_back(self) -> None:
        """Tell what went on while no cockpit was open, once the documents are here."""
        sessions, left_at, hosts = self._context.documents.sessions, self._memory.left_at, self._context.hosts
        if left_at is None or hosts is None:
            return
        waiting = sum(session.needs_person for session in sessions.values())
        if said := meanwhile.told(await hosts.meanwhile(sessions.values(), left_at), waiting):
            self._tell(said, title="While you were away", timeout=15)

    async def _look_at_hosts(self, hosts: Hosts) -> None:
        """Hosts here whose sessions the server does not know, and what dead ones left."""
        key = self._context.keymap.face("session.tree")
        orphans = {one.session_id for one in await hosts.orphans()}
        if orphans - self._orphans:
            self._tell(meanwhile.told_orphans(len(orphans), key), severity="warning", timeout=30)
        self._orphans = orphans
        unknown = {one.session_id for one in await hosts.unknown(self._context.documents.sessions)}
        if unknown - self._unknown:
            self._tell(meanwhile.told_unknown(len(unknown), key), severity="warning", timeout=30)
        self._unknown = unknown

    async def _ask_spawning(self) -> None:
        try:
            answer = await self._context.api.request("GET", "/api/spawning")
        except PROBLEMS as error:
            LOG.warning("Whether spawning is paused could not be asked: %s", error)
        else:
            self._board.tell_spawning(paused=bool(answer["paused"]))

    async def _ask_findings(self, known: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """What needs a look now; `known` when the server does not say."""
        try:
            found = findings_of(await self._context.api.request("GET", "/api/findings"))
        except PROBLEMS as error:
            LOG.warning("What needs a look could not be asked: %s", error)
            return known
        if found != known:
            self._tell_findings(set(found) - set(known))
            self._board.findings = found
        return found

    def _tell_findings(self, new: Iterable[Finding]) -> None:
        for finding in new:
            self._tell(told(finding), title="Needs a look", severity="warning", timeout=15)
