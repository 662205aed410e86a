"""The mouse over a terminal: the program's where it asked for it, else it selects and scrolls."""

from typing import Literal

from textual import events
from textual.timer import Timer
from textual.widget import Widget

from maestro_tui.terminal.engine import Terminal
from maestro_tui.terminal.mouse import Button, MouseEvent
from maestro_tui.terminal.selection import Unit
from maestro_tui.tui.outer_mouse import SideButtonDown, SideButtonUp

__all__ = ["TerminalMouse"]

WHEEL_LINES = 3
LEFT = 1
CHAIN_SECONDS = 0.5
"""A press this soon after one on the same cell goes on with it: twice is a word, three times a line."""
SCROLL_SECONDS = 0.05
_UNITS: tuple[Unit, ...] = ("cell", "word", "line")
_BUTTONS: dict[int, Button] = {1: "left", 2: "middle", 3: "right", 8: "back", 9: "forward"}

Action = Literal["press", "release", "motion"]


class TerminalMouse(Widget):
    """What a pane does with the mouse. Shift keeps an event from the program."""

    _selecting = False
    _presses = 0
    _pressed: tuple[float, tuple[int, int]] = (0.0, (-1, -1))
    """When and where the last selection began."""
    _pointer = (0, 0, False)
    """Where a drag is, column and row, and whether it selects a block."""
    _scrolling: Timer | None = None
    _pointed: str | None = None
    """The link under the mouse."""

    @property
    def terminal(self) -> Terminal:
        """The terminal shown."""
        raise NotImplementedError

    @property
    def wants_mouse(self) -> bool:
        """Whether the program asked for mouse events."""
        raise NotImplementedError

    def send(self, data: bytes) -> bool:
        """Give the program input; whether it took it."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Show everything anew."""
        raise NotImplementedError

    def ask_for_link(self, target: str) -> None:
        """The person wants to follow a link."""
        raise NotImplementedError

    def on_mouse_down(self, event: events.MouseDown) -> None:
        if self._send_mouse(event, "press"):
            self.capture_mouse()
        elif event.button == LEFT:
            self.capture_mouse()
            self._begin_selection(event)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if not self._selecting:
            sent = self._send_mouse(event, "motion")
            self._point_at(None if sent else self.terminal.link_at(int(event.x), int(event.y)))
            return
        self._pointer = int(event.x), int(event.y), event.meta
        self._extend_selection()
        self._scroll_while_outside()

    def _begin_selection(self, event: events.MouseDown) -> None:
        cell = int(event.x), int(event.y)
        last, place = self._pressed
        follows = place == cell and event.time - last < CHAIN_SECONDS
        self._presses = self._presses % len(_UNITS) + 1 if follows else 1
        self._pressed, self._pointer, self._selecting = (event.time, cell), (*cell, event.meta), True
        self.terminal.selection.begin(*cell)
        if self._presses > 1:
            self._extend_selection()
        self.redraw()

    def _extend_selection(self) -> None:
        x, y, block = self._pointer
        self.terminal.selection.extend(x, y, by=_UNITS[self._presses - 1], block=block)
        self.redraw()

    def _scroll_while_outside(self) -> None:
        """A drag past the upper or lower edge goes on there, the faster the further out, until it comes back."""
        is_outside = not 0 <= self._pointer[1] < self.size.height
        if is_outside and self._scrolling is None:
            self._scrolling = self.set_interval(SCROLL_SECONDS, self._scroll_on)
        elif not is_outside:
            self._stop_scrolling()

    def _scroll_on(self) -> None:
        y = self._pointer[1]
        self.scroll_lines(y if y < 0 else y - self.size.height + 1)
        self._extend_selection()

    def _stop_scrolling(self) -> None:
        if self._scrolling is not None:
            self._scrolling.stop()
            self._scrolling = None

    def on_leave(self) -> None:
        self._point_at(None)

    def _point_at(self, target: str | None) -> None:
        if target != self._pointed:
            self._pointed = target
            self.refresh()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        self.release_mouse()
        if not self._selecting:
            self._send_mouse(event, "release")
            return
        self._selecting = False
        self._stop_scrolling()
        if text := self.terminal.selection.text():
            self.app.copy_to_clipboard(text)

    def on_side_button_down(self, event: SideButtonDown) -> None:
        self._send_mouse(event, "press")

    def on_side_button_up(self, event: SideButtonUp) -> None:
        self._send_mouse(event, "release")

    def on_click(self, event: events.Click) -> None:
        """With ctrl a link is asked for."""
        if event.button != LEFT or not event.ctrl or self._is_programs(event):
            return
        if target := self.terminal.link_at(int(event.x), int(event.y)):
            self.ask_for_link(target)

    def on_mouse_scroll_left(self, event: events.MouseScrollLeft) -> None:
        self._wheel_sideways(event, "wheel_left")

    def on_mouse_scroll_right(self, event: events.MouseScrollRight) -> None:
        self._wheel_sideways(event, "wheel_right")

    def _wheel_sideways(self, event: events.MouseEvent, button: Button) -> None:
        event.stop()
        self._send_mouse(event, "press", wheel=button)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(event, "wheel_up")

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(event, "wheel_down")

    def _wheel(self, event: events.MouseEvent, button: Button) -> None:
        """The wheel is the program's where it asked for it; it becomes arrow keys, or scrolls back."""
        event.stop()
        if self._send_mouse(event, "press", wheel=button):
            return
        modes = self.terminal.modes
        if modes.alternate_screen:
            if modes.alternate_scroll:
                self.send(self.terminal.encode_key(button.removeprefix("wheel_"), None) * WHEEL_LINES)
            return
        self.scroll_lines(-WHEEL_LINES if button == "wheel_up" else WHEEL_LINES)

    def scroll_lines(self, lines: int) -> None:
        """Show rows further up (negative) or down in the scrollback."""
        self.terminal.viewport.scroll(lines)
        self.redraw()

    def _send_mouse(self, event: events.MouseEvent, action: Action, *, wheel: Button | None = None) -> bool:
        """Give the program a mouse event; False where it is not the program's."""
        if not self._is_programs(event):
            return False
        event.stop()
        button = wheel or _BUTTONS.get(event.button)
        if button is None and event.button:
            return True  # one that no program is told of
        told = MouseEvent(action, button, int(event.x), int(event.y), ctrl=event.ctrl, alt=event.meta)
        self.send(self.terminal.encode_mouse(told))
        return True

    def _is_programs(self, event: events.MouseEvent) -> bool:
        return self.wants_mouse and not event.shift
