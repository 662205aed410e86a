"""How the classes of the screens fit together."""

import re
from collections import defaultdict
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest
from textual.screen import ModalScreen

from maestro_tui.tui import screens
from maestro_tui.tui.screens.board import BoardScreen

DIRECTORY = Path(screens.__path__[0])
MODULES = [import_module(f"{screens.__name__}.{module.name}") for module in iter_modules([str(DIRECTORY)])]
MODALS = sorted(
    {
        one
        for module in MODULES
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, ModalScreen) and one.__module__ == module.__name__
    },
    key=lambda one: one.__name__,
)


@pytest.mark.parametrize("modal", MODALS, ids=lambda one: one.__name__)
def test_a_dialog_is_in_the_middle(modal):
    centred = re.match(r"[^{]*(?=\{\s*align: center middle;)", (DIRECTORY / "dialog.tcss").read_text())
    assert {base.__name__ for base in modal.__mro__} & set(re.findall(r"\w+", centred[0]))


def test_no_helper_of_the_board_takes_the_place_of_another():
    """The board is a chain of classes: a private name that two of them use, or Textual has, breaks the other's."""
    on_purpose = {"_on_timer_update"}  # PacedScreen is there to do this in another way than Textual
    users = defaultdict(list)
    for base in BoardScreen.__mro__:
        for name, value in vars(base).items():
            helper = callable(value) or isinstance(value, property | classmethod | staticmethod)
            if helper and name.startswith("_") and not name.startswith("__"):
                users[name].append(base)
    ours = {name: bases for name, bases in users.items() if bases[0].__module__.startswith("maestro_tui.")}
    assert len(ours) > 20
    assert {name for name, bases in ours.items() if len(bases) > 1} == on_purpose
