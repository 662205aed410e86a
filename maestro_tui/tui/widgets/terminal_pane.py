"""A pane: shows one terminal and gives its program every key but the prefix."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.strip import Strip

from maestro_tui.tui.actions import unknown_after
from maestro_tui.tui.frames import FrameScheduler
from maestro_tui.tui.overlays import copy_note, exit_line, find_line, link_line, prefix_line, scroll_note
from maestro_tui.tui.panes_ports import PaneSource
from maestro_tui.tui.prefix import Chosen, Prefix, Typed, Unknown
from maestro_tui.tui.widgets.terminal_view import TerminalView

__all__ = ["Act", "TerminalPane"]

Act = Callable[[Chosen], None]
"""Does what the person asked for after the prefix key."""


class TerminalPane(TerminalView, can_focus=True):
    """Shows the terminal of one program; the program gets the keys, pastes and mouse events.

    source: the program. frames: when to paint. prefix: the keys that are not the program's.
    act: told what the person asked for after the prefix key, before any later key is looked at.
    """

    BINDINGS: ClassVar[list[BindingType]] = []
    COMPONENT_CLASSES: ClassVar[set[str]] = {"terminal-pane--note"}
    DEFAULT_CSS = """
    TerminalPane { width: 1fr; height: 1fr; }
    TerminalPane .terminal-pane--note { background: $primary; color: $background; text-style: bold; }
    """

    @dataclass
    class LinkChosen(Message):
        """The person asked for a link. target: a web address; show it before it is opened."""

        pane: "TerminalPane"
        target: str

        @property
        def control(self) -> "TerminalPane":
            return self.pane

    @dataclass
    class PasteAsked(Message):
        """Pasting this text could run something: show it, and `paste` it when the person says so."""

        pane: "TerminalPane"
        text: str

        @property
        def control(self) -> "TerminalPane":
            return self.pane

    @dataclass
    class InputRefused(Message):
        """What was typed did not reach the program, and will not."""

        pane: "TerminalPane"

        @property
        def control(self) -> "TerminalPane":
            return self.pane

    def __init__(
        self,
        source: PaneSource,
        *,
        frames: FrameScheduler,
        prefix: Prefix | None = None,
        act: Act = lambda chosen: None,
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
    ) -> None:
        super().__init__(source, frames, id=id, classes=classes)
        self._prefix = (prefix or Prefix()).fresh()
        self._act = act

    @property
    def session_id(self) -> str:
        """The session whose agent this is."""
        return self.source.session_id

    @property
    def copy_keys(self) -> Mapping[str, str]:
        return self._prefix.keymap

    @property
    def wants_mouse(self) -> bool:
        """Whether the program asked for mouse events."""
        return self.source.exited is None and self.terminal.modes.mouse_tracking

    def program_ended(self) -> None:
        """The program ended: `source.exited` says how."""
        self.scroll_mode = False
        self.paint()
        self.refresh()

    # Notes over the terminal: how it ended, what may follow the prefix, how far up we are.

    @property
    def has_notes(self) -> bool:
        return bool(self.source.exited is not None or self._prefix.is_open or self._scrolled_up or self._pointed)

    @property
    def _scrolled_up(self) -> bool:
        return self.scroll_mode or not self.terminal.viewport.scrollbar.at_bottom

    def note_over(self, y: int) -> Strip | None:
        width, height = self.outer_size
        # A pane that was just taken away has no styles any more, and may be asked for its rows once again.
        style = self.get_component_rich_style("terminal-pane--note", default=Style.null())
        if y == height - 1 and self._prefix.is_open and self.has_focus:
            return prefix_line(self._prefix, width, style)
        if y == height - 1 and self.copying is not None and self.copying.line is not None:
            return find_line(self.copying.line, width, style)
        if y == height - 1 and self.source.exited is not None and self.copying is None:
            return exit_line(self.source.exited, self._prefix, width, style)
        if y == height - 1 and self._pointed:
            return link_line(self._pointed, width, style)
        if y == 0 and self._scrolled_up:
            below = self._strips[0] if self._strips else Strip.blank(width)
            return (
                copy_note(self.copying.told, below, width, style)
                if self.copying
                else scroll_note(self.terminal.viewport.scrollbar, below, width, style)
            )
        return None

    # Focus and input.

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        if not has_focus:
            self._prefix.close()
        self.source.focus(has_focus)
        self.send(self.terminal.encode_focus(focused=has_focus))
        self.redraw()

    def on_key(self, event: events.Key) -> None:
        """Every key is the program's, or the prefix or what follows it: none goes further."""
        event.stop()
        event.prevent_default()
        self.press(event)

    def press(self, event: events.Key) -> None:
        """Do what a key asks for while the pane has the focus, all of it at once."""
        was_open = self._prefix.is_open
        outcome = self._prefix.press(event.key)
        if was_open or self._prefix.is_open:
            self.refresh()
        match outcome:
            case Typed():
                self._type(event)
            case Chosen():
                self._act(outcome)
            case Unknown(key):
                self._tell_unknown(key)
            case _:
                pass

    def _tell_unknown(self, key: str) -> None:
        self.app.bell()
        self.notify(unknown_after(self._prefix.key, key), timeout=3)

    def _type(self, event: events.Key) -> None:
        """Give the program a key, or the copy mode while that is on."""
        if self.scroll_mode:
            self.press_copy_key(event)
            return
        data = self.terminal.encode_key(event.key, event.character)
        if data:
            self._give(data)
            self._frames.typed(self)
            self._follow()

    def on_paste(self, event: events.Paste) -> None:
        """A paste that could run something is asked about; any other goes to the program at once."""
        event.stop()
        event.prevent_default()
        if self.copying is not None:
            self.copying.paste(event.text)
            self.redraw()
        else:
            self.offer_paste(event.text)

    def offer_paste(self, text: str) -> None:
        """Paste a text, after a question where that could run something."""
        if self.source.exited is None and not self.terminal.is_safe_paste(text):
            self.post_message(self.PasteAsked(self, text))
        else:
            self.paste(text)

    def paste(self, text: str) -> None:
        """Give the program the whole text, marked as a paste where it asked for that."""
        self._follow()
        self._give(self.terminal.encode_paste(text))

    def ask_for_link(self, target: str) -> None:
        """Tell that the person wants to follow a link."""
        self.post_message(self.LinkChosen(self, target))

    def _follow(self) -> None:
        """Typing shows the live screen again, with nothing selected."""
        is_live, selection = self.terminal.viewport.scrollbar.at_bottom, self.terminal.selection
        if is_live and not selection.exists:
            return
        selection.clear()
        self.terminal.viewport.to_bottom()
        self.redraw()

    def send(self, data: bytes) -> bool:
        """Give the program input, while it runs; whether it took it."""
        return bool(data) and self.source.exited is None and self.source.send(data)

    def _give(self, data: bytes) -> None:
        """Give the program what the person typed; a late key is dangerous, so it is refused, never kept."""
        if not self.send(data) and self.source.exited is None:
            self.app.bell()
            self.post_message(self.InputRefused(self))
