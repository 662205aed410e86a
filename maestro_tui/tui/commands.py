"""What the command palette finds: every action, every task, every live session."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.markup import escape
from textual.screen import Screen
from textual.style import Style

from maestro_tui.domain.text import clean_line
from maestro_tui.tui.actions import ACTIONS, Place
from maestro_tui.tui.glyphs import TASK_MARKS, session_mark
from maestro_tui.tui.screens.board import BoardScreen

__all__ = ["CockpitCommands"]

MOST = 50
"""How many documents a search may find."""


@dataclass(frozen=True, slots=True)
class Command:
    """Something the palette offers. text: outside text, shown as it is."""

    text: str
    help: str
    run: Callable[[], Awaitable[Any] | Any]


class CockpitCommands(Provider):
    """Searches the table of actions and the documents of the board below the palette."""

    def __init__(self, screen: Screen[Any], match_style: Style | None = None) -> None:
        super().__init__(screen, match_style)

    @property
    def _board(self) -> BoardScreen | None:
        return next((screen for screen in self.app.screen_stack if isinstance(screen, BoardScreen)), None)

    async def discover(self) -> Hits:
        for command in self._actions():
            yield DiscoveryHit(Content(command.text), command.run, command.text, escape(command.help))

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        found = 0
        for command in [*self._actions(), *self._documents()]:
            score, offsets = matcher.fuzzy_search.match(query, command.text)
            if score <= 0 or found >= MOST:
                continue
            found += 1
            display = Content(command.text)
            for offset in offsets:
                display = display.stylize(matcher.match_style, offset, offset + 1)
            yield Hit(score, display, command.run, command.text, escape(command.help))

    def _actions(self) -> Iterator[Command]:
        board = self._board
        if board is None:
            return
        for action in ACTIONS:
            if action.place is Place.BOARD:
                run = partial(board.run_action, action.method)
                yield Command(action.description, f"key {board.context.keymap.face(action.id)}", run)

    def _documents(self) -> Iterator[Command]:
        board = self._board
        if board is None:
            return
        documents = board.context.documents
        for session in documents.sessions.values():
            if session.is_live:
                name = f"{session_mark(session).glyph} {clean_line(session.name)}"
                yield Command(name, "session", partial(board.open_session, session.id))
        for task in documents.tasks.values():
            project = documents.projects.get(task.project_id)
            name = f"{TASK_MARKS[task.status].glyph} {clean_line(task.title)}"
            where = f"task in {clean_line(project.name)}" if project else "task"
            yield Command(name, where, partial(self._go_to_task, board, task.project_id, task.id))

    @staticmethod
    def _go_to_task(board: BoardScreen, project_id: str, task_id: str) -> None:
        board.open_project(project_id)
        board.choose(("task", "", task_id))
