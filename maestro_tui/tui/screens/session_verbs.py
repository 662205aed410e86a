"""What a person can do with sessions as such: approve, stop, restart, adopt, and pause all spawns."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

from maestro_tui.domain.errors import MaestroError
from maestro_tui.domain.session import Session
from maestro_tui.domain.status import SessionStatus
from maestro_tui.runner.hosts import Orphan, UnknownHost
from maestro_tui.tui.context import Context
from maestro_tui.tui.later import Later
from maestro_tui.tui.lineage import can_restart, live_below
from maestro_tui.tui.panes_ports import PaneSource
from maestro_tui.tui.problems import PROBLEMS, sentence
from maestro_tui.tui.screens.approval import Approval, DenySpawn
from maestro_tui.tui.screens.confirm import Confirm
from maestro_tui.tui.screens.sessions import SessionsScreen
from maestro_tui.tui.screens.stop import StoppingScreen, StopSession
from maestro_tui.tui.screens.verbs import Verbs
from maestro_tui.tui.screens.why import WhyScreen

__all__ = ["SessionVerbs"]

ENDED_MEANWHILE = frozenset({404, 409})
"""What the server answers to a stop that comes too late."""


class SessionVerbs(Verbs, inherit_bindings=False):
    """Each verb takes the session it is about; the actions take the selected one."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.stopping: dict[str, str | None] = {}
        """The signal sent last to each session whose end was asked for and is seen from here."""
        self.spawning_paused: bool | None = None
        """Whether all new spawns are paused; None until the server has said so."""

    def open_session(self, session_id: str) -> None:
        """Go to a session's terminal."""
        raise NotImplementedError

    # The actions of the table

    def action_session_tree(self) -> None:
        if self.project is None:
            self.app.notify("Open a project first; N creates one", severity="warning")
            return
        self.app.push_screen(SessionsScreen(self.context, self.project, self))

    def action_session_why(self) -> None:
        if session := self._need_session(live=True):
            self.ask_why(session.id)

    def action_session_stop(self) -> None:
        if session := self._need_session(live=True):
            self.ask_stop(session.id)

    def action_session_restart(self) -> None:
        if session := self._need_session(live=False):
            self.restart(session.id)

    def action_session_approve(self) -> None:
        """Answer for the selected session if it waits for that, else for the one that has waited longest."""
        sessions = self.context.documents.sessions
        waiting = sorted((one for one in sessions.values() if one.awaits_approval), key=lambda one: one.created_at)
        row = self.selected
        chosen = next((one for one in waiting if row and one.id == row.id), None)
        if chosen or waiting:
            self.ask_approval((chosen or waiting[0]).id)
        else:
            self.app.notify("No spawn waits for your approval")

    def action_spawning_switch(self) -> None:
        if self.spawning_paused is None:
            self.app.notify("The server has not said yet whether spawning is paused", severity="warning")
            return
        self._run(self.context.mutations.pause_spawning, paused=not self.spawning_paused)

    # Activity

    def ask_why(self, session_id: str) -> None:
        """Show the evidence for what an agent does, and take the person's word on it."""

        def correct(session: Session, state: str) -> None:
            self._run(self.context.mutations.correct_activity, f"“{session.name}” is {state}", session.id, state)

        documents, clock = self.context.documents, self.context.clock
        self.app.push_screen(WhyScreen(documents, session_id, correct, clock=clock))

    # Approving

    def ask_approval(self, session_id: str) -> None:
        """Show what wants to start, and take the person's word on it."""
        session = self.context.documents.sessions.get(session_id)
        if session is None or not session.awaits_approval:
            self.app.notify("Nothing is asked about this session any more", severity="warning")
            return

        def decided(answer: str | None) -> None:
            if answer == "deny":
                self.app.push_screen(DenySpawn(self.context.mutations, session))

        self.app.push_screen(Approval(self.context.documents, self.context.mutations, session), decided)

    # Stopping

    def ask_stop(self, session_id: str) -> None:
        """Ask, with what becomes of the sessions below it; then show the ladder."""
        session = self.context.documents.sessions.get(session_id)
        if session is None or not session.has_program:
            self.app.run_worker(Later(self._ask_stop_rest, session_id), group="orphans")
            return

        def stopped(session_ids: tuple[str, ...] | None) -> None:
            if session_ids:
                screen = StoppingScreen(self.context.documents, session_ids, self.stopping, self._stop_told)
                self.app.push_screen(screen)

        below = partial(live_below, self.context.documents, session_id)
        self.app.push_screen(StopSession(session, below, self._stop), stopped)

    def note_stopping(self, session_id: str, step: str | None) -> None:
        """The end of a session has begun, or gone a step further."""
        self.stopping[session_id] = step
        self.show_stopping()

    def note_ended(self, session_id: str) -> None:
        """A session's program is over."""
        self.stopping.pop(session_id, None)
        self.show_stopping()

    def show_stopping(self) -> None:
        """Bring whatever shows sessions on their way out up to date."""
        for screen in self.app.screen_stack:
            if isinstance(screen, StoppingScreen):
                screen.follow()

    async def _stop(self, sessions: Sequence[Session]) -> None:
        """Stop them all; that one has ended meanwhile is no failure. Raises the first, after all were tried."""
        outcomes = await asyncio.gather(*map(self._stop_one, sessions), return_exceptions=True)
        failures = [one for one in outcomes if isinstance(one, BaseException)]
        for failure in failures:
            if not (isinstance(failure, MaestroError) and failure.http_status in ENDED_MEANWHILE):
                raise failure

    async def _stop_told(self, sessions: Sequence[Session]) -> None:
        try:
            await self._stop(sessions)
        except PROBLEMS as error:
            self.app.notify(sentence(error), title="That did not work", severity="error")

    async def _stop_one(self, session: Session) -> None:
        """By way of the server, which notes who asked; without it straight at the host, if that is here."""
        live: PaneSource | None = self.context.terminals.get(session.id)
        if self.context.feed.connection.is_online or live is None:
            await self.context.mutations.stop_session(f"Stop “{session.name}”", session.id)
        else:
            live.stop()

    # Starting again

    def restart(self, session_id: str) -> None:
        """Start a session that has ended again, with the same brief."""
        session = self.context.documents.sessions.get(session_id)
        if session is None:
            return
        send, key = self.context.mutations, self._key()
        self._run(send.restart_session, f"Start “{session.name}” again", key, session_id)

    # Hosts nobody knows

    def adopt(self, host: UnknownHost) -> None:
        """Make the session of a host known to the server, in the project it was started for or the open one."""
        documents = self.context.documents
        open_project = self.project.id if self.project else ""
        project_id = host.project_id if host.project_id in documents.projects else open_project
        tasks = [one for one in host.task_ids if one in documents.tasks]
        fields: dict[str, Any] = host.fields()
        if project_id != host.project_id:  # those above it are sessions of the project that is gone
            fields = {name: value for name, value in fields.items() if "Session" not in name}
        wish = {"projectId": project_id, "taskIds": tasks, **fields}
        self._run(self.context.mutations.adopt_session, host.session_id, **wish)

    def ask_stop_host(self, host: UnknownHost) -> None:
        """End a host that nobody knows, after a question."""
        hosts = self.context.hosts
        if hosts is not None:
            act = partial(hosts.stop, host.session_id)
            question = f"Stop “{host.name}”, which runs {host.program}? The server does not know its session."
            self.app.push_screen(Confirm("Stop agent", question, "stop", act))

    def ask_stop_orphan(self, orphan: Orphan) -> None:
        """End what a host that died has left running, after a question."""
        if self.context.hosts is None:
            return
        question = (
            f"End what “{orphan.name}” left running: {orphan.program}, process {orphan.pid}, and all it started?"
            " Its PTY host died: nobody can see it any more."
        )
        self.app.push_screen(Confirm("Stop agent", question, "stop", partial(self._stop_orphan, orphan)))

    async def _ask_stop_rest(self, session_id: str) -> None:
        """A session that has ended may have left something running."""
        orphans = () if self.context.hosts is None else await self.context.hosts.orphans()
        left = next((one for one in orphans if one.session_id == session_id), None)
        if left is None:
            self.app.notify("This session has ended already", severity="warning")
        else:
            self.ask_stop_orphan(left)

    async def _stop_orphan(self, orphan: Orphan) -> None:
        hosts, session = self.context.hosts, self.context.documents.sessions.get(orphan.session_id)
        if hosts is not None:
            await hosts.stop(orphan.session_id)
        if session is not None and session.status is SessionStatus.LOST:
            reason = "its PTY host died; what it had left running was stopped by the owner"
            await self.context.mutations.note_stopped(f"Note the end of “{session.name}”", session.id, reason)

    def _need_session(self, *, live: bool) -> Session | None:
        """The selected session, or the newest one of the selected task that fits.

        live: one that runs or is about to; else one that has ended and may be started again.
        """
        documents, row = self.context.documents, self.selected
        if row is not None and row.kind == "session":
            return documents.sessions.get(row.id)
        of_task = documents.sessions_of(row.task_id) if row is not None else ()
        fitting = [one for one in of_task if (one.is_live if live else can_restart(documents, one))]
        if not fitting:
            what = "No agent works on this" if live else "No session of this can be started again"
            self.app.notify(f"{what}; v shows every session", severity="warning")
            return None
        return max(fitting, key=lambda one: one.created_at)
