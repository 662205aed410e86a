"""What a person can do with panes: split, zoom, resize, move, and let them follow the tree."""

from functools import partial

from textual import on
from textual.reactive import reactive

from maestro_tui.tui.screens.pane_picker import PanePicker
from maestro_tui.tui.screens.terminals import TerminalVerbs
from maestro_tui.tui.split_tree import Axis, Direction
from maestro_tui.tui.widgets.session_tabs import SessionTabs
from maestro_tui.tui.widgets.split_view import SplitView
from maestro_tui.tui.widgets.task_tree import TaskTree

__all__ = ["LayoutVerbs"]


class LayoutVerbs(TerminalVerbs, inherit_bindings=False):
    """The arrangement of the open terminals, changed by keys."""

    following: reactive[bool] = reactive(False, init=False)
    """Whether the terminals show what the cursor is on in the tree."""

    def watch_following(self, following: bool) -> None:
        if following and (row := self.selected) is not None and row.kind == "session":
            self._show_row(row.id)
        self.show_arrangement()

    @on(TaskTree.Highlighted)
    def _follow_cursor(self, event: TaskTree.Highlighted) -> None:
        if self.following and event.row is not None and event.row.kind == "session":
            self._show_row(event.row.id)

    def _show_row(self, session_id: str) -> None:
        """Show a session's terminal where there is one; the keys stay where they are."""
        self.show_terminal(session_id)
        if session_id in self.tabs.session_ids and not self.has_class("-pane"):
            self.tabs.activate(session_id)

    def forget_ended(self) -> None:
        """Keep no place for sessions that have ended and have no terminal here any more."""
        for session_id in self.tabs.awaited_ids:
            session = self.context.documents.sessions.get(session_id)
            if session is not None and not session.is_live:
                self.tabs.forget(session_id)

    @on(SessionTabs.Activated)
    @on(SessionTabs.Arranged)
    @on(SplitView.Fitted)
    def show_arrangement(self) -> None:
        """Say on the terminals' border what is not in sight."""
        hidden = self.tabs.hidden_count
        said = ["follows the tree"] if self.following else []
        if hidden:
            said.append(f"zoomed, {hidden} more" if self.tabs.zoomed else f"{hidden} more: no room beside it")
        subtitle = " · ".join(said)
        if subtitle != (self.tabs.border_subtitle or ""):  # setting it draws all terminals anew
            self.tabs.border_subtitle = subtitle

    def zoom(self, *, zoomed: bool) -> None:
        """Give the active pane the whole screen, or take it back."""
        self.set_class(zoomed, "-zoom")
        self.tabs.zoomed = zoomed
        self.show_arrangement()

    def action_session_follow(self) -> None:
        self.following = not self.following

    def action_pane_zoom(self) -> None:
        self.zoom(zoomed=not self.has_class("-zoom"))

    # Panes that share a tab

    def action_pane_split_right(self) -> None:
        self._split(Axis.ROW)

    def action_pane_split_down(self) -> None:
        self._split(Axis.COLUMN)

    def _split(self, axis: Axis) -> None:
        """Bring another terminal of this machine into the tab; a question when there are several."""
        beside = self.tabs.companions
        others = [one for one in self.context.terminals.session_ids if one not in beside]
        if not beside or not others:
            self.app.notify("There is no other terminal to show beside this one", timeout=3)
        elif len(others) == 1:
            self._bring(axis, others[0])
        else:
            known = self.context.documents.sessions
            where = "to the right" if axis is Axis.ROW else "below"
            picker = PanePicker(f"Show {where}", [(one, known.get(one)) for one in others])
            self.app.push_screen(picker, partial(self._bring, axis))

    def _bring(self, axis: Axis, session_id: str | None) -> None:
        if session_id is not None:
            self.show_terminal(session_id)
            self.tabs.split(session_id, axis, focus=self.has_class("-pane"))

    def action_pane_detach(self) -> None:
        self._try(self.tabs.detach())

    def action_pane_cycle(self) -> None:
        self.tabs.focus_next()

    def action_pane_tab_left(self) -> None:
        self._try(self.tabs.move_tab(-1))

    def action_pane_tab_right(self) -> None:
        self._try(self.tabs.move_tab(1))

    def action_pane_left(self) -> None:
        self._try(self.tabs.focus_toward(Direction.LEFT))

    def action_pane_down(self) -> None:
        self._try(self.tabs.focus_toward(Direction.DOWN))

    def action_pane_up(self) -> None:
        self._try(self.tabs.focus_toward(Direction.UP))

    def action_pane_right(self) -> None:
        self._try(self.tabs.focus_toward(Direction.RIGHT))

    def action_pane_resize_left(self) -> None:
        self._try(self.tabs.resize_toward(Direction.LEFT))

    def action_pane_resize_down(self) -> None:
        self._try(self.tabs.resize_toward(Direction.DOWN))

    def action_pane_resize_up(self) -> None:
        self._try(self.tabs.resize_toward(Direction.UP))

    def action_pane_resize_right(self) -> None:
        self._try(self.tabs.resize_toward(Direction.RIGHT))

    def action_pane_move_left(self) -> None:
        self._try(self.tabs.move_toward(Direction.LEFT))

    def action_pane_move_down(self) -> None:
        self._try(self.tabs.move_toward(Direction.DOWN))

    def action_pane_move_up(self) -> None:
        self._try(self.tabs.move_toward(Direction.UP))

    def action_pane_move_right(self) -> None:
        self._try(self.tabs.move_toward(Direction.RIGHT))

    def _try(self, done: bool) -> None:
        """Say that nothing could be done."""
        if not done:
            self.app.bell()
