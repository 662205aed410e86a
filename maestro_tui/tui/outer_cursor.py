"""The outer terminal's own cursor, shown where the program in the focused pane has its cursor.

A drawn cursor is a block or nothing; the terminal's own has every shape (DECSCUSR), blinks, and is
where an input method opens its window.
"""

import os

from textual.app import App
from textual.errors import NoWidget
from textual.geometry import Offset
from textual.widget import Widget

from maestro_tui.terminal.engine import Cursor
from maestro_tui.terminal.palette import Rgb

__all__ = ["CursorApp", "CursorWidget", "OuterCursor"]

HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"
STYLE, COLOR = "\x1b[{} q", "\x1b]12;#{:02x}{:02x}{:02x}\x07"
PLAIN_STYLE, PLAIN_COLOR = "\x1b[0 q", "\x1b]112\x07"
TAKEN_AT_ONCE = 1024
"""Characters that any terminal takes in before it shows them: a key's echo, which must not stop the blinking."""
WITHOUT_STYLES = ("linux",)
"""Values of TERM whose terminals print the end of DECSCUSR."""


class OuterCursor:
    """What the outer terminal was told of its cursor, so that it is told only what changes."""

    def __init__(self) -> None:
        self._has_styles = os.environ.get("TERM") not in WITHOUT_STYLES
        self._is_shown = False
        self._style = 0
        self._color: Rgb | None = None

    def hide(self) -> str:
        """What makes it disappear."""
        was_shown, self._is_shown = self._is_shown, False
        return HIDE if was_shown else ""

    def show(self, style: int, color: Rgb | None) -> str:
        """What makes it appear. style: of DECSCUSR; 0 is the outer terminal's own, as None is of color."""
        said = ""
        if style != self._style and self._has_styles:
            said, self._style = STYLE.format(style), style
        if color != self._color:
            said += COLOR.format(*color) if color else PLAIN_COLOR
            self._color = color
        if not self._is_shown:
            said, self._is_shown = said + SHOW, True
        return said

    def restore(self) -> str:
        """What makes it look as before. Whoever takes the terminal again begins by hiding it."""
        said = (PLAIN_STYLE if self._style else "") + (PLAIN_COLOR if self._color else "")
        self._style, self._color, self._is_shown = 0, None, False
        return said


class CursorWidget(Widget):
    """A widget that has a cursor while it has the focus."""

    @property
    def cursor(self) -> Cursor | None:
        """Where it is, in cells of the widget's content; None where none is to be seen."""
        raise NotImplementedError

    def on_screen(self, x: int, y: int) -> Offset | None:
        """Where a cell of its content is on the screen; None where something lies over it."""
        place = self.content_region.offset + Offset(x, y)
        try:
            over, _ = self.screen.get_widget_at(*place)
        except NoWidget:
            return None
        return place if over is self else None

    @property
    def draws_cursor(self) -> bool:
        """Whether the widget has to draw it, because the outer terminal does not show it."""
        app = self.app
        return not (isinstance(app, CursorApp) and app.has_outer_cursor)


class CursorApp(App[None], inherit_bindings=False):
    """An application whose frames end with the outer terminal's cursor in the focused widget."""

    def __init__(self) -> None:
        super().__init__()
        self._outer_cursor = OuterCursor()

    @property
    def has_outer_cursor(self) -> bool:
        """Whether the outer terminal shows the cursor; else panes draw it."""
        return self._driver is not None and not self.is_headless and not self.is_web

    def around_frame(self, drawn: str) -> tuple[str, str]:
        """What is written before and after what is drawn in one go.

        `cursor_position` is where the cursor belongs then.
        """
        if not self.has_outer_cursor:
            return "", ""
        cursor = self._cursor_on_screen()
        return self._before(cursor, drawn), self._after(cursor)

    def _before(self, cursor: Cursor | None, drawn: str = "") -> str:
        """drawn: what is written in one go, where that is known."""
        if cursor is not None:
            self.cursor_position = Offset(cursor.x, cursor.y)
        # Without synchronized updates it would be seen running over what is drawn.
        is_seen_running = not (self._sync_available or 0 < len(drawn) <= TAKEN_AT_ONCE)
        return self._outer_cursor.hide() if is_seen_running else ""

    def _after(self, cursor: Cursor | None) -> str:
        if cursor is None:
            return self._outer_cursor.hide()
        return self._outer_cursor.show(cursor.style, None if self.no_color else cursor.color)

    def _begin_update(self) -> None:
        super()._begin_update()
        if self.has_outer_cursor:
            self._write(self._before(self._cursor_on_screen()))

    def _end_update(self) -> None:
        if self.has_outer_cursor:
            self._write(self._after(self._cursor_on_screen()))
        super()._end_update()

    def _write(self, sequences: str) -> None:
        if sequences and self._driver is not None:
            self._driver.write(sequences)

    def on_unmount(self) -> None:
        self.leave_cursor()

    def leave_cursor(self) -> None:
        """Have the outer terminal's cursor look as before: somebody else has the terminal next."""
        self._write(self._outer_cursor.restore())

    def _cursor_on_screen(self) -> Cursor | None:
        """The cursor of the focused widget on the screen; None without one, or where something lies over it."""
        widget = self.focused if self.screen_stack else None
        if not isinstance(widget, CursorWidget) or (cursor := widget.cursor) is None:
            return None
        place = widget.on_screen(cursor.x, cursor.y)
        return None if place is None else cursor._replace(x=place.x, y=place.y)
