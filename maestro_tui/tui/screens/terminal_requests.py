"""What programs and pastes ask of the person: links, the clipboard, a paste that could run something.

Nothing here happens because a program says so: what it would do is shown, and the person says yes.
"""

import re

from textual import on

from maestro_tui.config.agents import agent_profiles
from maestro_tui.config.settings import Confirmation
from maestro_tui.terminal.links import local_file
from maestro_tui.tui.context import Context
from maestro_tui.tui.preview import amount, preview
from maestro_tui.tui.screens.confirm import Confirm
from maestro_tui.tui.screens.links import LinkPicker
from maestro_tui.tui.screens.session_verbs import SessionVerbs
from maestro_tui.tui.widgets.terminal_pane import TerminalPane

__all__ = ["TerminalRequests"]

UNMARKED = "the shell has to mark prompts (OSC 133)"
_LINE_END = re.compile(r"\r\n|\r|\n")


class TerminalRequests(SessionVerbs, inherit_bindings=False):
    """Asks for what terminals want, and finds in them what the person wants."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._wanted: dict[str, str] = {}
        """What sessions want on the clipboard, by id, the newest of each."""

    # What a subclass gives

    @property
    def active_pane(self) -> TerminalPane | None:
        """The terminal in sight that has the keys, or had them last."""
        raise NotImplementedError

    def name_of(self, session_id: str) -> str:
        """What a session is called."""
        raise NotImplementedError

    def call(self, session_id: str) -> bool:
        """A session's program calls for attention; False when the person is looking at it."""
        raise NotImplementedError

    def prefixed(self, action_id: str) -> str:
        """The keys of an action of a terminal as people write them (`^b y`)."""
        raise NotImplementedError

    # The clipboard (OSC 52)

    def clipboard_asked(self, session_id: str, text: str) -> None:
        """A session's program wants text on the clipboard: its agent's settings decide, by default the person."""
        characters = amount(len(text), "character")
        match self._clipboard_policy(session_id):
            case "allow":
                self.app.copy_to_clipboard(text)
                self._tell(f"{characters} copied to the clipboard", session_id)
            case "ask":
                self._wanted.pop(session_id, None)
                self._wanted[session_id] = text
                self.call(session_id)
                keys = self.prefixed("pane.clipboard")
                self._tell(f"wants to put {characters} on the clipboard: {keys} shows them", session_id)

    def forget_requests(self, session_id: str) -> None:
        """A session's terminal is gone, and with it what it wanted."""
        self._wanted.pop(session_id, None)

    def action_pane_clipboard(self) -> None:
        """Show what was last asked to be put on the clipboard, by this terminal or else by any."""
        pane = self.active_pane
        session_id = (
            pane.session_id if pane and pane.session_id in self._wanted else next(reversed(self._wanted), None)
        )
        if session_id is None:
            self.app.notify("No agent wants the clipboard", timeout=3)
            return
        text = self._wanted[session_id]

        async def copy() -> None:
            self.app.copy_to_clipboard(text)

        heading = f"Copy this for {self.name_of(session_id)}?"
        self.app.push_screen(Confirm(heading, preview(text), "copy", copy, otherwise="do not"))
        del self._wanted[session_id]

    def _clipboard_policy(self, session_id: str) -> Confirmation:
        session = self.context.documents.sessions.get(session_id)
        profile = agent_profiles(self.context.settings).get(session.agent or "") if session else None
        return profile.clipboard if profile else "ask"

    def _tell(self, sentence: str, session_id: str) -> None:
        self.app.notify(sentence, title=self.name_of(session_id), timeout=8)

    # Pastes

    @on(TerminalPane.PasteAsked)
    def _ask_about_paste(self, event: TerminalPane.PasteAsked) -> None:
        event.stop()
        pane, text = event.pane, event.text

        async def paste() -> None:
            pane.paste(text)

        lines = amount(len(_LINE_END.findall(text)) + 1, "line")
        heading = f"Paste {lines} into {self.name_of(pane.session_id)}? Each may run at once."
        self.app.push_screen(Confirm(heading, preview(text), "paste", paste, otherwise="do not"))

    # Links

    @on(TerminalPane.LinkChosen)
    def _ask_about_link(self, event: TerminalPane.LinkChosen) -> None:
        """A program names the address, so a person reads it before it is opened."""
        event.stop()
        self._follow(event.target)

    def action_pane_link(self) -> None:
        """List the links in sight; the chosen one is opened, as its address was read there."""
        pane = self.active_pane
        targets = pane.terminal.links() if pane else ()
        if not targets:
            self.app.notify("There is no link in sight", timeout=3)
            return
        self.app.push_screen(LinkPicker(targets), lambda target: self._open(target) if target else None)

    def _follow(self, target: str) -> None:
        path = local_file(target)

        async def follow() -> None:
            self._open(target)

        heading = "Copy the path of this file?" if path else "Open this link?"
        verb = "copy" if path else "open"
        self.app.push_screen(Confirm(heading, path or target, verb, follow, otherwise="do not"))

    def _open(self, target: str) -> None:
        """Open a web address; of a file only the path is copied, because opening could run it."""
        if path := local_file(target):
            self.app.copy_to_clipboard(path)
            self.app.notify(f"Copied {path}", timeout=3)
        else:
            self.app.open_url(target)

    # Prompts (OSC 133)

    def action_pane_older(self) -> None:
        self._to_prompt(older=True)

    def action_pane_newer(self) -> None:
        self._to_prompt(older=False)

    def _to_prompt(self, *, older: bool) -> None:
        pane = self.active_pane
        if pane is None:
            return
        if pane.terminal.viewport.to_prompt(older=older):
            pane.redraw()
        elif older:
            none, unknown = "No prompt further up", f"No prompt is known: {UNMARKED}"
            self.app.notify(none if pane.terminal.prompts.exist else unknown, timeout=3)
        else:
            pane.terminal.viewport.to_bottom()
            pane.redraw()

    def action_pane_output(self) -> None:
        """Select and copy what the newest command has written."""
        pane = self.active_pane
        if pane is None:
            return
        if not pane.terminal.prompts.select_last_output():
            none, unknown = "No command has written anything yet", f"No command's output is known: {UNMARKED}"
            self.app.notify(none if pane.terminal.prompts.exist else unknown, timeout=3)
            return
        text = pane.terminal.selection.text()
        lines = amount(text.count("\n") + 1, "line")
        self.app.copy_to_clipboard(text)
        pane.redraw()
        self.app.notify(f"Copied {lines} of output", timeout=3)

    def action_pane_reset(self) -> None:
        """Undo the modes a program left behind when it died."""
        if pane := self.active_pane:
            pane.terminal.settle()
            pane.redraw()
