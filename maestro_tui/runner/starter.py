"""From a requested session to an agent that runs here and shows its terminal."""

import asyncio
import logging
import random
from collections.abc import Callable, Coroutine
from typing import Any

from maestro_tui.config.agents import agent_profiles
from maestro_tui.config.settings import Settings
from maestro_tui.domain.errors import MaestroError
from maestro_tui.domain.session import Session
from maestro_tui.domain.status import SessionStatus
from maestro_tui.paths import Home
from maestro_tui.runner import reports
from maestro_tui.runner.first_bytes import FirstBytes
from maestro_tui.runner.greeting import type_when_up
from maestro_tui.runner.holding import Holds
from maestro_tui.runner.launch import Launched, Launcher
from maestro_tui.runner.live_terminal import LiveTerminal
from maestro_tui.runner.ports import RunnerFeed
from maestro_tui.runner.terminals import Terminals
from maestro_tui.telemetry.tracing import carried_by, span

__all__ = ["Starter"]

LOG = logging.getLogger(__name__)

HEAD_START = (0.3, 0.6)
STARTS_AT_ONCE = 4


class Starter:
    """Claims requested sessions and starts their agents, a few at a time.

    begin: runs a coroutine for a session beside everything else; what fails in it is logged.
    look_again: has a session looked at once more, as its records on disk say something new.
    """

    def __init__(
        self,
        feed: RunnerFeed,
        home: Home,
        settings: Settings,
        terminals: Terminals,
        launcher: Launcher,
        holds: Holds,
        *,
        begin: Callable[[str, Coroutine[Any, Any, None]], None],
        look_again: Callable[[str], None],
    ) -> None:
        self._feed = feed
        self._home = home
        self._settings = settings
        self._terminals = terminals
        self._launcher = launcher
        self._holds = holds
        self._begin = begin
        self._look_again = look_again
        self._starting = asyncio.Semaphore(STARTS_AT_ONCE)
        self.first_bytes = FirstBytes()
        """How long agents take until they show something; told by the news of their terminals."""

    async def start(self, session: Session) -> None:
        """Start the session's agent, unless another runner is first. Raises MaestroError."""
        if self._belongs_elsewhere(session):
            await asyncio.sleep(random.uniform(*HEAD_START))  # noqa: S311 - the parent's cockpit goes first
        async with self._starting:
            current = self._feed.mirror.sessions.get(session.id)
            if current is None or current.status is not SessionStatus.SPAWNING or current.lease is not None:
                return
            trace = carried_by(session.metadata)
            with span("session.start", parent=trace, kind="consumer", maestro__session_id=session.id):
                await self._claim_and_start(session)

    async def _claim_and_start(self, session: Session) -> None:
        claim = await self._holds.claim(session.id)
        fence = claim.lease.fence
        try:
            launched = await self._launcher.launch(
                session, api_url=claim.api_url, token=claim.token, task_title=self._title(session)
            )
        except MaestroError as error:
            await self._launch_failed(session.id, error, fence)
            return
        self.first_bytes.expect(session.id)
        await self._show(session.id, launched, fence)

    async def _launch_failed(self, session_id: str, error: MaestroError, fence: int) -> None:
        self._holds.let_go(session_id)
        if error.code in ("lock_busy", "already_running", "already_ended"):
            self._look_again(session_id)  # its records say what became of it
            return
        reason = error.message if error.suggestion is None else f"{error.message}. {error.suggestion}"
        await self._feed.api.update_session(session_id, reports.failed(reason, fence))

    async def _show(self, session_id: str, launched: Launched, fence: int) -> None:
        live = await self._terminals.attach_if_alive(
            session_id, self._home.session(session_id), launched.run.socket, fresh=True
        )
        await self._feed.api.update_session(session_id, reports.started(launched, fence))
        if launched.typed is not None and live is not None:
            self._begin(session_id, self._type(live, launched.typed, launched.agent))
        self._look_again(session_id)
        await self._holds.hold(session_id, fence)

    async def _type(self, live: LiveTerminal, text: str, agent: str) -> None:
        questions = agent_profiles(self._settings)[agent].screen
        try:
            await type_when_up(self._terminals, live, text, questions)
        except ConnectionError as error:
            LOG.warning("The brief did not reach session %s: %s", live.session_id, error)

    def _belongs_elsewhere(self, session: Session) -> bool:
        """Whether another cockpit shows the parent: panes should appear where their orchestrator lives."""
        parent = self._feed.mirror.sessions.get(session.parent_session_id or "")
        return parent is not None and parent.is_live and self._terminals.get(parent.id) is None

    def _title(self, session: Session) -> str:
        task = self._feed.mirror.tasks.get(session.task_ids[0]) if session.task_ids else None
        return task.title if task else ""
