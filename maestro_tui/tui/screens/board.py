"""The cockpit itself: tasks and details at the left, the agents' terminals at the right."""

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.events import DescendantFocus
from textual.reactive import Reactive, var
from textual.widget import Widget
from textual.widgets import Input

from maestro_tui.client.connection import Connection
from maestro_tui.client.mirror import MirrorChange
from maestro_tui.client.outbox import Command
from maestro_tui.domain.project import Project
from maestro_tui.domain.session import Session
from maestro_tui.tui.actions import ACTIONS, Place, bindings, show_key
from maestro_tui.tui.context import Context
from maestro_tui.tui.counts import count
from maestro_tui.tui.findings import Finding
from maestro_tui.tui.glyphs import PENDING, RANG, STOPPING
from maestro_tui.tui.hints import board_hints, copy_hints, pane_hints
from maestro_tui.tui.memory import Memory
from maestro_tui.tui.narrow_compositor import NarrowCompositor
from maestro_tui.tui.prefix import TAB_KEYS
from maestro_tui.tui.rows import Row, RowKey
from maestro_tui.tui.screens.connection import ConnectionScreen
from maestro_tui.tui.screens.help import HelpScreen
from maestro_tui.tui.screens.log import LogScreen
from maestro_tui.tui.screens.output_verbs import OutputVerbs
from maestro_tui.tui.screens.sessions import SessionsScreen
from maestro_tui.tui.screens.why import WhyScreen
from maestro_tui.tui.text import line
from maestro_tui.tui.widgets.connection_status import ConnectionStatus
from maestro_tui.tui.widgets.details import Details
from maestro_tui.tui.widgets.empty import Empty
from maestro_tui.tui.widgets.footer import Footer
from maestro_tui.tui.widgets.header import Header, ProjectSwitch
from maestro_tui.tui.widgets.session_tabs import SessionTabs
from maestro_tui.tui.widgets.task_tree import TaskTree
from maestro_tui.tui.widgets.terminal_pane import TerminalPane

__all__ = ["BoardScreen"]

WIDE_FROM = 100
"""Columns from which the board and the terminals stand side by side."""

_BOARD_ACTIONS = [action for action in ACTIONS if action.place is Place.BOARD]


class BoardScreen(OutputVerbs, inherit_bindings=False):
    """Shows one project and follows its changes; single letters act while the board has the focus."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE_FROM, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (8, "-short"), (16, "-tall")]
    BINDINGS = [
        *bindings(_BOARD_ACTIONS),
        *(Binding(key, f"tab_show({key})", f"Show terminal {key}", show=False) for key in TAB_KEYS),
        Binding("escape", "filter_clear", "Clear the filter", show=False),
        Binding("ctrl+c,super+c", "screen.copy_text", "Copy", show=False),
    ]

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """What has the focus; it and what had it show that themselves, so the rest of the screen stays."""

    connection: var[Connection | None] = var(None)
    """Where the connection to the server stands."""

    project_id: var[str | None] = var(None)
    """The open project."""

    findings: var[Sequence[Finding]] = var(())
    """What is wrong on the server's side."""

    def __init__(self, context: Context, memory: Memory, project_id: str | None = None) -> None:
        super().__init__(context)
        self._compositor = NarrowCompositor()
        self._memory = memory
        self._wished_project = project_id or memory.project_id
        self.set_reactive(BoardScreen.connection, context.feed.connection)

    def compose(self) -> ComposeResult:
        yield Header(clock=self.context.clock).data_bind(BoardScreen.connection)
        with Horizontal(id="main"):
            with Vertical(id="work"):
                with Container(id="tasks") as tasks:
                    tasks.border_title = Content("Tasks")
                    yield Input(id="filter", placeholder="words to look for", select_on_focus=False)
                    yield TaskTree(self.context.documents, folds=self._memory.folds, id="tree")
                    yield Empty(id="no-tasks")
                details = Details(self.context.documents, clock=self.context.clock, id="details")
                details.border_title = Content("Details")
                yield details
            agents = SessionTabs(
                self.source_of, prefix=self.prefix, act=self.act, layout=self._memory.layout, id="agents"
            )
            agents.border_title = Content("Agents")
            yield agents
        yield Footer()

    def on_mount(self) -> None:
        self._pick_project()
        self._show_all()
        self.tasks.focus()

    # What is shown

    @property
    def tasks(self) -> TaskTree:
        """The tree of tasks."""
        return self.query_one(TaskTree)

    @property
    def selected(self) -> Row | None:
        return self.tasks.row

    @property
    def project(self) -> Project | None:
        return self.context.documents.projects.get(self.project_id or "")

    def apply(self, changes: Sequence[MirrorChange]) -> None:
        """Follow changes of the documents."""
        self._pick_project()
        self.tasks.apply(changes)
        for session_id in self.tabs.session_ids:
            self.mark_tab(session_id)
        self.forget_ended()
        self.query_one(Details).refresh_text()
        self._show_all()
        self.show_stopping()
        for screen in self.app.screen_stack:
            if isinstance(screen, SessionsScreen | WhyScreen):
                screen.follow()

    def open_project(self, project_id: str) -> None:
        self._wished_project = project_id
        self._pick_project()

    def choose(self, key: RowKey) -> None:
        self.tasks.choose(key)

    def _pick_project(self) -> None:
        """Open the wished project once it is known; else keep the open one; else the newest."""
        projects = self.context.documents.projects
        if self._wished_project in projects:
            self.project_id, self._wished_project = self._wished_project, None
        elif self.project_id not in projects:
            newest = max(projects.values(), key=lambda project: project.updated_at, default=None)
            self.project_id = newest.id if newest else None

    def watch_project_id(self, project_id: str | None) -> None:
        self._memory.project_id = project_id or self._memory.project_id
        for tree in self.query(TaskTree):
            tree.show_project(project_id)
            self._show_all()

    def _show_all(self) -> None:
        """Bring everything around the tree up to date."""
        header = self.query_one(Header)
        header.project = self.project.name if self.project else ""
        header.counts = count(self.context.documents, self.project_id)
        self._show_emptiness()
        self._show_hints()

    def _show_emptiness(self) -> None:
        note, keymap = self.query_one("#no-tasks", Empty), self.context.keymap
        has_rows = bool(self.tasks.root.children)
        self.tasks.set_class(not has_rows, "-empty")
        note.display = not has_rows
        if self.tasks.filter_words:
            note.said, note.keys = "No task matches.", (("esc", "show all"),)
        elif self.project is None:
            note.said, note.keys = "No project yet.", ((keymap.face("project.new"), "create one"),)
        else:
            note.said, note.keys = "Nothing to do yet.", ((keymap.face("task.new"), "add a task"),)

    @on(TerminalPane.ScrollModeChanged)
    def _show_hints(self) -> None:
        keymap, pane = self.context.keymap, self.tabs.pane(self.tabs.active or "")
        if not self.has_class("-pane"):
            hints = board_hints(keymap)
        elif pane is not None and pane.scroll_mode:
            hints = copy_hints(keymap)
        else:
            hints = pane_hints(keymap, show_key(self.prefix.key))
        self.query_one(Footer).hints = hints

    @on(TaskTree.Highlighted)
    def _show_details(self, event: TaskTree.Highlighted) -> None:
        self.query_one(Details).show(event.row)

    @on(TaskTree.Opened)
    def _open_row(self, event: TaskTree.Opened) -> None:
        session = self.context.documents.sessions.get(event.row.id)
        if session is not None and session.awaits_approval:
            self.ask_approval(session.id)
        elif event.row.kind == "session":
            self.open_session(event.row.id)
        elif event.tree.cursor_node is not None and event.tree.cursor_node.allow_expand:
            event.tree.cursor_node.toggle()

    # Sessions

    def action_session_waiting(self) -> None:
        """Go to the agent that has waited longest; again, to the one after it."""
        waiting = sorted(self._waiting(), key=lambda session: (session.waits_since, session.id))
        if not waiting:
            self.app.notify("No agent waits for you")
            return
        ids = [session.id for session in waiting]
        current = self.selected.id if self.selected else ""
        after = ids[(ids.index(current) + 1) % len(ids)] if current in ids else ids[0]
        session = self.context.documents.sessions[after]
        if session.project_id != self.project_id:
            self.open_project(session.project_id)
        if self.context.terminals.get(after) is not None:
            self.open_session(after)
        known = [task for task in session.task_ids if task in self.context.documents.tasks]
        self.choose(("session", known[0] if known else "", after))
        if session.awaits_approval:
            self.ask_approval(after)

    def _waiting(self) -> list[Session]:
        sessions = self.context.documents.sessions.values()
        return [session for session in sessions if session.needs_person]

    @on(SessionTabs.Arranged)
    def _remember_layout(self, event: SessionTabs.Arranged) -> None:
        self._memory.layout = event.layout

    # Focus and filter

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        self.set_class(self.tabs in event.widget.ancestors_with_self, "-pane")
        self.call_after_refresh(self.look)
        self._show_hints()
        self._mark_focus()

    def on_descendant_blur(self) -> None:
        self._mark_focus()

    def _mark_focus(self) -> None:
        """Frame what has the focus. By classes, for `:focus-within` styles each pane anew when tabs change."""
        for place in (self.query_one("#tasks"), self.tabs):
            place.set_class(place.has_focus_within, "-focused")

    def action_focus_switch(self) -> None:
        if self.tabs.active is None:
            self.app.notify("No terminal is open; s starts an agent")
        else:
            self.add_class("-pane")
            self.tabs.focus_pane()

    def focus_board(self) -> None:
        self.remove_class("-pane")
        self.zoom(zoomed=False)
        self.set_focus(self.tasks)

    def action_board_filter(self) -> None:
        box = self.query_one("#filter", Input)
        box.add_class("-open")
        box.focus()

    def action_filter_clear(self) -> None:
        """Show all tasks again."""
        box = self.query_one("#filter", Input)
        box.remove_class("-open")
        box.value = ""
        self.tasks.focus()

    @on(Input.Changed, "#filter")
    def _filter(self, event: Input.Changed) -> None:
        self.tasks.filter_by(event.value)
        self.query_one("#tasks").border_subtitle = line(f"/{event.value}") if event.value else ""
        self._show_emptiness()

    @on(Input.Submitted, "#filter")
    def _keep_filter(self, event: Input.Submitted) -> None:
        if not event.value:
            self.action_filter_clear()
        else:
            self.query_one("#filter").remove_class("-open")
            self.tasks.focus()

    # Screens above this one

    @on(ProjectSwitch.Opened)
    def _on_switch(self) -> None:
        self.action_project_pick()

    @on(ConnectionStatus.Opened)
    def action_connection_details(self) -> None:
        self.app.push_screen(ConnectionScreen(self.context.feed, self.findings, clock=self.context.clock))

    def watch_connection(self, connection: Connection | None) -> None:
        for screen in self._connection_screens():
            screen.connection = connection
        self.show_marks()

    def watch_findings(self, findings: Sequence[Finding]) -> None:
        for screen in self._connection_screens():
            screen.findings = findings
        for header in self.query(Header):
            header.findings = len(findings)

    def tell_spawning(self, *, paused: bool) -> None:
        """Show whether all new spawns are paused."""
        self.spawning_paused = paused
        for header in self.query(Header):
            header.spawning_paused = paused
        for screen in self.app.screen_stack:
            if isinstance(screen, SessionsScreen):
                screen.follow()

    def _connection_screens(self) -> list[ConnectionScreen]:
        return [screen for screen in self.app.screen_stack if isinstance(screen, ConnectionScreen)]

    def show_marks(self) -> None:
        """Show in the tree what waits for the server, and who called."""
        pending = filter(None, map(_task_of, self.context.feed.outbox.commands))
        ending = dict.fromkeys(self.stopping, STOPPING)
        marks = {**dict.fromkeys(pending, PENDING), **dict.fromkeys(self.rang, RANG), **ending}
        for tree in self.query(TaskTree):
            tree.marks = marks

    def action_log_show(self) -> None:
        self.app.push_screen(LogScreen(self.context.log))

    def action_help_show(self) -> None:
        self.app.push_screen(HelpScreen(self.context.keymap, show_key(self.prefix.key)))

    async def action_palette_open(self) -> None:
        await self.app.run_action("app.palette_open")

    async def action_attention_log(self) -> None:
        await self.app.run_action("app.attention_log")

    async def action_theme_next(self) -> None:
        await self.app.run_action("app.theme_next")

    def action_app_leave(self) -> None:
        self.app.exit()


def _task_of(command: Command) -> str:
    """The task a waiting command changes; empty for others."""
    parts = command.path.split("/")
    return parts[3] if command.path.startswith("/api/tasks/") else ""
