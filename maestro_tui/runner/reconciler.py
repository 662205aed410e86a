"""What the server says about a session, in line with what its process does."""

import asyncio

from maestro_tui.domain.session import Session
from maestro_tui.domain.status import SessionStatus
from maestro_tui.paths import Home
from maestro_tui.ptyhost import records, registry
from maestro_tui.ptyhost.records import ExitRecord, RunRecord
from maestro_tui.ptyhost.registry import Fate
from maestro_tui.runner import reports
from maestro_tui.runner.holding import Holds
from maestro_tui.runner.orders import Orders
from maestro_tui.runner.ports import RunnerApi
from maestro_tui.runner.terminals import Terminals

__all__ = ["Reconciler"]

TAIL_LINES = 20
HANGUP_SECONDS = 1.0
"""How long an agent may take to leave after its terminal was hung up, as it is when its host dies."""


class Reconciler:
    """Adopts what lives, and reports what has ended or is lost, each as often as it has to be told."""

    def __init__(self, api: RunnerApi, home: Home, terminals: Terminals, holds: Holds, orders: Orders) -> None:
        self._api = api
        self._home = home
        self._terminals = terminals
        self._holds = holds
        self._orders = orders

    async def reconcile(self, session: Session, run: RunRecord) -> None:
        """Adopt the session, or report what became of it. run: its record on disk. Raises MaestroError."""
        directory = self._home.session(session.id)
        fate = registry.fate(directory)
        if fate is Fate.ORPHANED and (session.is_live or session.has_program):
            await asyncio.sleep(HANGUP_SECONDS)  # most agents leave by themselves, and nobody is to look for those
            fate = registry.fate(directory)
        if fate is Fate.RUNNING:
            await self._adopt(session, run)
        elif fate is Fate.ENDED:
            record = records.read_exit(directory)
            assert record is not None
            await self._report_exit(session, record)
        elif session.is_live:
            self._holds.let_go(session.id)
            await self._api.update_session(session.id, reports.lost(session, fate, run))
        elif session.has_program and fate is not Fate.ORPHANED:
            self._holds.let_go(session.id)
            await self._api.update_session(session.id, reports.gone(session.fence))

    async def _adopt(self, session: Session, run: RunRecord) -> None:
        await self._terminals.attach_if_alive(session.id, self._home.session(session.id), run.socket)
        is_lapsed = session.lease is None and session.status is not SessionStatus.SPAWNING
        is_ours = session.id in self._holds and not is_lapsed
        if not is_ours and (session.has_program or session.status is SessionStatus.LOST):
            await self._holds.hold(session.id, session.fence)
        if session.status in (SessionStatus.SPAWNING, SessionStatus.LOST):
            await self._api.update_session(session.id, reports.adopted(run, session.fence))

    async def _report_exit(self, session: Session, record: ExitRecord) -> None:
        live = self._terminals.get(session.id)
        if live is None:
            if not session.has_program and session.status is not SessionStatus.LOST:
                return
            live = await self._terminals.show_ended(session.id, self._home.session(session.id), record)
        if not live.is_attached:
            live.end(record)
        await live.ended.wait()  # the last output is on the screen before it is quoted
        await self._orders.settle(session.id)  # else a message that ended it would count as never taken
        if session.exit_code is None:
            await self._api.update_session(
                session.id, reports.exited(session, record, live.terminal.tail(TAIL_LINES))
            )
        self._holds.let_go(session.id)
