"""The prefix key while the board has the keys: what follows it is asked for as from the terminal shown."""

from maestro_tui.tui.actions import ACTIONS, Place, unknown_after
from maestro_tui.tui.context import Context
from maestro_tui.tui.prefix import PANE_ACTIONS, Chosen, Needs, Unknown
from maestro_tui.tui.screens.output_verbs import OutputVerbs

__all__ = ["PrefixVerbs"]

_NEEDS = {action.id: action.needs for action in PANE_ACTIONS}


class PrefixVerbs(OutputVerbs, inherit_bindings=False):
    """Takes the prefix key, and what follows it, before either is read as a letter of the board."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        board = [context.keymap.key_of(action) for action in ACTIONS if action.place is Place.BOARD]
        self._board_keys = frozenset(",".join(board).split(","))

    def show_hints(self) -> None:
        """Show which keys work now."""
        raise NotImplementedError

    def action_focus_switch(self) -> None:
        """Give the shown terminal the keys; say so when none is open."""
        raise NotImplementedError

    def take_prefixed(self, key: str) -> bool:
        """Do what a key asks for if it is the prefix key or follows it; else False: it is a letter of the board.

        The prefix key is no prefix here where a person has given it to an action of the board. While a window
        lies over the board nothing is done, and what follows is no letter of the window either.
        """
        was_open = self.prefix.is_open
        if not was_open and key in self._board_keys:
            return False
        outcome = self.prefix.press(key)
        if not (was_open or self.prefix.is_open):
            return False
        if self.app.screen is not self:
            self._refuse_under_window()
            return True
        self.show_hints()
        match outcome:
            case Chosen():
                self.act(outcome)
            case Unknown():
                self.app.bell()
                self.app.notify(unknown_after(self.prefix.key, key), timeout=3)
        return True

    def close_prefix(self) -> None:
        """The next key is the board's again."""
        if self.prefix.is_open:
            self.prefix.close()
            self.show_hints()

    def action_prefixed(self, action_id: str) -> None:
        """What may follow the prefix key was clicked."""
        self.close_prefix()
        self.action_pane_action(action_id)

    def action_pane_action(self, action_id: str) -> None:
        if self.has_class("-pane") or self._is_ready(action_id):
            super().action_pane_action(action_id)

    def _is_ready(self, action_id: str) -> bool:
        """Whether an action can be done now that it is asked for on the board; what it needs is given to it."""
        needs = _NEEDS[action_id]
        if needs is Needs.NOTHING:
            return True
        if needs is Needs.KEYS or self.tabs.active is None or self.has_class("-narrow"):
            self.action_focus_switch()  # on a narrow screen nobody would see what happens there
        return self.tabs.active is not None

    def _refuse_under_window(self) -> None:
        if not self.prefix.is_open:
            self.app.bell()
            self.app.notify("This window has to be closed first", timeout=3)
