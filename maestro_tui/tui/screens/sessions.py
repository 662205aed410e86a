"""All sessions of a project: who started whom, how spawning stands, and what runs here unknown or out of reach."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from maestro_tui.domain.project import Project
from maestro_tui.domain.session import Session
from maestro_tui.runner.hosts import Orphan, UnknownHost
from maestro_tui.tui.context import Context
from maestro_tui.tui.glyphs import UNKNOWN, session_mark
from maestro_tui.tui.later import Later
from maestro_tui.tui.lineage import Branch, branches, can_restart, shown_sessions
from maestro_tui.tui.problems import PROBLEMS, explain
from maestro_tui.tui.spawning import Spawning, policy_lines
from maestro_tui.tui.text import line
from maestro_tui.tui.times import when
from maestro_tui.tui.widgets.footer import Footer, Hint

__all__ = ["SessionsScreen", "Verbs"]

FRESH_SECONDS = 20.0
"""How often times and limits are read again while nothing else happens."""
PACE_SECONDS = 0.5
_HOST, _ORPHAN = "host:", "orphan:"


class Verbs(Protocol):
    """What can be done with a session or a host, as the board does it."""

    spawning_paused: bool | None

    def open_session(self, session_id: str) -> None: ...
    def ask_approval(self, session_id: str) -> None: ...
    def ask_stop(self, session_id: str) -> None: ...
    def ask_stop_host(self, host: UnknownHost) -> None: ...
    def ask_stop_orphan(self, orphan: Orphan) -> None: ...
    def restart(self, session_id: str) -> None: ...
    def adopt(self, host: UnknownHost) -> None: ...
    def action_spawning_switch(self) -> None: ...


class SessionsScreen(ModalScreen[None], inherit_bindings=False):
    """Follows the sessions while it is open; what is done with one is done by the verbs of the board."""

    CSS_PATH = "dialog.tcss"
    BINDINGS = [
        Binding("escape,q,v", "close", "Close", show=False),
        Binding("y", "approve", "Approve or deny", show=False),
        Binding("x", "stop", "Stop", show=False),
        Binding("r", "restart", "Start again", show=False),
        Binding("o", "adopt", "Adopt", show=False),
        Binding("e", "ended", "Show or hide the ended ones", show=False),
        Binding("P", "switch", "Pause spawns or let them go on", show=False),
    ]

    def __init__(self, context: Context, project: Project, verbs: Verbs) -> None:
        super().__init__()
        self._cockpit = context
        self._project = project
        self._verbs = verbs
        self._ended = False
        self._branches: Sequence[Branch] = ()
        self._hosts: dict[str, UnknownHost] = {}
        self._orphans: dict[str, Orphan] = {}
        self._rows: list[tuple[str, Content]] | None = None
        self._stale = asyncio.Event()

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -wide") as box:
            box.border_title = line(f"Sessions of {self._project.name}")
            yield Static(id="policy", markup=False, classes="said")
            yield OptionList(id="sessions", markup=False)
            yield Static(id="no-sessions", markup=False, classes="said")
            yield Footer()

    def on_mount(self) -> None:
        self.follow()
        self.set_interval(FRESH_SECONDS, self.follow)
        self.query_one(OptionList).focus()
        self.run_worker(Later(self._keep_asking), group="ask")

    def follow(self) -> None:
        """Something changed: show it, and ask soon how spawning stands now."""
        if self.query(
            "#sessions"
        ):  # there is nothing to show it on yet, or any more, while the screen comes or goes
            self._show()
            self._stale.set()

    async def _keep_asking(self) -> None:
        """Ask when something changed, but a flood of changes is one."""
        while True:
            await self._stale.wait()
            self._stale.clear()
            await self._ask()
            await asyncio.sleep(PACE_SECONDS)

    async def _ask(self) -> None:
        if self._cockpit.hosts is not None:
            found = await self._cockpit.hosts.unknown(self._cockpit.documents.sessions.keys())
            self._hosts = {host.session_id: host for host in found}
            self._orphans = {orphan.session_id: orphan for orphan in await self._cockpit.hosts.orphans()}
            self._show()
        try:
            answer = await self._cockpit.api.request("GET", f"/api/spawning?projectId={self._project.id}")
        except PROBLEMS as error:
            policy = explain(error)
        else:
            policy = policy_lines(Spawning.from_answer(answer))
        self.query_one("#policy", Static).update(policy)

    def _show(self) -> None:
        documents, now = self._cockpit.documents, self._cockpit.clock()
        self._branches = branches(shown_sessions(documents, self._project.id, ended=self._ended))
        rows = [(branch.session.id, _row(branch, now)) for branch in self._branches]
        rows += [(f"{_HOST}{host.session_id}", _host_row(host, now)) for host in self._hosts.values()]
        shown = {key for key, _ in rows}
        hidden = (one for one in self._orphans.values() if one.session_id not in shown)
        rows += [(f"{_ORPHAN}{one.session_id}", _orphan_row(one, now)) for one in hidden]
        if rows != self._rows:
            self._rows = rows
            self._fill(rows)
        self._show_hints()

    def _fill(self, rows: Sequence[tuple[str, Content]]) -> None:
        options = self.query_one(OptionList)
        chosen = options.highlighted_option.id if options.highlighted_option else None
        place = options.highlighted or 0
        with self.app.batch_update():
            options.clear_options()
            options.add_options([Option(row, id=key) for key, row in rows])
        keys = [key for key, _ in rows]
        if keys:
            options.highlighted = keys.index(chosen) if chosen in keys else min(place, len(keys) - 1)
        options.display = bool(rows)
        nothing = self.query_one("#no-sessions", Static)
        nothing.display = not rows
        nothing.update(
            Content.styled("No agent is at work, and none has failed. e shows those that ended.", "$muted")
        )

    def on_option_list_option_highlighted(self) -> None:
        self._show_hints()

    def _show_hints(self) -> None:
        session, hints = self._session, []
        if self._host is not None:
            hints = [Hint("o", "adopt", "screen.adopt"), Hint("x", "stop", "screen.stop")]
        elif self._orphan is not None:
            hints = [Hint("x", "stop what it left", "screen.stop")]
        elif session is not None and session.awaits_approval:
            hints = [Hint("y", "approve or deny", "screen.approve"), Hint("x", "call off", "screen.stop")]
        elif session is not None and session.has_program:
            hints = [Hint("enter", "open"), Hint("x", "stop", "screen.stop")]
        elif session is not None and can_restart(self._cockpit.documents, session):
            hints = [Hint("enter", "open"), Hint("r", "start again", "screen.restart")]
        pause = "let spawns go on" if self._verbs.spawning_paused else "pause all spawns"
        word = "hide ended" if self._ended else "show ended"
        hints += [Hint("P", pause, "screen.switch"), Hint("e", word, "screen.ended")]
        self.query_one(Footer).hints = (*hints, Hint("esc", "close", "screen.close"))

    @property
    def _chosen(self) -> str:
        option = self.query_one(OptionList).highlighted_option
        return (option.id or "") if option is not None else ""

    @property
    def _session(self) -> Session | None:
        return self._cockpit.documents.sessions.get(self._chosen)

    @property
    def _host(self) -> UnknownHost | None:
        return self._hosts.get(self._chosen.removeprefix(_HOST)) if self._chosen.startswith(_HOST) else None

    @property
    def _orphan(self) -> Orphan | None:
        return self._orphans.get(self._chosen.removeprefix(_ORPHAN))

    def on_option_list_option_selected(self) -> None:
        """Open a session, or answer what it asks before it starts."""
        session = self._session
        if session is None:
            return
        if session.awaits_approval:
            self.action_approve()
        else:
            self.action_close()
            self._verbs.open_session(session.id)

    def action_approve(self) -> None:
        if session := self._session:
            self._verbs.ask_approval(session.id)

    def action_stop(self) -> None:
        if host := self._host:
            self._verbs.ask_stop_host(host)
        elif orphan := self._orphan:
            self._verbs.ask_stop_orphan(orphan)
        elif session := self._session:
            self._verbs.ask_stop(session.id)

    def action_restart(self) -> None:
        if session := self._session:
            self._verbs.restart(session.id)

    def action_adopt(self) -> None:
        if host := self._host:
            self._verbs.adopt(host)

    def action_switch(self) -> None:
        self._verbs.action_spawning_switch()

    def action_ended(self) -> None:
        """Show the sessions that have ended, or only what matters now."""
        self._ended = not self._ended
        self._show()

    def action_close(self) -> None:
        self.dismiss(None)


def _row(branch: Branch, now: int) -> Content:
    session = branch.session
    mark = session_mark(session)
    name = Content.assemble(
        Content.styled(branch.lead, "$muted"),
        Content.styled(f"{mark.glyph} ", f"${mark.colour}"),
        line(session.name, "" if session.is_live else "$muted"),
    )
    said = session.question or session.reason or ""
    said = "" if said == mark.word else said
    facts = filter(None, (session.role.value, session.agent, _span(session, now)))
    parts = [name, Content.styled(mark.word, f"${mark.colour}"), line(" · ".join(facts), "$muted")]
    return Content("  ").join([*parts, *([line(said, f"${mark.colour}")] if said else [])])


def _host_row(host: UnknownHost, now: int) -> Content:
    name = Content.assemble(Content.styled(f"{UNKNOWN.glyph} ", f"${UNKNOWN.colour}"), line(host.name))
    since = when(host.started_at, now)
    said = line(f"runs {host.program} here, started {since}; the server does not know it", "$warning")
    return Content("  ").join([name, said])


def _orphan_row(orphan: Orphan, now: int) -> Content:
    name = Content.assemble(Content.styled(f"{UNKNOWN.glyph} ", f"${UNKNOWN.colour}"), line(orphan.name))
    since = when(orphan.started_at, now)
    said = line(f"{orphan.program}, started {since}, runs on here without its host, out of reach", "$warning")
    return Content("  ").join([name, said])


def _span(session: Session, now: int) -> str:
    if session.completed_at:
        return f"ended {when(session.completed_at, now)}"
    return f"started {when(session.started_at, now)}"
